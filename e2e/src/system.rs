//! A running Latchkey: private Postgres, two replicas of each service, nginx.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use local_run::port;
use local_run::postgres::Service;
use local_run::stack::{Stack, StackSettings};
use local_run::temporary::TemporaryDirectory;
use local_run::wait;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::client::{Client, PASSWORD};
use crate::database::AuthDatabase;
use crate::programs;

/// The cookie that notes-api accepts access tokens in, here.
pub const ACCESS_COOKIE: &str = "__Host-access_token";

/// A Latchkey. Dropped, it is stopped and its directory removed.
pub struct System {
    /// All that runs.
    pub stack: Stack,
    /// What it was started with.
    pub settings: StackSettings,
    /// Removed after the stack has stopped.
    _directory: TemporaryDirectory,
}

/// A system and the right to load the machine with it. In the end its logs are searched: whatever a test
/// did, they hold no secret (R58).
pub struct Turn<P: Deref<Target = System>> {
    system: P,
    _right: Right,
}

#[expect(dead_code, reason = "held, for as long as a test runs")]
enum Right {
    AmongOthers(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

static RIGHTS: RwLock<()> = RwLock::const_new(());

/// The system that tests share which break nothing, with the services' defaults. notes-api accepts the
/// access token's cookie there, and the gateway is not told to pass it on.
pub async fn shared() -> Turn<&'static System> {
    static SHARED: LazyLock<System> = LazyLock::new(|| {
        System::start(|settings| settings.set_notes("NOTES_ACCESS_COOKIE", ACCESS_COOKIE))
    });
    let right = Right::AmongOthers(RIGHTS.read().await);
    Turn {
        system: &SHARED,
        _right: right,
    }
}

/// Another one, whose grace window is short enough to be waited for.
pub async fn shared_with_a_short_window() -> Turn<&'static System> {
    static SHARED: LazyLock<System> =
        LazyLock::new(|| System::start(|settings| settings.set_auth("AUTH_REFRESH_GRACE", "4s")));
    let right = Right::AmongOthers(RIGHTS.read().await);
    Turn {
        system: &SHARED,
        _right: right,
    }
}

/// A system of a test's own, with two replicas of each service, after `change` has had its way with the
/// settings.
pub async fn start(change: impl FnOnce(&mut StackSettings)) -> Turn<Box<System>> {
    let right = Right::AmongOthers(RIGHTS.read().await);
    Turn {
        system: Box::new(System::start(change)),
        _right: right,
    }
}

/// The same while no other test runs: for a test that is about milliseconds.
pub async fn start_alone(change: impl FnOnce(&mut StackSettings)) -> Turn<Box<System>> {
    let right = Right::Alone(RIGHTS.write().await);
    Turn {
        system: Box::new(System::start(change)),
        _right: right,
    }
}

impl<P: Deref<Target = System>> Drop for Turn<P> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.system.assert_discreet();
        }
    }
}

impl<P: Deref<Target = System>> Deref for Turn<P> {
    type Target = System;

    fn deref(&self) -> &System {
        &self.system
    }
}

impl<P: DerefMut<Target = System>> DerefMut for Turn<P> {
    fn deref_mut(&mut self) -> &mut System {
        &mut self.system
    }
}

impl System {
    fn start(change: impl FnOnce(&mut StackSettings)) -> Self {
        let directory = TemporaryDirectory::new("e2e").unwrap();
        let mut settings = StackSettings::for_tests(directory.path()).unwrap();
        settings.auth_servers = 2;
        settings.notes_apis = 2;
        // The lowest cost there is, and no throttle: most of these tests are not about guessing passwords.
        settings.set_auth("AUTH_BCRYPT_COST", "10");
        settings.set_auth("AUTH_THROTTLE", "off");
        change(&mut settings);
        Self {
            stack: Stack::start(&settings).unwrap(),
            settings,
            _directory: directory,
        }
    }

    /// Starts all of it anew in the same directory and under the same address, whatever is left of it.
    pub fn start_again(&mut self, change: impl FnOnce(&mut StackSettings)) {
        let port = self.stack.gateway.port();
        self.settings.ports.gateway = Some(port);
        change(&mut self.settings);
        self.stack.stop().unwrap();
        // The workers of an nginx that was killed may take a moment longer than their master.
        wait::until(
            "freeing the gateway's port",
            Duration::from_secs(30),
            || Ok(port::is_free(port).then_some(())),
        )
        .unwrap();
        self.stack = Stack::start(&self.settings).unwrap();
    }

    /// Kills every process at once, as a power cut would.
    pub fn kill_everything(&mut self) {
        self.stack.postgres.kill();
        let services = self.stack.auth_servers.iter_mut();
        for daemon in services.chain(&mut self.stack.notes_apis) {
            daemon.kill();
        }
        self.stack.gateway.kill();
    }

    /// A client of the gateway. It belongs to the test's runtime, and so cannot be shared by tests.
    pub fn client(&self) -> Client {
        Client::new(self.stack.url())
    }

    /// The auth server's database.
    pub fn auth_database(&self) -> AuthDatabase {
        AuthDatabase::of(self.stack.postgres.server())
    }

    /// Runs a command of the auth server, as its operator does, and gives back what it said. It must succeed.
    #[track_caller]
    pub fn operate(&self, arguments: &[&str]) -> String {
        let server = self.stack.postgres.server();
        let mut command = Command::new(self.settings.binaries.path("auth-server"));
        command
            .args(arguments)
            .env_clear()
            .env(
                "AUTH_DATABASE_URL",
                server.service_url(Service::Auth, Service::Auth.database()),
            )
            .env(
                "AUTH_MASTER_KEYS_FILE",
                self.settings.directory.join("secrets/master-keys"),
            )
            .envs(self.settings.auth_environment.iter().cloned());
        programs::run(&mut command)
    }

    /// Where everything logs.
    pub fn log_directory(&self) -> PathBuf {
        self.settings.directory.join("log")
    }

    /// Fails if a log holds what looks like a token, or the password that tests register with.
    fn assert_discreet(&self) {
        let logs = std::fs::read_dir(self.log_directory())
            .into_iter()
            .flatten();
        for log in logs.flatten() {
            let text = std::fs::read(log.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            for secret in ["lkrt_", "lkdt_", "eyJ", PASSWORD] {
                let line = text.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "{} holds {secret}", log.path().display());
            }
        }
    }

    /// The lines that the gateway has logged, one for each request.
    pub fn access_log(&self) -> Vec<String> {
        let log = self.log_directory().join("gateway-access.log");
        let text = std::fs::read_to_string(log).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}
