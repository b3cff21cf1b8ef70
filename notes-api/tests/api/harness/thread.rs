//! A server on a thread of its own, which ends before whatever the server uses does.

use std::{io, net::SocketAddr, sync::mpsc, thread};

use actix_web::{dev::ServerHandle, rt::System};

/// A server that was built and is running.
pub(super) struct ServerThread {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Where it serves its figures, if it does.
    pub(super) metrics: Option<SocketAddr>,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

/// A server that was built, and the future that runs it.
pub(super) struct Built<F> {
    pub(super) address: SocketAddr,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) handle: ServerHandle,
    pub(super) run: F,
}

impl ServerThread {
    /// Builds a server inside actix's runtime and runs it there.
    pub(super) fn start<F>(build: impl AsyncFnOnce() -> Built<F> + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + 'static,
    {
        let (announce, announced) = mpsc::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async {
                let Built {
                    address,
                    metrics,
                    handle,
                    run,
                } = build().await;
                announce.send((address, metrics, handle)).unwrap();
                run.await.unwrap();
            });
        });
        let (address, metrics, handle) = announced.recv().expect("the server is built");
        Self {
            address,
            metrics,
            handle,
            thread: Some(thread),
        }
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        // The command is sent by the call, not by the future.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || thread::panicking(),
                "the server came to a bad end"
            );
        }
    }
}
