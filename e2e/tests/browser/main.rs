//! The site in a real browser, through the real gateway and services. Each file of `web/tests/browser/` is one
//! test here: node runs it, with a system as the file wants it, and its output is the message if it fails.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and tells what it found"
)]

mod commands;
mod run;
mod wishes;

use std::process::ExitCode;

use e2e::programs::{install, repository};
use libtest_mimic::{Arguments, Trial};

const SUFFIX: &str = ".test.js";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list {
        install();
    }
    let talkative = arguments.nocapture;
    let trials = files().into_iter().map(|name| {
        let file = repository().join(format!("web/tests/browser/{name}{SUFFIX}"));
        Trial::test(name, move || run::run(&file, talkative))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    run::print_figures();
    conclusion.exit_code()
}

/// The names of all files of tests, without what they end in.
fn files() -> Vec<String> {
    let directory = repository().join("web/tests/browser");
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(SUFFIX).map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no tests");
    names
}
