//! Where a service takes connections, and how it stops taking them: without turning a call away.
//!
//! A gateway that cannot connect to a replica asks another one, whatever the call. But a replica that
//! closes a connection under a call leaves it open whether the call was carried out: a POST is not
//! repeated then, and its client is told that it failed. actix-web, told to stop, closes the listener
//! and all idle connections at once, one of which the gateway may have chosen at that moment. So a
//! service that is told to stop first refuses connections, and answers on those that there are with
//! `Connection: close` (RFC 9112 §9.6) until the gateway has used them up. Then it stops.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Server, ServerHandle, ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
    rt::{
        self,
        signal::unix::{Signal, SignalKind, signal},
        time::sleep,
    },
    web,
};
use rustix::net::{Shutdown, listen, shutdown};

/// How long connections may be used up. A gateway under load needs a fraction of it; one that sends
/// nothing loses nothing.
const LEAVE: Duration = Duration::from_secs(1);
/// Connections that may wait to be accepted, as actix-web has it.
const BACKLOG: i32 = 1024;

/// The listener of a service, and the signals that end it.
pub struct Door {
    listener: TcpListener,
    closing: Closing,
    terminate: Signal,
    interrupt: Signal,
}

/// Whether the service is about to stop; for [`announce`].
#[derive(Clone, Debug, Default)]
pub struct Closing(Arc<AtomicBool>);

impl Door {
    /// Listens on this address, and for SIGTERM and SIGINT. Must be called inside actix's runtime.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listen(&listener, BACKLOG)?;
        Ok(Self {
            listener,
            closing: Closing::default(),
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The listener, for the server to listen on.
    ///
    /// # Errors
    ///
    /// When the process has no more descriptors.
    pub fn listener(&self) -> io::Result<TcpListener> {
        self.listener.try_clone()
    }

    /// What [`announce`] finds among the application's data.
    #[must_use]
    pub fn closing(&self) -> web::Data<Closing> {
        web::Data::new(self.closing.clone())
    }

    /// Serves until SIGTERM, which lets what is in flight finish, or SIGINT, which does not, or until
    /// the server is stopped by its handle. The server must not listen for signals of its own.
    ///
    /// # Errors
    ///
    /// The server fails as a whole.
    pub async fn serve(self, server: Server) -> io::Result<()> {
        let stopping = rt::spawn(self.close_when_told(server.handle()));
        let outcome = server.await;
        stopping.abort();
        outcome
    }

    async fn close_when_told(mut self, server: ServerHandle) {
        tokio::select! {
            _ = self.interrupt.recv() => server.stop(false).await,
            _ = self.terminate.recv() => {
                self.closing.0.store(true, Ordering::Release);
                server.pause().await;
                if let Err(error) = shutdown(&self.listener, Shutdown::Read) {
                    log::warn!("connections are still taken: {error}");
                }
                sleep(LEAVE).await;
                server.stop(true).await;
            }
        }
    }
}

/// Middleware: while the service is about to stop, each answer says that its connection ends with it.
///
/// # Errors
///
/// Those of the service.
pub async fn announce(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let closing = request.app_data::<web::Data<Closing>>().cloned();
    let mut response = next.call(request).await?;
    if closing.is_some_and(|closing| closing.0.load(Ordering::Acquire)) {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
