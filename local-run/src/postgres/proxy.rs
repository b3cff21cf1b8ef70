//! A proxy between a service and Postgres that reads along: it knows which statements were executed,
//! and can lose the connection before or after one.
//!
//! It speaks as much of the protocol as libpq does (PostgreSQL documentation, chapter "Message
//! Formats"): a startup message without a type, then messages of a type byte, a length, a payload.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A proxy in front of one Postgres, on a port of 127.0.0.1. Its threads end with the connections, and
/// the one that listens with the process.
///
/// Connections must not be encrypted: [`Server::through`](super::Server::through) makes such URLs.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

#[derive(Debug, Default)]
struct Wire {
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    /// `None` where nobody wants to know.
    executed: Option<Vec<String>>,
    loss: Option<Loss>,
}

/// Where the connection is lost.
#[derive(Debug)]
struct Loss {
    /// Which statements count.
    wanted: fn(&str) -> bool,
    /// How many of those are executed before.
    after: usize,
    /// Whether the next one reaches Postgres, so that only its reply is lost.
    reply_only: bool,
}

impl Proxy {
    /// A proxy to the Postgres at this `host:port`, which may start later.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub fn start(postgres: &str) -> io::Result<Self> {
        let postgres = postgres.to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let wire = Arc::new(Wire::default());
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Postgres may be away, or the test over; then the client finds its connection closed.
                if let Ok(server) = TcpStream::connect(&postgres) {
                    let _ = relay(&client, &server, &shared);
                }
            }
        });
        Ok(Self { port, wire })
    }

    /// The port of 127.0.0.1 that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The statements that were executed since the last call, housekeeping aside. The first call begins
    /// the record.
    #[expect(
        clippy::must_use_candidate,
        reason = "what was executed before something is taken and dropped"
    )]
    pub fn take_executed(&self) -> Vec<String> {
        let mut watched = self.wire.watched();
        watched.executed.replace(Vec::new()).unwrap_or_default()
    }

    /// Loses the connection in place of the statement that comes after so many others.
    pub fn lose_statement(&self, after: usize) {
        self.lose(|_| true, after, false);
    }

    /// Loses the connection in place of the reply to the statement that comes after so many others.
    pub fn lose_reply(&self, after: usize) {
        self.lose(|_| true, after, true);
    }

    /// Loses the connection in place of the reply to the next statement of this kind.
    pub fn lose_reply_to(&self, wanted: fn(&str) -> bool) {
        self.lose(wanted, 0, true);
    }

    /// Whether the loss that was asked for has not come yet.
    #[must_use]
    pub fn is_to_lose(&self) -> bool {
        self.wire.watched().loss.is_some()
    }

    /// Whether the loss that was asked for is still to come; then it does not come any more.
    #[must_use]
    pub fn still_to_lose(&self) -> bool {
        self.wire.watched().loss.take().is_some()
    }

    fn lose(&self, wanted: fn(&str) -> bool, after: usize, reply_only: bool) {
        self.wire.watched().loss = Some(Loss {
            wanted,
            after,
            reply_only,
        });
    }
}

impl Wire {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn relay(client: &TcpStream, server: &TcpStream, wire: &Arc<Wire>) -> io::Result<()> {
    for stream in [client, server] {
        stream.set_nodelay(true)?;
    }
    let swallow = Arc::new(AtomicBool::new(false));
    let forwards = Forwards {
        client: client.try_clone()?,
        server: server.try_clone()?,
        wire: Arc::clone(wire),
        swallow: Arc::clone(&swallow),
        statements: HashMap::new(),
        bound: String::new(),
    };
    let (client, server) = (client.try_clone()?, server.try_clone()?);
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
    Ok(())
}

/// What the client says.
struct Forwards {
    client: TcpStream,
    server: TcpStream,
    wire: Arc<Wire>,
    swallow: Arc<AtomicBool>,
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
        let mut watched = self.wire.watched();
        match &mut watched.loss {
            Some(loss) if !(loss.wanted)(&sql) => {}
            Some(Loss {
                after: 0,
                reply_only,
                ..
            }) => {
                let reply_only = *reply_only;
                watched.loss = None;
                if !reply_only {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                self.swallow.store(true, Ordering::SeqCst);
            }
            Some(loss) => loss.after -= 1,
            None => {}
        }
        if let Some(executed) = &mut watched.executed {
            executed.push(sql);
        }
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
        "transaction_read_only",
    ];
    words.iter().any(|word| sql.contains(word)) || sql.starts_with("SET ")
}

/// What Postgres says.
fn backwards(mut client: TcpStream, mut server: TcpStream, swallow: &AtomicBool) -> io::Result<()> {
    loop {
        let mut kind = [0];
        server.read_exact(&mut kind)?;
        let body = read_body(&mut server)?;
        if !swallow.load(Ordering::SeqCst) {
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
    let size = u32::from_be_bytes(length) as usize;
    if size < length.len() {
        return Err(io::ErrorKind::InvalidData.into());
    }
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
