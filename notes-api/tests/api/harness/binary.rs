//! The binary itself, as operators run it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};

/// A running notes API in a process of its own, killed when dropped.
pub(crate) struct Binary {
    process: Child,
    address: SocketAddr,
}

impl Binary {
    /// Starts it with these settings and nothing else, on a free port.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_notes-api"))
            .arg("serve")
            .env_clear()
            .env("NOTES_LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = log
            .by_ref()
            .find_map(|line| Some(line.unwrap().split_once("http://")?.1.parse().unwrap()));
        // Nobody reads the rest, and nothing must wait for it to be read.
        thread::spawn(move || log.for_each(drop));
        Self {
            process,
            address: address.expect("it says where it listens"),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
