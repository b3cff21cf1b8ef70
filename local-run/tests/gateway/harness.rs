//! nginx, upstreams and a client that speaks raw bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_run::daemon::Daemon;
use local_run::gateway::{GatewaySettings, gateway};
use local_run::port;
use local_run::site::{Site, checkout_directory};
use local_run::temporary::TemporaryDirectory;
use rustix::process::{Pid, Signal, kill_process};

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What an upstream does with each request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// Sends these bytes.
    Answers(&'static str),
    /// Closes the connection once it has read all of the request.
    Dies,
}

pub(crate) const OK: Behaviour =
    Behaviour::Answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: upstream\r\n\r\nok");

/// A server that records the heads of requests.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&heads);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let record = Arc::clone(&record);
                std::thread::spawn(move || serve(&connection, behaviour, &record));
            }
        });
        Self { port, heads }
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The values of a header in the one request that came.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let heads = self.heads();
        assert_eq!(heads.len(), 1, "{heads:?}");
        header(&heads[0], name)
    }
}

fn serve(connection: &TcpStream, behaviour: Behaviour, record: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(connection);
    while let Some(head) = read_head(&mut reader) {
        let length = header(&head, "content-length")
            .first()
            .map_or(0, |text| text.parse().unwrap());
        reader.read_exact(&mut vec![0; length]).unwrap();
        record.lock().unwrap().push(head);
        match behaviour {
            Behaviour::Answers(bytes) => (&mut &*connection).write_all(bytes.as_bytes()).unwrap(),
            Behaviour::Dies => return,
        }
    }
}

pub(crate) fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

/// The values of a header, in order.
pub(crate) fn header(head: &str, name: &str) -> Vec<String> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    daemon: Daemon,
    directory: TemporaryDirectory,
}

impl Gateway {
    pub(crate) fn start(auth_servers: &[u16], notes_apis: &[u16], access_cookie: bool) -> Self {
        Self::start_with(auth_servers, notes_apis, |settings| {
            settings.access_cookie = access_cookie;
        })
    }

    /// With settings that `change` has had its way with.
    pub(crate) fn start_with(
        auth_servers: &[u16],
        notes_apis: &[u16],
        change: impl FnOnce(&mut GatewaySettings),
    ) -> Self {
        let directory = TemporaryDirectory::new("gateway").unwrap();
        let mut settings = GatewaySettings {
            port: port::free().unwrap(),
            tls: None,
            auth_servers: auth_servers.to_vec(),
            notes_apis: notes_apis.to_vec(),
            site: Site::Copied(checkout_directory()),
            access_cookie: false,
            proxies: Vec::new(),
            rate_limit: false,
            hsts: false,
            run_directory: directory.path().join("run directory"),
            log_directory: directory.path().to_owned(),
        };
        change(&mut settings);
        let mut daemon = gateway(&settings).unwrap();
        daemon.start().unwrap();
        Self { daemon, directory }
    }

    /// In front of one upstream for each service, which answer `OK`.
    pub(crate) fn with_one_each() -> (Self, Upstream, Upstream) {
        let (auth, notes) = (Upstream::start(OK), Upstream::start(OK));
        (Self::start(&[auth.port], &[notes.port], false), auth, notes)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.daemon.port())).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection
    }

    /// Sends these bytes and reads until the gateway closes the connection.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut connection = self.connect();
        // The gateway may answer and close before it has read everything.
        let _ = connection.write_all(request);
        let mut bytes = Vec::new();
        let _ = connection.read_to_end(&mut bytes);
        // A compressed body is no text.
        Answer(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Sends a request without a body; `headers` are complete lines.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        self.send(format!("{head}{headers}\r\n").as_bytes())
    }

    /// Sends a POST with `length` bytes of body.
    pub(crate) fn post(&self, path: &str, length: usize) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        self.send(format!("{head}{}", "x".repeat(length)).as_bytes())
    }

    /// Has nginx read its configuration, and the certificate, again.
    pub(crate) fn reload(&self) {
        let process = self.daemon.process_id().unwrap();
        let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
        kill_process(process, Signal::HUP).unwrap();
    }

    /// Stops the gateway, which writes its logs out, and reads one.
    pub(crate) fn stop_and_read(mut self, log: &str) -> String {
        self.daemon.stop().unwrap();
        std::fs::read_to_string(self.directory.path().join(log)).unwrap()
    }
}

/// All that came back on a connection.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0
            .split(' ')
            .nth(1)
            .expect("an answer")
            .parse()
            .unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        header(self.0.split("\r\n\r\n").next().unwrap(), name)
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    /// Asserts that this is the gateway's own problem answer.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            ["application/problem+json"],
            "{self:?}"
        );
        assert_eq!(self.header("cache-control"), ["no-store"], "{self:?}");
        assert_eq!(self.header("x-request-id").len(), 1, "{self:?}");
        assert!(
            self.body()
                .contains(&format!(r#""status":{status},"code":"{code}""#)),
            "{self:?}"
        );
        let end = format!(r#","request_id":"{}"}}"#, self.header("x-request-id")[0]);
        assert!(
            self.body().starts_with('{') && self.body().ends_with(&end),
            "{self:?}"
        );
    }
}
