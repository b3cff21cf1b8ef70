//! Refreshes in a table of millions of sessions, and in one of a thousand.

use anyhow::Result;

use super::session_tables::{Shape, compare};
use crate::{figure::Figure, world::World};

const FEW: u32 = 1_000;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let many = world.effort.many_sessions;
    let shape = |name, sessions| Shape {
        name,
        sessions,
        change: None,
    };
    let comparison = compare(world, [shape("large", many), shape("small", FEW)])?;
    let figure = |percentile: f64| {
        comparison
            .figure(
                &format!("large-table-p{percentile}"),
                &format!("refresh in a table of {many} sessions, p{percentile}"),
                percentile,
            )
            .against(format!("in a table of {FEW}"))
            .at_most(1.2)
    };
    let [large, small] = &comparison.tables;
    let median = figure(50.0)
        .note(format!(
            "Sessions are picked at random from the whole table. It takes {} MB and its indexes {} MB; of the \
             blocks that refreshes need there, Postgres' buffers had {:.1} %, of the small table's {:.1} %.",
            large.table,
            large.indexes,
            large.found_in_buffers * 100.0,
            small.found_in_buffers * 100.0
        ))
        .note(comparison.costs())
        .plot(comparison.plot());
    Ok(vec![median, figure(99.0)])
}
