//! A web server that answers as it is told, however bad, and keeps what it was asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

#[derive(Clone)]
pub(crate) enum Answer {
    /// This document, as a server with manners gives it.
    Document {
        body: String,
        etag: Option<&'static str>,
    },
    /// The same, once the gate was opened.
    Gated { body: String, gate: Arc<Notify> },
    /// These bytes, and then the end of the connection.
    Raw(Vec<u8>),
    /// A body that goes on for 50 MB.
    Endless,
    /// A body of one byte now and then.
    Dribble,
    /// No answer at all.
    Silence,
}

impl Answer {
    pub(crate) fn document(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    pub(crate) fn text(body: impl Into<String>) -> Self {
        Self::Document {
            body: body.into(),
            etag: None,
        }
    }

    pub(crate) fn tagged(body: impl Into<String>, etag: &'static str) -> Self {
        Self::Document {
            body: body.into(),
            etag: Some(etag),
        }
    }

    /// A complete answer with this status line and these headers.
    pub(crate) fn raw(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
        Self::Raw(format!("{head}{body}").into_bytes())
    }
}

/// What a server publishes.
#[derive(Clone, Copy)]
pub(crate) struct Publication {
    path: &'static str,
    media_type: &'static str,
}

pub(crate) const KEYS: Publication = Publication {
    path: "/.well-known/jwks.json",
    media_type: "application/json",
};

pub(crate) const FEED: Publication = Publication {
    path: "/.well-known/revocations.jwt",
    media_type: "application/jwt",
};

/// Serves one request per connection until it is dropped.
pub(crate) struct WebServer {
    publication: Publication,
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    media_type: &'static str,
    answer: Mutex<Answer>,
    requests: watch::Sender<Vec<String>>,
    bytes_sent: AtomicUsize,
    client_gone: Notify,
}

impl WebServer {
    pub(crate) async fn start(publication: Publication, answer: Answer) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), publication, answer).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        publication: Publication,
        answer: Answer,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            media_type: publication.media_type,
            answer: Mutex::new(answer),
            requests: watch::Sender::new(Vec::new()),
            bytes_sent: AtomicUsize::new(0),
            client_gone: Notify::new(),
        });
        let accepting = tokio::spawn(accept(listener, state.clone()));
        Self {
            publication,
            address,
            state,
            accepting,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.publication.path)
    }

    pub(crate) fn now_answers(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub(crate) fn hits(&self) -> usize {
        self.state.requests.borrow().len()
    }

    pub(crate) fn last_request(&self) -> String {
        self.state.requests.borrow().last().unwrap().clone()
    }

    pub(crate) fn bytes_sent(&self) -> usize {
        self.state.bytes_sent.load(Ordering::Relaxed)
    }

    pub(crate) async fn wait_for_hits(&self, hits: usize) {
        let mut requests = self.state.requests.subscribe();
        requests
            .wait_for(|requests| requests.len() >= hits)
            .await
            .unwrap();
    }

    /// Comes back when a client has hung up on an answer that was not complete.
    pub(crate) async fn wait_for_hang_up(&self) {
        self.state.client_gone.notified().await;
    }

    pub(crate) async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, state.clone()));
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        request.push(byte);
    }
    let request = String::from_utf8(request).unwrap().to_lowercase();
    let answer = state.answer.lock().unwrap().clone();
    state
        .requests
        .send_modify(|requests| requests.push(request.clone()));
    if respond(&mut stream, &request, answer, &state)
        .await
        .is_err()
    {
        state.client_gone.notify_one();
    }
}

async fn respond(
    stream: &mut TcpStream,
    request: &str,
    answer: Answer,
    state: &State,
) -> std::io::Result<()> {
    let media_type = state.media_type;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n");
    match answer {
        Answer::Document { body, etag } => {
            let etag_line = etag.map_or_else(String::new, |etag| format!("ETag: {etag}\r\n"));
            let common = format!("Cache-Control: public, max-age=100\r\n{etag_line}");
            let known = etag.is_some_and(|etag| {
                request.contains(&format!("if-none-match: {}\r\n", etag.to_lowercase()))
            });
            let response = if known {
                format!("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n{common}\r\n")
            } else {
                format!("{head}{common}Content-Length: {}\r\n\r\n{body}", body.len())
            };
            stream.write_all(response.as_bytes()).await
        }
        Answer::Gated { body, gate } => {
            gate.notified().await;
            let response = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(response.as_bytes()).await
        }
        Answer::Raw(bytes) => stream.write_all(&bytes).await,
        Answer::Endless => {
            stream.write_all(format!("{head}\r\n").as_bytes()).await?;
            for _ in 0..50 * 64 {
                stream.write_all(&[b' '; 16 * 1024]).await?;
                state.bytes_sent.fetch_add(16 * 1024, Ordering::Relaxed);
            }
            Ok(())
        }
        Answer::Dribble => {
            stream.write_all(format!("{head}\r\n").as_bytes()).await?;
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            loop {
                tick.tick().await;
                stream.write_all(b" ").await?;
            }
        }
        Answer::Silence => stream.read_u8().await.map(|_| ()),
    }
}
