//! What `SECURITY.md` says is tested is tested: each test and file that it names is there.

use std::collections::HashSet;
use std::path::Path;

use crate::harness::programs::repository;

#[test]
fn every_test_that_security_md_names_is_there() {
    let sources = Sources::read();
    let document = std::fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let mut named = 0;
    for row in rows {
        let quoted = row.split('`').skip(1).step_by(2);
        for name in quoted {
            if is_test(name) {
                assert!(sources.tests.contains(name), "no test is named {name}");
            } else if Path::new(name)
                .extension()
                .is_some_and(|extension| SOURCES.contains(&extension.to_str().unwrap()))
            {
                let there = sources
                    .files
                    .iter()
                    .any(|file| file.ends_with(&format!("/{name}")));
                assert!(there, "there is no {name}");
            } else {
                continue;
            }
            named += 1;
        }
    }
    assert!(named > 100, "{named} names");
}

/// The names of tests are sentences; those of columns and settings are not as long.
fn is_test(name: &str) -> bool {
    name.matches('_').count() >= 4
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What tests are written in.
const SOURCES: [&str; 2] = ["rs", "js"];

/// All tests that are written here.
#[derive(Default)]
struct Sources {
    files: Vec<String>,
    tests: HashSet<String>,
}

impl Sources {
    fn read() -> Self {
        let mut sources = Self::default();
        for member in [
            "auth-server",
            "e2e",
            "fuzzing",
            "local-run",
            "notes-api",
            "service-runtime",
            "shared-claims",
        ] {
            for directory in ["src", "tests"] {
                sources.add(&repository().join(member).join(directory));
            }
        }
        sources.add(&repository().join("web/tests"));
        sources
    }

    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                self.add(&entry.unwrap().path());
            }
        } else if path
            .extension()
            .is_some_and(|extension| SOURCES.contains(&extension.to_str().unwrap()))
        {
            let text = std::fs::read_to_string(path).unwrap();
            let functions = text.split("fn ").skip(1);
            let names = functions.filter_map(|rest| rest.split(['(', '<']).next());
            // Those that a test target of its own runs are named in quotes.
            let trials = text.split('"').filter(|piece| is_test(piece));
            self.tests.extend(names.chain(trials).map(str::to_owned));
            self.files.push(path.to_str().unwrap().to_owned());
        }
    }
}
