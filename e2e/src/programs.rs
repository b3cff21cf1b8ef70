//! Programs that run beside the system: scripts as they stand, and other people's libraries.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program in the pinned environment, which is installed if it is not there yet.
pub fn tool(interpreter: Interpreter, script: &str) -> Command {
    let mut command = match interpreter {
        Interpreter::Node => {
            install();
            Command::new("node")
        }
        Interpreter::Python => python_tool("python"),
    };
    command.arg(repository().join("e2e").join(script));
    command
}

/// A program that the packages of `e2e/python` bring along.
pub fn python_tool(name: &str) -> Command {
    install();
    Command::new(repository().join(".local/python/bin").join(name))
}

/// Installs the pinned environments of the tests, those of the site too, unless they are there.
pub fn install() {
    static INSTALLED: LazyLock<()> = LazyLock::new(|| {
        run(&mut Command::new(
            repository().join("scripts/install-test-tools"),
        ));
    });
    LazyLock::force(&INSTALLED);
}

/// What runs a script.
#[derive(Clone, Copy)]
pub enum Interpreter {
    /// JavaScript, with the packages of `e2e/node`.
    Node,
    /// Python, with the packages of `e2e/python`.
    Python,
}

/// Runs a program to its end, and gives back what it said on standard output. It must succeed.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    run_with_input(command, "")
}

/// The same with something on its standard input.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &str) -> String {
    let name = command.get_program().to_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", name.display()));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read its input closes it.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    let (said, complained) = (lossy(&output.stdout), lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{} ended with {}:\n{said}\n{complained}",
        name.display(),
        output.status
    );
    said
}

/// The executable of an example, built into the directory of this test's own binaries.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // target/<profile>/deps/some_test-<hash>
    let directory = test.parent().and_then(Path::parent).unwrap();
    let of_this_test = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_") && !["CARGO_HOME", "CARGO_BUILD_JOBS"].contains(&&*name)
    };
    run(Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--all-features",
            "--example",
            name,
        ])
        .arg("--target-dir")
        .arg(directory.parent().unwrap())
        .current_dir(repository())
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| !of_this_test(name))));
    directory.join("examples").join(name)
}

/// A program that answers each line of its input by a line of its output. Dropped, it is killed.
pub struct Conversation {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    /// Starts the program.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Says a line and waits for the answer.
    pub fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'), "the program has ended: {answer}");
        answer.trim_end().to_owned()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A chapter of `curl/`, with its state in this directory.
pub fn chapter(script: impl AsRef<OsStr>, url: &str, state: &Path) -> Command {
    let mut command = Command::new(repository().join("curl").join(script.as_ref()));
    command
        .env("LATCHKEY_URL", url)
        .env("LATCHKEY_STATE", state);
    command
}

/// The names of all chapters, in order.
pub fn chapters() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository().join("curl"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    names.sort();
    names
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
