//! What the tests share: a running Latchkey, a client of its gateway, a look into its databases, and
//! programs that run beside it.

pub(crate) mod client;
pub(crate) mod crowd;
pub(crate) mod database;
pub(crate) mod programs;
pub(crate) mod system;
