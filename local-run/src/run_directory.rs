//! The directory of a local run, `.local/`: at most one process runs Latchkey in it, and others can
//! find that process.
//!
//! | file | meaning |
//! |---|---|
//! | `lock` | locked by the running process, whose id it holds |
//! | `url` | the gateway's URL, while everything is up |
//! | `metrics` | the URLs of the services' figures, one to a line, as long |
//! | `auth-server` | the auth server's command line with the settings of this run, as long |
//! | `prometheus.yml` | a configuration for Prometheus that asks for them, as long |
//! | `log/` | a log for each part |
//! | `secrets/` | the auth server's master keys |
//! | `postgres/` | data |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The right to run in a directory. It ends with this value, or with the process.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    /// Unlocked when it is closed.
    _lock: File,
}

/// What the process that runs in a directory says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its id; `None` at the moments when it has the lock without having said so, or no longer.
    pub process_id: Option<i32>,
    /// The gateway's URL; `None` while things are starting or stopping.
    pub url: Option<String>,
    /// Where figures for Prometheus are.
    pub metrics: Vec<String>,
}

/// What others are told while everything is up.
#[derive(Debug, Clone, Default)]
pub struct Announcement {
    /// The gateway's URL.
    pub url: String,
    /// Where figures for Prometheus are.
    pub metrics: Vec<String>,
    /// A configuration for Prometheus.
    pub prometheus: String,
    /// A script that is the auth server's command line.
    pub operator: String,
}

/// Whether the directory is ours now.
#[derive(Debug)]
pub enum Claim {
    /// It is.
    Taken(RunDirectory),
    /// Another process runs in it.
    Refused(Running),
}

impl RunDirectory {
    /// Takes the directory, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used.
    pub fn claim(path: &Path) -> Result<Claim> {
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("lock"))
            .with_context(|| format!("cannot write to {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                remove_announcement(path)?;
                lock.set_len(0)?;
                lock.rewind()?;
                write!(lock, "{}", std::process::id())?;
                Ok(Claim::Taken(Self {
                    path: path.to_owned(),
                    _lock: lock,
                }))
            }
            Err(TryLockError::WouldBlock) => Ok(Claim::Refused(running(path, &mut lock)?)),
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock"),
        }
    }

    /// Who runs in the directory, if anyone does.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn occupant(path: &Path) -> Result<Option<Running>> {
        let Ok(mut lock) = File::open(path.join("lock")) else {
            return Ok(None);
        };
        match lock.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => running(path, &mut lock).map(Some),
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock"),
        }
    }

    /// Tells others that everything is up, and where.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub fn announce(&self, announcement: &Announcement) -> Result<()> {
        // The URL comes last: who finds it finds all.
        let texts = [
            announcement.metrics.join("\n"),
            announcement.prometheus.clone(),
            announcement.operator.clone(),
            format!("{}\n", announcement.url),
        ];
        for ((name, mode), text) in ANNOUNCED.into_iter().zip(texts) {
            self.put(name, mode, &text)
                .with_context(|| format!("cannot write the file {name}"))?;
        }
        Ok(())
    }

    fn put(&self, name: &str, mode: u32, text: &str) -> io::Result<()> {
        // Renamed, so that a reader finds the whole of it or nothing.
        let partial = self.path.join(format!("{name}.partial"));
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&partial)?;
        file.write_all(text.as_bytes())?;
        // A program that is open for writing cannot be run.
        drop(file);
        fs::rename(&partial, self.path.join(name))
    }

    /// Tells others that it is up no more.
    ///
    /// # Errors
    ///
    /// When the files cannot be removed.
    pub fn withdraw(&self) -> Result<()> {
        remove_announcement(&self.path)
    }
}

/// The files of an announcement and their modes, in the order in which they are written.
const ANNOUNCED: [(&str, u32); 4] = [
    ("metrics", 0o644),
    ("prometheus.yml", 0o644),
    // It knows a password.
    ("auth-server", 0o700),
    ("url", 0o644),
];

fn running(path: &Path, lock: &mut File) -> Result<Running> {
    let mut text = String::new();
    lock.read_to_string(&mut text)?;
    let process_id = text
        .trim()
        .parse()
        .ok()
        .filter(|process_id| has_open(*process_id, &path.join("lock")));
    let url = fs::read_to_string(path.join("url"))
        .ok()
        .map(|url| url.trim().to_owned());
    let metrics = fs::read_to_string(path.join("metrics")).unwrap_or_default();
    let metrics = metrics.lines().map(str::to_owned).collect();
    Ok(Running {
        process_id,
        url,
        metrics,
    })
}

/// Whether the id is the lock's holder's, and not left there by one that was killed: such a number may
/// be some innocent process's by now.
fn has_open(process_id: i32, file: &Path) -> bool {
    let Ok(file) = fs::canonicalize(file) else {
        return false;
    };
    fs::read_dir(format!("/proc/{process_id}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|target| target == file))
}

fn remove_announcement(path: &Path) -> Result<()> {
    for (name, _) in ANNOUNCED.into_iter().rev() {
        match fs::remove_file(path.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove the file {name}"));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_others_find_it() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(RunDirectory::occupant(directory.path()).unwrap(), None);
        let Claim::Taken(run) = RunDirectory::claim(directory.path()).unwrap() else {
            panic!("a fresh directory is taken")
        };
        let announcement = Announcement {
            url: "http://localhost:8080".to_owned(),
            metrics: vec!["http://127.0.0.1:9081/metrics".to_owned()],
            prometheus: "global: {}\n".to_owned(),
            operator: "#!/bin/sh\necho hello\n".to_owned(),
        };
        run.announce(&announcement).unwrap();
        let running = Running {
            process_id: i32::try_from(std::process::id()).ok(),
            url: Some(announcement.url),
            metrics: announcement.metrics,
        };
        assert_eq!(
            RunDirectory::occupant(directory.path()).unwrap(),
            Some(running.clone())
        );
        match RunDirectory::claim(directory.path()).unwrap() {
            Claim::Refused(other) => assert_eq!(other, running),
            Claim::Taken(_) => panic!("taken twice"),
        }
        let configuration = directory.path().join("prometheus.yml");
        assert_eq!(
            fs::read_to_string(&configuration).unwrap(),
            announcement.prometheus
        );

        run.withdraw().unwrap();
        assert!(!configuration.exists());
        drop(run);
        assert_eq!(RunDirectory::occupant(directory.path()).unwrap(), None);
        assert!(matches!(
            RunDirectory::claim(directory.path()).unwrap(),
            Claim::Taken(_)
        ));
    }

    #[test]
    fn the_url_of_a_run_that_was_killed_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("url"), "http://localhost:1\n").unwrap();
        let claim = RunDirectory::claim(directory.path()).unwrap();
        assert!(matches!(claim, Claim::Taken(_)));
        assert!(!directory.path().join("url").exists());
    }
}
