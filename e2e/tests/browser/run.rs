//! One run of node for one file of tests.

use std::ops::Deref;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use e2e::client::PASSWORD;
use e2e::system::{System, Turn, shared, start};
use libtest_mimic::Failed;
use local_run::account::Account;
use local_run::process::{Program, StopSignal};
use local_run::temporary::TemporaryDirectory;
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;

use crate::commands::{Commands, Operator};
use crate::wishes::Wishes;

/// For all tests of one file.
const TIME_LIMIT: Duration = Duration::from_mins(4);
/// What a line begins with that is shown to people, whether the test passes or not.
const FIGURE: &str = "figure: ";

static FIGURES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs the tests of a file. What node says is printed if somebody wants to hear it.
pub(crate) fn run(file: &Path, talkative: bool) -> Result<(), Failed> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        match Wishes::of(file) {
            Some(wishes) => {
                let system = start(|settings| wishes.apply(settings)).await;
                on(system, file, talkative).await
            }
            None => on(shared().await, file, talkative).await,
        }
    })
}

/// Prints the figures of all files.
pub(crate) fn print_figures() {
    for figure in FIGURES.lock().unwrap().iter() {
        println!("{figure}");
    }
}

async fn on<P>(mut system: Turn<P>, file: &Path, talkative: bool) -> Result<(), Failed>
where
    P: Deref<Target = System>,
    Turn<P>: Operator,
{
    let commands = Commands::listen().await;
    let environment = vec![
        ("LATCHKEY_URL".to_owned(), system.stack.url()),
        ("LATCHKEY_COMMANDS".to_owned(), commands.port().to_string()),
        // The logs are searched for this one.
        ("LATCHKEY_PASSWORD".to_owned(), PASSWORD.to_owned()),
    ];
    let file = file.to_owned();
    let node = spawn_blocking(move || node(&file, environment, talkative));
    tokio::select! {
        outcome = node => outcome?,
        never = commands.obey(&mut system) => match never {},
    }
}

/// The browser's profile, and all else that it writes, goes with the directory.
fn node(
    file: &Path,
    mut environment: Vec<(String, String)>,
    talkative: bool,
) -> Result<(), Failed> {
    let directory = TemporaryDirectory::new("browser")?;
    for name in ["HOME", "TMPDIR"] {
        environment.push((name.to_owned(), directory.path().display().to_string()));
    }
    let log = directory.path().join("node.log");
    let program = Program {
        name: "node".to_owned(),
        path: "node".into(),
        arguments: ["--test", "--test-reporter=spec"]
            .map(Into::into)
            .into_iter()
            .chain([file.into()])
            .collect(),
        environment,
        account: Account::own(),
        log: log.clone(),
        stop_signal: StopSignal::Terminate,
    };
    let outcome = program.start()?.finish(TIME_LIMIT);
    let said = std::fs::read_to_string(log)?;
    if talkative {
        println!("{said}");
    }
    let figures = said.lines().filter_map(|line| line.strip_prefix(FIGURE));
    FIGURES.lock().unwrap().extend(figures.map(str::to_owned));
    outcome.map_err(|error| {
        // The error ends with the end of what was said.
        let error = error.to_string();
        let what = error.lines().next().unwrap_or_default();
        format!("{what}\n{said}").into()
    })
}
