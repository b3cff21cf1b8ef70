//! Clients that are slow on purpose, and bodies that are far too long. Other people notice nothing.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load::Whose;
use crate::memory::peak;
use crate::world::World;

/// How often a slow client sends a byte.
const BEAT: Duration = Duration::from_millis(500);
const LONG_BODY: usize = 10 << 20;

/// A byte of the head now and then.
pub(crate) async fn slow_heads(world: &mut World) {
    let head = "GET /notes HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    slow(world, "slowloris: slow heads", head).await;
}

/// A byte of the body now and then.
pub(crate) async fn slow_bodies(world: &mut World) {
    let head = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 4000\r\n\r\n{\"username\": \"";
    slow(world, "slow bodies", head).await;
}

async fn slow(world: &mut World, name: &str, head: &'static str) {
    let mut fault = world.fault(name, &[]);
    let gateway = world.system.stack.gateway.port();
    let mut slow = JoinSet::new();
    for _ in 0..world.size.slow_clients {
        slow.spawn(dribble(gateway, head));
    }
    tokio::time::sleep(2 * world.size.while_it_lasts).await;
    world.crowd.served_since(Instant::now(), Whose::Both).await;
    slow.shutdown().await;
    world.recover(&mut fault, Instant::now()).await;
    fault.times = world.size.slow_clients;
    fault.remarks = format!("{} at once", world.size.slow_clients);
    world.conclude(fault).await;
}

/// Begins again when it is thrown out.
async fn dribble(gateway: u16, head: &'static str) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", gateway)).await {
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                tokio::time::sleep(BEAT).await;
                sent = stream.write_all(b"a").await;
            }
        }
    }
}

/// Refused before they are read, with and without their length announced, by the gateway and by the
/// services themselves; nothing grows with them.
pub(crate) async fn long_bodies(world: &mut World) {
    let mut fault = world.fault("bodies of 10 MB", &[]);
    let stack = &world.system.stack;
    let services = || stack.auth_servers.iter().chain(&stack.notes_apis);
    let before: Vec<u64> = services().map(peak).collect();
    let token = world.system.client().register().await.access_token;
    let mut ports = vec![stack.gateway.port(); 4];
    ports.extend(services().map(local_run::daemon::Daemon::port));
    for port in ports {
        for path in ["/auth/login", "/notes"] {
            for announced in [true, false] {
                let status = send_long_body(port, path, &token, announced).await;
                // The services know only their own paths.
                assert!(matches!(status, 413 | 404), "{status} for {path} at {port}");
                fault.times += 1;
            }
        }
    }
    let after = services().map(peak);
    let grown = after
        .zip(&before)
        .map(|(after, before)| after - before)
        .max();
    let grown = grown.unwrap_or_default() >> 20;
    assert!(grown < 8, "a service grew by {grown} MiB");
    fault.remarks = format!("413 each; memory +{grown} MiB");
    let times = fault.times;
    world.recover(&mut fault, Instant::now()).await;
    fault.times = times;
    world.conclude(fault).await;
}

async fn send_long_body(port: u16, path: &str, token: &str, announced: bool) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = if announced {
        format!("Content-Length: {LONG_BODY}")
    } else {
        "Transfer-Encoding: chunked".to_owned()
    };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\n{length}\r\n\r\n"
    );
    let (mut answers, mut sends) = stream.split();
    let sending = async {
        sends.write_all(head.as_bytes()).await?;
        let block = vec![b' '; 64 * 1024];
        for _ in 0..LONG_BODY / block.len() {
            if !announced {
                sends.write_all(b"10000\r\n").await?;
            }
            sends.write_all(&block).await?;
            if !announced {
                sends.write_all(b"\r\n").await?;
            }
        }
        std::future::pending::<std::io::Result<()>>().await
    };
    let answering = async {
        let mut start = [0; "HTTP/1.1 413".len()];
        answers.read_exact(&mut start).await.map(|_| start)
    };
    // Whoever refuses stops reading: then sending fails, and the answer is there all the same.
    let start = tokio::select! {
        start = answering => start,
        _ = sending => panic!("{path} at {port} broke off before it answered"),
    };
    let start = start.unwrap();
    std::str::from_utf8(&start[9..]).unwrap().parse().unwrap()
}
