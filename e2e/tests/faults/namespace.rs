//! A mount namespace of this process's own, so that a disk for a test is nobody else's, and vanishes
//! however the process ends.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Says that this process is in its namespace already.
const VARIABLE: &str = "LATCHKEY_FAULTS_NAMESPACE";

/// Starts this process anew in a namespace of its own, where that is allowed. Whether it is in one.
#[expect(
    clippy::disallowed_methods,
    reason = "a variable of this process for itself, not a setting"
)]
pub(crate) fn enter() -> bool {
    if std::env::var_os(VARIABLE).is_some() {
        return true;
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "--"]);
        command
    };
    let allowed = unshare()
        .args(["mount", "-t", "tmpfs", "latchkey-faults", "/mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if allowed {
        let error = unshare()
            .arg(std::env::current_exe().unwrap())
            .args(std::env::args_os().skip(1))
            .env(VARIABLE, "1")
            .exec();
        panic!("cannot execute unshare: {error}");
    }
    false
}
