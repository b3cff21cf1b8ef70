//! However many people a file has, memory is that of a batch.

use std::process::Command;

use super::{Files, people};
use crate::harness::{Database, MASTER_KEY};

/// Runs the binary, and says how many KiB of memory it had at the most.
const MEASURE: &str = "
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

fn peak(database: &Database, arguments: &[&str]) -> u64 {
    let output = Command::new("python3")
        .args(["-c", MEASURE, env!("CARGO_BIN_EXE_auth-server"), "users"])
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/usr/local/bin:/bin")
        .env("AUTH_DATABASE_URL", database.service_url())
        .env("AUTH_MASTER_KEYS", MASTER_KEY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap()
}

#[test]
fn ten_times_the_people_take_no_more_memory() {
    /// KiB; of ten times the people, each of a hundred bytes, it would be four thousand.
    const SLACK: u64 = 1_500;
    let files = Files::new();
    let [few, many] = [4_000, 40_000].map(|number| {
        let database = Database::new();
        let path = files.write_lines(&format!("{number}.jsonl"), people(number));
        let output = files.path(&format!("{number}.csv"));
        [
            &["import", "--dry-run", &path][..],
            &["import", &path],
            &["export", "--with-password-hashes", "-o", &output],
        ]
        .map(|arguments| peak(&database, arguments))
    });
    for (few, many) in few.into_iter().zip(many) {
        assert!(many < few + SLACK, "{few} KiB and {many} KiB");
    }
}
