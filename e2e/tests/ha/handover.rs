//! Another machine becomes the primary.

use std::time::Instant;

use crate::world::{REFUSALS, World};

const TIMES: usize = 3;

/// The primary's machine dies. The standby takes over when the lock of the dead one has run out; nothing
/// that was acknowledged is lost; the dead one comes back as the standby.
pub(crate) async fn primary_killed(world: &mut World) {
    let mut fault = world.fault("primary killed (-9)", REFUSALS);
    for _ in 0..TIMES {
        let primary = world.cluster.is_whole().await;
        let killed = Instant::now();
        world.cluster.machines[primary].kill();
        world.recover(&mut fault, killed).await;
        world.check().await;
        world.cluster.machines[primary].start();
        assert_eq!(world.cluster.is_whole().await, 1 - primary);
    }
    world.conclude(fault).await;
}

/// The primary's Postgres dies, and Patroni beside it sees that: nobody has to wait for a lock.
pub(crate) async fn postgres_killed(world: &mut World) {
    let mut fault = world.fault("Postgres of the primary killed (-9)", REFUSALS);
    for _ in 0..TIMES {
        let primary = world.cluster.is_whole().await;
        let killed = Instant::now();
        world.cluster.machines[primary].kill_postgres();
        // Too soon for everyone to be put off meanwhile.
        world.cluster.is_led_by(1 - primary).await;
        fault.recover(&world.crowd, killed, Instant::now()).await;
        world.check().await;
    }
    world.conclude(fault).await;
}

/// An operator asks the standby to take over.
pub(crate) async fn switched_over(world: &mut World) {
    let mut fault = world.fault("switched over", REFUSALS);
    for _ in 0..TIMES {
        let primary = world.cluster.is_whole().await;
        let candidate = world.cluster.machines[1 - primary].name.clone();
        let began = Instant::now();
        let wanted = ["switchover", "--candidate", &candidate, "--force"];
        world.cluster.control(primary, &wanted).await;
        world.cluster.is_led_by(1 - primary).await;
        let ended = Instant::now();
        fault.recover(&world.crowd, began, ended).await;
        world.check().await;
    }
    world.conclude(fault).await;
}
