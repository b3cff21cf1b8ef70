//! How soon a service that is started is ready.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use local_run::daemon::Daemon;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};

use crate::{
    caller::{Answer, get},
    figure::{Figure, Spread},
    world::World,
};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let starts = world.effort.starts;
    let services = [
        ("auth-server", world.another_auth_server(&[])?),
        ("notes-api", world.another_notes_api()?),
    ];
    let figure = |(name, mut service)| {
        let figure = Figure::new(
            format!("start-{name}"),
            format!("start of {name} to ready, database migrated"),
            Spread::of(milliseconds(&mut service, starts)?),
        );
        Ok(figure
            .in_unit("ms")
            .at_most(150.0)
            .note(format!("{starts} starts.")))
    };
    services.into_iter().map(figure).collect()
}

fn milliseconds(service: &mut Daemon, starts: usize) -> Result<Vec<f64>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let start = |_| {
        let took = until_ready(&runtime, service);
        service.kill();
        Ok(took?.as_secs_f64() * 1_000.0)
    };
    (0..starts).map(start).collect()
}

/// The time from before the process exists to the first answer 200.
fn until_ready(runtime: &Runtime, service: &mut Daemon) -> Result<Duration> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, service.port()));
    let started = Instant::now();
    service.launch()?;
    let ready = async {
        while !is_ready(address).await? {
            sleep(Duration::from_millis(1)).await;
        }
        Ok::<_, anyhow::Error>(())
    };
    runtime.block_on(async { timeout(PATIENCE, ready).await.context("not ready")? })?;
    Ok(started.elapsed())
}

/// Whether the service says so. One that listens and is not ready yet lets its caller wait.
async fn is_ready(address: SocketAddr) -> Result<bool> {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return Ok(false);
    };
    let mut request = Vec::new();
    get(&mut request, "/health/ready", None);
    stream.write_all(&request).await?;
    let mut received = Vec::new();
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            bail!("the connection was closed in place of an answer");
        }
        if let Some(answer) = Answer::parse(&received)? {
            return Ok(answer.status == 200);
        }
    }
}
