//! Refreshes in a table of sessions that is partitioned by the hash of the handle, and in a whole one.

use anyhow::Result;

use super::session_tables::{Shape, compare};
use crate::{figure::Figure, world::World};

const PARTITION: &str = include_str!("../../../docs/scaling/partition-sessions.sql");

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let sessions = world.effort.many_sessions;
    let shape = |name, change| Shape {
        name,
        sessions,
        change,
    };
    let comparison = compare(
        world,
        [shape("partitioned", Some(PARTITION)), shape("whole", None)],
    )?;
    let figure = |percentile: f64| {
        comparison
            .figure(
                &format!("partitioned-table-p{percentile}"),
                &format!("refresh among {sessions} sessions in sixteen partitions, p{percentile}"),
                percentile,
            )
            .against("in one table")
    };
    let [partitioned, whole] = &comparison.tables;
    let median = figure(50.0)
        .note(format!(
            "The partitions take {} MB and their indexes {} MB, the whole table {} MB and {} MB; of the blocks \
             that refreshes need, Postgres' buffers had {:.1} % and {:.1} %.",
            partitioned.table,
            partitioned.indexes,
            whole.table,
            whole.indexes,
            partitioned.found_in_buffers * 100.0,
            whole.found_in_buffers * 100.0
        ))
        .note(comparison.costs())
        .plot(comparison.plot());
    Ok(vec![median, figure(99.0)])
}
