//! HTTP by hand: what a client library would refuse to send is sent.

use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::requests::Request;

/// Whoever has not answered by then hangs.
const PATIENCE: Duration = Duration::from_secs(15);

/// A connection that is opened anew when the other side has closed it.
pub(super) struct Connection {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer, read to its end.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
    /// Whether it is the last one on its connection.
    pub(super) closes: bool,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            content_type,
            body,
            closes,
        } = self;
        write!(
            f,
            "{status} {content_type} {} closes: {closes}",
            body.escape_ascii()
        )
    }
}

impl Connection {
    pub(super) fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    pub(super) async fn call(&mut self, request: &Request) -> Answer {
        let is_reused = self.stream.is_some();
        let first = self.try_call(request).await;
        match first {
            Some(answer) => answer,
            // It was closed while nothing was on its way.
            None if is_reused => self
                .try_call(request)
                .await
                .unwrap_or_else(|| unanswered(request)),
            None => unanswered(request),
        }
    }

    /// Nothing where the connection ends before an answer.
    async fn try_call(&mut self, request: &Request) -> Option<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()),
        };
        // Who refuses a request by its head may close before the body.
        let _ = stream.write_all(&request.write()).await;
        let answer = timeout(PATIENCE, read(&mut stream, request.method == "HEAD"))
            .await
            .unwrap_or_else(|_| panic!("no answer to {request:?}"))?;
        // After what is no HTTP there is no telling where the next request begins.
        if !answer.closes && request.is_http() {
            self.stream = Some(stream);
        }
        Some(answer)
    }
}

fn unanswered(request: &Request) -> ! {
    panic!("closed without an answer to {request:?}")
}

async fn read(stream: &mut BufReader<TcpStream>, without_body: bool) -> Option<Answer> {
    let mut answer = Answer::default();
    // 100 Continue is no answer yet.
    while answer.status < 200 {
        let status_line = line(stream).await?;
        answer.status = status_line.split(' ').nth(1)?.parse().unwrap();
        let mut length = None;
        let mut chunked = false;
        loop {
            let header = line(stream).await?;
            let Some((name, value)) = header.split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.parse().unwrap()),
                "transfer-encoding" => chunked = value == "chunked",
                "connection" => answer.closes = value == "close",
                "content-type" => value.clone_into(&mut answer.content_type),
                _ => {}
            }
        }
        if without_body || answer.status < 200 || [204, 304].contains(&answer.status) {
            continue;
        }
        match (chunked, length) {
            (true, _) => answer.body = read_chunks(stream).await?,
            (false, Some(length)) => {
                answer.body = vec![0; length];
                stream.read_exact(&mut answer.body).await.ok()?;
            }
            (false, None) => {
                stream.read_to_end(&mut answer.body).await.ok()?;
                answer.closes = true;
            }
        }
    }
    Some(answer)
}

async fn read_chunks(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(stream).await?, 16).unwrap();
        let mut chunk = vec![0; length + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend_from_slice(&chunk[..length]);
        if length == 0 {
            return Some(body);
        }
    }
}

/// Without its end; nothing at the end of the stream, or where the connection was torn down.
async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok()?;
    let line = line.strip_suffix(b"\r\n")?;
    Some(String::from_utf8_lossy(line).into_owned())
}
