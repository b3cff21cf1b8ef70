//! What notes-api takes for the issuer's key set: a server that passes the real one on, until it is told
//! to misbehave.

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::client::Client;
use local_run::wait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

const JWKS: &str = "/.well-known/jwks.json";
const HUGE: usize = 50 << 20;

/// The server. Dropped, it listens no more.
pub(crate) struct Issuer {
    port: u16,
    manner: Arc<Mutex<Manner>>,
    listening: AbortHandle,
}

#[derive(Clone, Copy)]
struct Manner {
    answering: Answering,
    /// How often it has answered like that.
    times: usize,
}

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answering {
    /// With what the auth server says.
    Truly,
    /// With a page, as a captive portal would.
    Html,
    /// Not at all: the connection is closed.
    Nothing,
    /// With a key set of 50 MB, whose length is announced.
    Huge,
    /// The same without an announcement.
    HugeUnannounced,
    /// With a byte now and then.
    Slowly,
}

impl Issuer {
    /// A server before the gateway on this port, which may start later.
    pub(crate) async fn start(gateway: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let manner = Arc::new(Mutex::new(Manner {
            answering: Answering::Truly,
            times: 0,
        }));
        let shared = Arc::clone(&manner);
        let client = Client::new(format!("http://127.0.0.1:{gateway}"));
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, client.clone(), Arc::clone(&shared)));
            }
        })
        .abort_handle();
        Self {
            port,
            manner,
            listening,
        }
    }

    /// Where it says that the key set is.
    pub(crate) fn jwks_url(&self) -> String {
        format!("http://127.0.0.1:{}{JWKS}", self.port)
    }

    /// Answers like this from now on.
    pub(crate) fn answer(&self, answering: Answering) {
        *self.manner.lock().unwrap() = Manner {
            answering,
            times: 0,
        };
    }

    /// Waits until it has answered so often in its present manner.
    pub(crate) fn has_answered(&self, times: usize) {
        let what = format!("answering {:?}", self.manner.lock().unwrap().answering);
        wait::until(&what, Duration::from_secs(60), || {
            Ok((self.manner.lock().unwrap().times >= times).then_some(()))
        })
        .unwrap();
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, client: Client, manner: Arc<Mutex<Manner>>) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    let answering = manner.lock().unwrap().answering;
    // Whoever asked may hang up; that is their right.
    let _ = match answering {
        Answering::Truly => pass_on(&mut stream, &head, &client).await,
        Answering::Nothing => Ok(()),
        Answering::Html => {
            let page = "<!doctype html><title>Welcome</title><p>Please accept our terms.";
            let head = head_of("200 OK", "text/html", Some(page.len()));
            stream.write_all(format!("{head}{page}").as_bytes()).await
        }
        Answering::Huge => huge(&mut stream, Some(HUGE)).await,
        Answering::HugeUnannounced => huge(&mut stream, None).await,
        Answering::Slowly => slowly(&mut stream).await,
    };
    manner.lock().unwrap().times += 1;
}

/// Up to the empty line: a GET has no body.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

async fn pass_on(stream: &mut TcpStream, head: &str, client: &Client) -> std::io::Result<()> {
    let mut call = client.get(JWKS);
    let known = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("if-none-match").then_some(value)
    });
    if let Some(entity_tag) = known {
        call = call.header("if-none-match", entity_tag);
    }
    let Ok(answer) = call.try_send().await else {
        return Ok(());
    };
    let mut head = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", answer.status);
    for name in ["content-type", "etag", "cache-control"] {
        if answer.headers.contains_key(name) {
            write!(head, "{name}: {}\r\n", answer.header(name)).unwrap();
        }
    }
    let body = match answer.status {
        304 => String::new(),
        _ => answer.body.to_string(),
    };
    let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await
}

async fn huge(stream: &mut TcpStream, announced: Option<usize>) -> std::io::Result<()> {
    let head = head_of("200 OK", "application/json", announced);
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(b"{\"keys\":[").await?;
    let spaces = vec![b' '; 64 * 1024];
    for _ in 0..HUGE / spaces.len() {
        stream.write_all(&spaces).await?;
    }
    Ok(())
}

async fn slowly(stream: &mut TcpStream) -> std::io::Result<()> {
    let head = head_of("200 OK", "application/json", Some(4096));
    for byte in head.as_bytes().iter().chain([b' '; 4096].iter()) {
        stream.write_u8(*byte).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn head_of(status: &str, content_type: &str, length: Option<usize>) -> String {
    let length = length.map_or_else(String::new, |length| {
        format!("Content-Length: {length}\r\n")
    });
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: {content_type}\r\n{length}\r\n"
    )
}
