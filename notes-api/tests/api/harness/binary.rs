//! The binary itself, as operators run it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
};

/// A running notes API in a process of its own, killed when dropped.
pub(crate) struct Binary {
    process: Child,
    address: SocketAddr,
    rest_of_log: Option<JoinHandle<Vec<String>>>,
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
        let address = log.by_ref().find_map(|line| {
            let line = line.unwrap();
            let (_, address) = line.split_once("http://")?;
            Some(address.trim_end_matches(r#""}"#).parse().unwrap())
        });
        // Whether anybody wants the rest or not, nothing must wait for it to be read.
        let rest_of_log = thread::spawn(move || log.map(Result::unwrap).collect());
        Self {
            process,
            address: address.expect("it says where it listens"),
            rest_of_log: Some(rest_of_log),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and returns the lines that it has logged since it said where it listens.
    pub(crate) fn log(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.rest_of_log.take().unwrap().join().unwrap()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
