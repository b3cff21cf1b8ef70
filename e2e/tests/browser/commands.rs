//! What a test in a browser asks of whoever runs the system: that a part stops or dies and starts again, that
//! an account is disabled. A line of JSON for each, on a connection of its own, and a line that answers.

use std::convert::Infallible;

use e2e::system::{System, Turn};
use local_run::daemon::Daemon;
use local_run::postgres::Cluster;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::block_in_place;

/// Where commands arrive: a port of 127.0.0.1. It speaks no HTTP, so that no page in the browser can say
/// anything to it.
pub(crate) struct Commands(TcpListener);

/// Who carries commands out.
pub(crate) trait Operator {
    /// The system, to be looked at.
    fn system(&self) -> &System;
    /// The system, to be broken; none if it is shared.
    fn own_system(&mut self) -> Option<&mut System>;
}

impl Operator for Turn<&'static System> {
    fn system(&self) -> &System {
        self
    }

    fn own_system(&mut self) -> Option<&mut System> {
        None
    }
}

impl Operator for Turn<Box<System>> {
    fn system(&self) -> &System {
        self
    }

    fn own_system(&mut self) -> Option<&mut System> {
        Some(&mut **self)
    }
}

impl Commands {
    pub(crate) async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Carries out what comes, one after another.
    pub(crate) async fn obey(&self, operator: &mut impl Operator) -> Infallible {
        loop {
            let (stream, _) = self.0.accept().await.unwrap();
            answer(stream, operator).await;
        }
    }
}

/// A test that has gone needs no answer.
async fn answer(stream: TcpStream, operator: &mut impl Operator) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await.is_err() {
        return;
    }
    let outcome = match serde_json::from_str(&line) {
        Ok(command) => block_in_place(|| carry_out(&command, operator)),
        Err(error) => Err(error.to_string()),
    };
    let answer = match outcome {
        Ok(said) => json!({ "said": said }),
        Err(error) => json!({ "error": error }),
    };
    let _ = stream.write_all(format!("{answer}\n").as_bytes()).await;
}

fn carry_out(command: &Value, operator: &mut impl Operator) -> Result<String, String> {
    if command["do"] == "operate" {
        let arguments = command["arguments"].as_array().ok_or("no arguments")?;
        let arguments: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        return Ok(operator.system().operate(&arguments));
    }
    let action = Action::of(command)?;
    let system = operator
        .own_system()
        .ok_or("the system is shared: with a line `// system: own` this file has another")?;
    let stack = &mut system.stack;
    let outcome = match command["what"].as_str() {
        Some("auth-servers") => action.on_daemons(&mut stack.auth_servers),
        Some("notes-apis") => action.on_daemons(&mut stack.notes_apis),
        Some("gateway") => action.on_daemons(std::slice::from_mut(&mut stack.gateway)),
        Some("postgres") => action.on_postgres(&mut stack.postgres),
        _ => return Err(format!("there is no {}", command["what"])),
    };
    match outcome {
        Ok(()) => Ok(String::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// What can be done to a part of the system.
enum Action {
    Stop,
    Kill,
    Start,
}

impl Action {
    fn of(command: &Value) -> Result<Self, String> {
        match command["do"].as_str() {
            Some("stop") => Ok(Self::Stop),
            Some("kill") => Ok(Self::Kill),
            Some("start") => Ok(Self::Start),
            _ => Err(format!("cannot {}", command["do"])),
        }
    }

    fn on_daemons(&self, daemons: &mut [Daemon]) -> anyhow::Result<()> {
        let mut daemons = daemons.iter_mut();
        match self {
            Self::Stop => daemons.try_for_each(Daemon::stop),
            Self::Start => daemons.try_for_each(Daemon::start),
            Self::Kill => {
                daemons.for_each(Daemon::kill);
                Ok(())
            }
        }
    }

    fn on_postgres(&self, postgres: &mut Cluster) -> anyhow::Result<()> {
        match self {
            Self::Stop => postgres.stop(),
            Self::Start => postgres.restart(),
            Self::Kill => {
                postgres.kill();
                Ok(())
            }
        }
    }
}
