//! A proxy between the clients and the gateway, which can lose answers.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// More than any request or answer of the crowd.
const CHUNK: usize = 64 * 1024;

/// The proxy. Dropped, it listens no more.
pub(crate) struct Front {
    port: u16,
    /// How the head of the request begins whose answer is to be lost.
    to_lose: Arc<Mutex<Option<&'static str>>>,
    listening: AbortHandle,
}

impl Front {
    /// A proxy to the gateway on this port, which may start later.
    pub(crate) async fn start(gateway: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let to_lose = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&to_lose);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, gateway, Arc::clone(&shared)));
            }
        })
        .abort_handle();
        Self {
            port,
            to_lose,
            listening,
        }
    }

    /// The origin that leads through it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets the next request that begins like this be carried out, and loses its answer.
    pub(crate) fn lose_answer_to(&self, request: &'static str) {
        *self.to_lose.lock().unwrap() = Some(request);
    }

    /// Whether that is still to come.
    pub(crate) fn is_to_lose(&self) -> bool {
        self.to_lose.lock().unwrap().is_some()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn relay(client: TcpStream, gateway: u16, to_lose: Arc<Mutex<Option<&'static str>>>) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, gateway)).await else {
        return;
    };
    let doomed = Arc::new(Mutex::new(false));
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let asking = tokio::spawn(ask(from_client, to_server, to_lose, Arc::clone(&doomed)));
    answer(&mut from_server, &mut to_client, &doomed).await;
    // Whatever ended, both connections do.
    asking.abort();
}

/// Clients of the crowd send a request when they have the answer to the one before, so each begins
/// what is read.
async fn ask(
    mut from_client: OwnedReadHalf,
    mut to_server: OwnedWriteHalf,
    to_lose: Arc<Mutex<Option<&'static str>>>,
    doomed: Arc<Mutex<bool>>,
) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let Ok(length @ 1..) = from_client.read(&mut chunk).await else {
            return;
        };
        {
            let mut to_lose = to_lose.lock().unwrap();
            if to_lose.is_some_and(|request| chunk[..length].starts_with(request.as_bytes())) {
                *to_lose = None;
                *doomed.lock().unwrap() = true;
            }
        }
        if to_server.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

async fn answer(
    from_server: &mut OwnedReadHalf,
    to_client: &mut OwnedWriteHalf,
    doomed: &Mutex<bool>,
) {
    let mut chunk = vec![0; CHUNK];
    loop {
        let Ok(length @ 1..) = from_server.read(&mut chunk).await else {
            return;
        };
        // What was asked for is done, and nobody will hear of it.
        if *doomed.lock().unwrap() {
            return;
        }
        if to_client.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}
