//! The standby dies, for which each commit waits.

use std::time::Instant;

use crate::load::Whose;
use crate::world::{REFUSALS, World};

const TIMES: usize = 2;

/// Commits wait until Patroni has noticed; then the primary goes on alone, until the standby is back.
pub(crate) async fn killed(world: &mut World) {
    let mut fault = world.fault("standby killed (-9)", REFUSALS);
    for _ in 0..TIMES {
        let primary = world.cluster.is_whole().await;
        let killed = Instant::now();
        world.cluster.machines[1 - primary].kill();
        world.cluster.is_alone(primary).await;
        let alone = Instant::now();
        fault.recover(&world.crowd, killed, alone).await;
        world.check().await;
        world.cluster.machines[1 - primary].start();
        assert_eq!(world.cluster.is_whole().await, primary);
    }
    world.conclude(fault).await;
}

/// Where a standby is required, writes are put off until there is one again.
pub(crate) async fn required(world: &mut World) {
    let name = "standby killed (-9), synchronous_mode_strict";
    let mut fault = world.fault(name, REFUSALS);
    let primary = world.cluster.is_whole().await;
    require_a_standby(world, primary, true).await;
    let killed = Instant::now();
    world.cluster.machines[1 - primary].kill();
    world.crowd.refused_since(killed, Whose::Both).await;
    world.cluster.machines[1 - primary].start();
    world.cluster.is_whole().await;
    let back = Instant::now();
    fault.recover(&world.crowd, killed, back).await;
    require_a_standby(world, primary, false).await;
    world.conclude(fault).await;
}

async fn require_a_standby(world: &World, machine: usize, required: bool) {
    let setting = format!("synchronous_mode_strict={required}");
    let wanted = ["edit-config", "--set", &setting, "--force"];
    world.cluster.control(machine, &wanted).await;
}
