//! A line to another machine: a proxy that keeps what it carries for a moment, in either direction.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime,
    sync::{
        mpsc::{UnboundedSender, unbounded_channel},
        oneshot,
    },
};

/// A proxy on a port of 127.0.0.1. Dropped, it closes its connections.
pub(crate) struct SlowLine {
    port: u16,
    _stop: oneshot::Sender<()>,
}

/// Bytes under way.
struct Held {
    due: Instant,
    bytes: Vec<u8>,
    to: UnboundedSender<Vec<u8>>,
}

impl SlowLine {
    /// What its threads are called begins with this.
    pub(crate) const THREADS: &str = "slow-line";

    /// Leads to this `host:port`, in so much time each way.
    pub(crate) fn to(address: String, delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        listener.set_nonblocking(true)?;
        let (queue, queued) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let thread = |purpose| thread::Builder::new().name(format!("{}{purpose}", Self::THREADS));
        thread("-wait").spawn(move || deliver_when_due(&queued))?;
        thread("").spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => Ok(()),
                    failed = accept(listener, &address, delay, &queue) => failed,
                }
            })
        })?;
        Ok(Self { port, _stop: stop })
    }

    /// Where it begins.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// Timers of the runtime count in milliseconds, so that a thread of its own waits. All wait equally long:
/// who came first is due first.
fn deliver_when_due(queued: &mpsc::Receiver<Held>) {
    while let Ok(Held { due, bytes, to }) = queued.recv() {
        while let Some(left) = due
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
        {
            thread::park_timeout(left);
        }
        // Whoever has hung up wants nothing any more.
        let _ = to.send(bytes);
    }
}

async fn accept(
    listener: TcpListener,
    address: &str,
    delay: Duration,
    queue: &mpsc::Sender<Held>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (near, _) = listener.accept().await?;
        // Who is not let through finds the line closed.
        let Ok(far) = TcpStream::connect(address).await else {
            continue;
        };
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        let (from_near, to_near) = near.into_split();
        let (from_far, to_far) = far.into_split();
        tokio::spawn(carry(from_near, to_far, delay, queue.clone()));
        tokio::spawn(carry(from_far, to_near, delay, queue.clone()));
    }
}

/// Carries one direction of a connection until its sender hangs up.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    delay: Duration,
    queue: mpsc::Sender<Held>,
) -> io::Result<()> {
    let (arrivals, mut arrived) = unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        while let Some(bytes) = arrived.recv().await {
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    });
    loop {
        let mut bytes = Vec::with_capacity(8 * 1024);
        if from.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        let held = Held {
            due: Instant::now() + delay,
            bytes,
            to: arrivals.clone(),
        };
        if queue.send(held).is_err() {
            return Ok(());
        }
    }
}
