//! A proxy between the server and Postgres that reads along: it knows which statements were executed,
//! and can lose the connection before or after one.
//!
//! It speaks as much of the protocol as libpq does (PostgreSQL documentation, chapter "Message
//! Formats"): a startup message without a type, then messages of a type byte, a length, a payload.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A proxy in front of one database. Its threads end with the connections.
pub(crate) struct Proxy {
    url: String,
    wire: Arc<Mutex<Wire>>,
}

#[derive(Default)]
struct Wire {
    executed: Vec<String>,
    loss: Option<Loss>,
}

/// Where the connection is lost.
struct Loss {
    /// How many statements are executed before.
    after: usize,
    /// Whether the next one reaches Postgres, so that only its reply is lost.
    reply_only: bool,
}

impl Proxy {
    /// A proxy to where this database URL points.
    pub(crate) fn new(url: &str) -> Self {
        let (credentials, rest) = url.split_once('@').unwrap();
        let (upstream, name) = rest.split_once('/').unwrap();
        let upstream = upstream.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("{credentials}@{address}/{name}?sslmode=disable&gssencmode=disable");
        let wire = Arc::new(Mutex::new(Wire::default()));
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Postgres may be away, or the test over.
                if let Ok(server) = TcpStream::connect(&upstream) {
                    relay(&client, &server, &shared);
                }
            }
        });
        Self { url, wire }
    }

    /// The database URL that leads through the proxy, in clear.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The statements that were executed since the last call, housekeeping aside.
    pub(crate) fn take_executed(&self) -> Vec<String> {
        std::mem::take(&mut self.wire.lock().unwrap().executed)
    }

    /// Loses the connection in place of the statement that comes after so many others.
    pub(crate) fn lose_statement(&self, after: usize) {
        self.lose(after, false);
    }

    /// Loses the connection in place of the reply to the statement that comes after so many others.
    pub(crate) fn lose_reply(&self, after: usize) {
        self.lose(after, true);
    }

    fn lose(&self, after: usize, reply_only: bool) {
        self.wire.lock().unwrap().loss = Some(Loss { after, reply_only });
    }

    /// Whether the loss that was asked for is still to come; then it does not come any more.
    pub(crate) fn still_to_lose(&self) -> bool {
        self.wire.lock().unwrap().loss.take().is_some()
    }
}

fn relay(client: &TcpStream, server: &TcpStream, wire: &Arc<Mutex<Wire>>) {
    let swallow = Arc::new(Mutex::new(false));
    let forwards = Forwards {
        client: client.try_clone().unwrap(),
        server: server.try_clone().unwrap(),
        wire: Arc::clone(wire),
        swallow: Arc::clone(&swallow),
        statements: HashMap::new(),
        bound: String::new(),
    };
    let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let both = [client.try_clone(), server.try_clone()];
        let _ = backwards(client, server, &swallow);
        close(both);
    });
    thread::spawn(move || {
        let both = [forwards.client.try_clone(), forwards.server.try_clone()];
        let _ = forwards.run();
        close(both);
    });
}

/// What the client says.
struct Forwards {
    client: TcpStream,
    server: TcpStream,
    wire: Arc<Mutex<Wire>>,
    swallow: Arc<Mutex<bool>>,
    statements: HashMap<String, String>,
    bound: String,
}

impl Forwards {
    fn run(mut self) -> io::Result<()> {
        let startup = read_body(&mut self.client)?;
        self.server.write_all(&startup)?;
        loop {
            let mut kind = [0];
            self.client.read_exact(&mut kind)?;
            let body = read_body(&mut self.client)?;
            let mut texts = body[4..].split(|byte| *byte == 0);
            let mut text =
                || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
            match kind[0] {
                b'P' => {
                    let (name, sql) = (text(), text());
                    self.statements.insert(name, sql);
                }
                b'B' => {
                    let (_portal, name) = (text(), text());
                    self.bound = self.statements.get(&name).cloned().unwrap_or_default();
                }
                b'E' => self.execute(self.bound.clone())?,
                b'Q' => self.execute(text())?,
                _ => {}
            }
            self.server.write_all(&[&kind, body.as_slice()].concat())?;
        }
    }

    fn execute(&self, sql: String) -> io::Result<()> {
        if is_housekeeping(&sql) {
            return Ok(());
        }
        let mut wire = self.wire.lock().unwrap();
        match &mut wire.loss {
            Some(Loss {
                after: 0,
                reply_only,
            }) => {
                let reply_only = *reply_only;
                wire.loss = None;
                if !reply_only {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                *self.swallow.lock().unwrap() = true;
            }
            Some(loss) => loss.after -= 1,
            None => {}
        }
        wire.executed.push(sql);
        Ok(())
    }
}

/// What the server does whatever the test does: it looks after its keys, sets its connections up, and
/// tests them after one was lost.
fn is_housekeeping(sql: &str) -> bool {
    let words = [
        "set_config",
        "signing_keys",
        "peppers",
        "__diesel_schema",
        "FROM \"revocations\"",
        "background_tasks",
        "clock_timestamp",
    ];
    words.iter().any(|word| sql.contains(word))
        || sql.starts_with("SET ")
        || sql.eq_ignore_ascii_case("select 1")
}

/// What Postgres says.
fn backwards(
    mut client: TcpStream,
    mut server: TcpStream,
    swallow: &Mutex<bool>,
) -> io::Result<()> {
    loop {
        let mut kind = [0];
        server.read_exact(&mut kind)?;
        let body = read_body(&mut server)?;
        if !*swallow.lock().unwrap() {
            client.write_all(&[&kind, body.as_slice()].concat())?;
        } else if kind == *b"Z" {
            // Postgres is ready for the next query: this one is done, and committed if it was alone.
            return Ok(());
        }
    }
}

/// Reads a length and what it counts, itself included.
fn read_body(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let size = usize::try_from(u32::from_be_bytes(length)).unwrap();
    let mut body = vec![0; size];
    body[..4].copy_from_slice(&length);
    stream.read_exact(&mut body[4..])?;
    Ok(body)
}

fn close(both: [io::Result<TcpStream>; 2]) {
    for stream in both.into_iter().flatten() {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
