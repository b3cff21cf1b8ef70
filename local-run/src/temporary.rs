//! Temporary directories that vanish with this process, however it ends.
//!
//! A destructor does not run when a process is killed, nor for a static. So a small shell waits for the
//! end of a pipe that only this process holds, lets a Postgres in the directory finish (the kernel
//! tells it to stop at that same moment, see [`crate::process`]), and removes the directory.
//!
//! They are in memory where there is room: copying a database takes 40 ms there, and ten times that on
//! a disk that a compiler is busy with. Whoever sets `TMPDIR` gets them there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::fs::statvfs;

const MEMORY: &str = "/dev/shm";
/// Containers often have 64 MiB.
const ROOM_WANTED: u64 = 2 << 30;

const SCRIPT: &str = r#"
cat
tries=100
while [ $tries -gt 0 ] && [ -n "$(find "$1" -name postmaster.pid)" ]; do
    tries=$((tries - 1))
    sleep 0.1
done
rm -rf -- "$1"
"#;

/// A temporary directory. Dropped, it is removed at once.
#[derive(Debug)]
pub struct TemporaryDirectory {
    path: PathBuf,
    shell: Child,
}

impl TemporaryDirectory {
    /// Makes one, whose name begins with `latchkey-` and `purpose`.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(purpose: &str) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix(&format!("latchkey-{purpose}-"))
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent())?;
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is not for the janitor.
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        Ok(Self {
            path: directory.keep(),
            shell,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn parent() -> PathBuf {
    let usual = std::env::temp_dir();
    if usual == Path::new("/tmp") && room(MEMORY).is_some_and(|room| room >= ROOM_WANTED) {
        return PathBuf::from(MEMORY);
    }
    usual
}

fn room(directory: &str) -> Option<u64> {
    let filesystem = statvfs(directory).ok()?;
    Some(filesystem.f_bavail * filesystem.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_directory_is_gone() {
        let directory = TemporaryDirectory::new("test").unwrap();
        let path = directory.path().to_owned();
        fs::write(path.join("file"), "content").unwrap();
        drop(directory);
        assert!(!path.exists());
    }
}
