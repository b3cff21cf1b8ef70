//! A private Postgres, and a database per test.
//!
//! - [`Cluster`]: a Postgres of this process's own, in a directory that persists or in a temporary one.
//! - [`Server`]: what a superuser does on a running Postgres: roles, databases, URLs.
//! - [`Proxy`]: stands between a service and Postgres, reads along, and can lose a connection.
//! - [`TestDatabase`]: a migrated database for one test, cloned from a template.
//!
//! Tests share one cluster. Under `make test` that is one for the whole run, named by the environment
//! variable [`TEST_POSTGRES_VARIABLE`]; a bare `cargo test` starts one for each test binary, which ends
//! with it.

mod cluster;
mod data_directory;
mod programs;
mod proxy;
mod server;
mod test_cluster;
mod test_database;

pub use cluster::{Cluster, ClusterSettings, Durability};
pub use programs::program_directory;
pub use proxy::Proxy;
pub use server::{Server, Service};
pub use test_cluster::{TEST_POSTGRES_VARIABLE, shared_test_server};
pub use test_database::TestDatabase;
