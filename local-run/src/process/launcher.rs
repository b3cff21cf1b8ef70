//! The thread that starts all children.

use std::io;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Sender};

type Request = (Command, Sender<io::Result<Child>>);

/// Starts the command on a thread that lives as long as this process does.
pub(super) fn start(command: Command) -> io::Result<Child> {
    static LAUNCHER: LazyLock<io::Result<Sender<Request>>> = LazyLock::new(|| {
        let (sender, requests) = mpsc::channel::<Request>();
        std::thread::Builder::new()
            .name("launcher".to_owned())
            .spawn(move || {
                for (mut command, reply) in requests {
                    // Nobody waits any more: the child is dropped, and so is this answer.
                    let _ = reply.send(command.spawn());
                }
            })?;
        Ok(sender)
    });
    let gone = || io::Error::other("the launcher thread is gone");
    let launcher = LAUNCHER
        .as_ref()
        .map_err(|error| io::Error::other(error.to_string()))?;
    let (reply, answer) = mpsc::channel();
    launcher.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}
