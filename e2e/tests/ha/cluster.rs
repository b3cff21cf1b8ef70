//! Two machines under Patroni, and the etcd that they agree by. One etcd is enough on one machine; where it can
//! die for good there are three.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use e2e::client::Client;
use local_run::daemon::Daemon;
use local_run::postgres::Server;
use local_run::secret;
use serde_json::Value;

use crate::etcd;
use crate::machine::{Machine, Passwords};

/// What a machine may take to become what it is to be; by far.
const PATIENCE: Duration = Duration::from_secs(100);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The cluster. Dropped, its machines stop, and then etcd.
pub(crate) struct Cluster {
    pub(crate) machines: [Machine; 2],
    pub(crate) etcd: Daemon,
    superuser_password: String,
}

/// What a machine is, as Patroni says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Primary,
    SynchronousStandby,
    Other,
}

impl Cluster {
    /// Makes one in this directory, and waits until it has a standby that is synchronous.
    pub(crate) async fn start(directory: &Path) -> Self {
        let mut etcd = etcd::etcd(directory);
        etcd.start().unwrap();
        let passwords = Passwords {
            superuser: secret::password().unwrap(),
            replication: secret::password().unwrap(),
            rewind: secret::password().unwrap(),
            operator: secret::password().unwrap(),
            pooler: secret::password().unwrap(),
        };
        let machine = |name| Machine::new(directory, name, etcd.port(), &passwords);
        let mut machines = ["db1", "db2"].map(machine);
        for machine in &mut machines {
            machine.start();
        }
        let cluster = Self {
            machines,
            etcd,
            superuser_password: passwords.superuser,
        };
        cluster.is_whole().await;
        cluster
    }

    /// Whichever machine is the primary, as the services find it.
    pub(crate) fn server(&self) -> Server {
        let ports = self.machines.each_ref().map(|machine| machine.port);
        Server::primary_of(&ports, &self.superuser_password)
    }

    /// The same by the PgBouncer on each machine.
    pub(crate) fn pooled_server(&self) -> Server {
        let ports = self.machines.each_ref().map(|machine| machine.pooler.port);
        Server::primary_of(&ports, &self.superuser_password)
    }

    /// Waits until one machine is the primary and the other its synchronous standby. Which one is the
    /// primary.
    pub(crate) async fn is_whole(&self) -> usize {
        let wanted = [Role::Primary, Role::SynchronousStandby];
        self.until("a synchronous standby", |[first, second]| {
            let roles = [first, second];
            if roles == wanted {
                Some(0)
            } else {
                ([second, first] == wanted).then_some(1)
            }
        })
        .await
    }

    /// Waits until this machine is the primary.
    pub(crate) async fn is_led_by(&self, machine: usize) {
        let what = format!("{} as the primary", self.machines[machine].name);
        self.until(&what, |roles| {
            (roles[machine] == Role::Primary).then_some(())
        })
        .await;
    }

    /// Waits until this machine is the primary and has no standby that it would wait for.
    pub(crate) async fn is_alone(&self, machine: usize) {
        let what = format!("{} on its own", self.machines[machine].name);
        let other = 1 - machine;
        self.until(&what, |roles| {
            (roles[machine] == Role::Primary && roles[other] != Role::SynchronousStandby)
                .then_some(())
        })
        .await;
    }

    /// Runs `patronictl` with these arguments, where an operator would.
    pub(crate) async fn control(&self, machine: usize, arguments: &[&str]) -> Output {
        let mut command = self.machines[machine].control();
        command.args(arguments);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = run.await.unwrap();
        assert!(
            output.status.success(),
            "patronictl {arguments:?}: {output:?}"
        );
        output
    }

    async fn until<T>(&self, what: &str, wanted: impl Fn([Role; 2]) -> Option<T>) -> T {
        let look = async {
            loop {
                if let Some(found) = wanted(self.roles().await) {
                    return found;
                }
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, look).await;
        outcome.unwrap_or_else(|_| panic!("{what} took longer than {PATIENCE:?}"))
    }

    /// What the first machine that answers knows of both.
    async fn roles(&self) -> [Role; 2] {
        for machine in &self.machines {
            let asked = Client::new(machine.patroni.url()).get("/cluster");
            if let Ok(answer) = asked.try_send().await {
                let name_of = |machine: &Machine| role(&answer.body, &machine.name);
                return self.machines.each_ref().map(name_of);
            }
        }
        [Role::Other; 2]
    }
}

fn role(cluster: &Value, name: &str) -> Role {
    let members = cluster["members"].as_array().into_iter().flatten();
    let mut named = members.filter(|member| member["name"] == name);
    // Patroni 4 calls a standby that follows "streaming".
    match named
        .next()
        .map(|member| (&member["role"], &member["state"]))
    {
        Some((role, state)) if role == "leader" && state == "running" => Role::Primary,
        Some((role, state))
            if role == "sync_standby" && (state == "running" || state == "streaming") =>
        {
            Role::SynchronousStandby
        }
        _ => Role::Other,
    }
}
