//! The key set's address answers with something else.

use std::time::Instant;

use crate::issuer::Answering;
use crate::memory::peak;
use crate::world::World;

/// notes-api keeps the last good keys, and neither reads 50 MB nor waits for ever.
pub(crate) async fn out_of_order(world: &mut World) {
    for answering in [
        Answering::Html,
        Answering::Nothing,
        Answering::Huge,
        Answering::HugeUnannounced,
        Answering::Slowly,
    ] {
        let mut fault = world.fault(&format!("JWKS answers: {answering:?}"), &[]);
        let before = peaks(world);
        for _ in 0..world.size.states {
            world.issuer.answer(answering);
            // Both replicas have asked, and again.
            world.issuer.has_answered(4);
            world.issuer.answer(Answering::Truly);
            world.recover(&mut fault, Instant::now()).await;
            world.issuer.has_answered(2);
        }
        let grown = peaks(world)
            .iter()
            .zip(&before)
            .map(|(after, before)| after - before)
            .max();
        let grown = grown.unwrap_or_default() >> 20;
        assert!(grown < 16, "a notes-api grew by {grown} MiB");
        fault.remarks = format!("memory +{grown} MiB");
        world.conclude(fault).await;
    }
}

fn peaks(world: &World) -> Vec<u64> {
    world.system.stack.notes_apis.iter().map(peak).collect()
}
