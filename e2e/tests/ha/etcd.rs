//! etcd, by which the machines agree who is the primary, and what happens while it is away.

use std::path::Path;
use std::time::{Duration, Instant};

use local_run::account::Account;
use local_run::daemon::Daemon;
use local_run::port;
use local_run::process::{Program, StopSignal};

use crate::settings::assert_names;
use crate::world::World;

const SETTINGS: &str = include_str!("../../../docker/ha/etcd.env.example");
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer than the primary's lock lasts.
const WHILE_IT_LASTS: Duration = Duration::from_secs(40);

/// Nobody notices: the primary reaches all other machines, and so knows that no other can have taken over.
pub(crate) async fn away(world: &mut World) {
    let mut fault = world.fault("etcd away for 40 s", &[]);
    let primary = world.cluster.is_whole().await;
    world.cluster.etcd.kill();
    tokio::time::sleep(WHILE_IT_LASTS).await;
    world.check().await;
    world.cluster.etcd.start().unwrap();
    let back = Instant::now();
    fault.recover(&world.crowd, back, back).await;
    assert_eq!(world.cluster.is_whole().await, primary);
    world.conclude(fault).await;
}

/// One of which there are no others, not yet started.
pub(crate) fn etcd(directory: &Path) -> Daemon {
    let [client, peer] = [(), ()].map(|()| port::free().unwrap());
    let [client_url, peer_url] = [client, peer].map(|port| format!("http://127.0.0.1:{port}"));
    let environment = [
        ("NAME", "etcd1"),
        ("DATA_DIR", directory.join("etcd").to_str().unwrap()),
        ("LISTEN_CLIENT_URLS", &client_url),
        ("ADVERTISE_CLIENT_URLS", &client_url),
        ("LISTEN_PEER_URLS", &peer_url),
        ("INITIAL_ADVERTISE_PEER_URLS", &peer_url),
        ("INITIAL_CLUSTER", &format!("etcd1={peer_url}")),
    ]
    .map(|(name, value)| (format!("ETCD_{name}"), value.to_owned()))
    .to_vec();
    assert_names(SETTINGS, &environment);
    let program = Program {
        name: "etcd".to_owned(),
        path: "etcd".into(),
        arguments: Vec::new(),
        environment,
        account: Account::own(),
        log: directory.join("etcd.log"),
        stop_signal: StopSignal::Terminate,
    };
    Daemon::new(program, client, "/health", STOP_TIMEOUT)
}
