//! What a panic leaves in a log that programs read. The test is its own other process, which panics.

use std::{env, process::Command, thread};

use serde_json::Value;
use service_runtime::telemetry::{self, LogFormat};

const THE_OTHER_PROCESS: &str = "LATCHKEY_TEST_PANICS";

#[test]
fn in_a_log_for_programs_a_panic_is_one_line_like_any_other() {
    #[expect(clippy::disallowed_methods, reason = "this is no setting")]
    let is_the_other_process = env::var_os(THE_OTHER_PROCESS).is_some();
    if is_the_other_process {
        telemetry::init(LogFormat::Json);
        assert!(thread::spawn(|| panic!("on\npurpose")).join().is_err());
        return;
    }
    let output = Command::new(env::current_exe().unwrap())
        .arg("--nocapture")
        .env(THE_OTHER_PROCESS, "1")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    assert!(output.status.success());
    let line: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["target"], "panic");
    assert!(line["message"].as_str().unwrap().ends_with("on\npurpose"));
}
