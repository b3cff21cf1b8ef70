//! Where the processor time of a request goes in a service: a flame graph, and a budget by part.

mod budget;

use std::{
    fmt::Write as _,
    io::BufReader,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use inferno::{
    collapse::{
        Collapse,
        perf::{Folder, Options},
    },
    flamegraph,
};
use local_run::{daemon::Daemon, temporary::TemporaryDirectory};

use self::budget::Budget;
use crate::{
    caller::Caller,
    effort::Effort,
    figures::{notes, refresh::Chain},
    load::{Load, join},
    report::{Machine, Source, write},
    served::Served,
    today,
    world::World,
};

const CONNECTIONS: u32 = 16;
/// Before the first stack is looked at: once to warm up, and once to see what a request takes.
const WARM_UP: Duration = Duration::from_secs(5);
const LASTS: Duration = Duration::from_secs(20);
/// A second. No round number, so that it keeps step with nothing.
const SAMPLES: &str = "299";
/// Bytes of each stack that are looked at.
const STACK: &str = "dwarf,32768";

/// Profiles a refresh and a list of notes, and writes into this directory what was found.
pub(crate) fn profile(directory: &Path) -> Result<()> {
    let (day, source) = (today(), Source::here()?);
    let mut world = World::start(Effort::quick())?;
    let machine = Machine::of(&world)?;
    let people = world.people(CONNECTIONS)?;
    let readers = notes::readers(&mut world)?;
    let mut refreshes = Load::new(world.auth_port(), people.into_iter().map(Chain::new))?;
    let mut lists = Load::new(world.notes_port(), readers)?;
    let auth_server = Profiled::under(&mut refreshes, &world.stack.auth_servers[0])?;
    let notes_api = Profiled::under(&mut lists, &world.stack.notes_apis[0])?;
    let mut document = format!(
        "# Where the processor time of a request goes\n\n\
         Written by `make profile`, which samples the stacks of a service under load, on {day}, on {machine}; \
         {source}. Parts are shares of the samples; the time is that of a request in a round just before, when \
         nobody watched. Shares can be compared between runs and machines, times cannot.\n",
        machine = machine.for_people(),
        source = source.for_people(),
    );
    for (name, title, profiled) in [
        ("refresh", "A refresh, in the auth server", auth_server),
        ("notes-list", "A list of notes, in the notes API", notes_api),
    ] {
        let graph = format!("{name}-flames.svg");
        write(directory, &graph, &profiled.flames(title)?)?;
        let budget = Budget::of(&profiled.folded, profiled.microseconds_each);
        write!(
            document,
            "\n## {title}\n\n{budget}\n[Flame graph]({graph})\n"
        )?;
    }
    write(directory, "where-time-goes.md", &document)
}

/// What a service did.
struct Profiled {
    /// A line for each stack that was seen, and how often.
    folded: String,
    /// Of a processor, for each request.
    microseconds_each: f64,
}

impl Profiled {
    fn under<C: Caller + Send>(load: &mut Load<C>, service: &Daemon) -> Result<Self> {
        let process = service.process_id().context("the service has ended")?;
        load.run(WARM_UP)?;
        // Before anybody watches, which takes time of its own.
        let served = Served::by(service, || load.run(WARM_UP))?;
        let recording = TemporaryDirectory::new("profile")?;
        let recording = recording.path().join("perf.data");
        thread::scope(|scope| {
            let under_way = scope.spawn(|| load.run(LASTS));
            record(process, &recording)?;
            join(under_way)
        })?;
        Ok(Self {
            folded: fold(&recording)?,
            microseconds_each: served.microseconds_each(),
        })
    }

    /// A flame graph, SVG.
    fn flames(&self, title: &str) -> Result<String> {
        let mut options = flamegraph::Options::default();
        title.clone_into(&mut options.title);
        "ns".clone_into(&mut options.count_name);
        options.min_width = 0.1;
        options.deterministic = true;
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut options, self.folded.lines(), &mut svg)?;
        Ok(String::from_utf8(svg)?)
    }
}

/// Samples the stacks of a process.
fn record(process: u32, recording: &Path) -> Result<()> {
    let lasts = LASTS.saturating_sub(Duration::from_secs(1)).as_secs();
    let output = perf()
        .args(["record", "--event", "cpu-clock", "--freq", SAMPLES])
        .args(["--call-graph", STACK, "--pid", &process.to_string()])
        .arg("--output")
        .arg(recording)
        .args(["sleep", &lasts.to_string()])
        .output()
        .context("cannot run perf (Debian: linux-perf)")?;
    ensure!(
        output.status.success(),
        "perf cannot record: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn fold(recording: &Path) -> Result<String> {
    let mut script = perf()
        .args(["script", "--no-inline", "--input"])
        .arg(recording)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(stacks) = script.stdout.take() else {
        bail!("perf says nothing");
    };
    let mut folded = Vec::new();
    Folder::from(Options::default()).collapse(BufReader::new(stacks), &mut folded)?;
    ensure!(
        script.wait()?.success(),
        "perf cannot tell what it recorded"
    );
    Ok(String::from_utf8(folded)?)
}

fn perf() -> Command {
    let mut perf = Command::new("perf");
    perf.stdin(Stdio::null());
    perf
}
