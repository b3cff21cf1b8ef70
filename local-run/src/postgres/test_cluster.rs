//! The cluster that tests share.

use std::sync::LazyLock;

use anyhow::{Result, anyhow};

use super::{Cluster, Server};

/// Names a superuser's URL of the Postgres that tests use: `postgres://user:password@host:port/postgres`.
/// `local-run with-postgres -- COMMAND` sets it for the command.
pub const TEST_POSTGRES_VARIABLE: &str = "LATCHKEY_TEST_POSTGRES";

/// The server that all tests of this process use: the one that [`TEST_POSTGRES_VARIABLE`] names, or a
/// temporary cluster that starts at the first call and ends with the process.
///
/// # Errors
///
/// When the variable holds no URL, or the cluster does not start.
pub fn shared_test_server() -> Result<&'static Server> {
    static SHARED: LazyLock<Result<Shared>> = LazyLock::new(Shared::find_or_start);
    match &*SHARED {
        Ok(Shared::Given(server)) => Ok(server),
        Ok(Shared::Own(cluster)) => Ok(cluster.server()),
        Err(error) => Err(anyhow!("no Postgres for the tests: {error:#}")),
    }
}

enum Shared {
    Given(Server),
    /// Never dropped, being in a static: the kernel stops it when this process ends.
    Own(Box<Cluster>),
}

impl Shared {
    #[expect(
        clippy::disallowed_methods,
        reason = "a variable for test runs, not a setting"
    )]
    fn find_or_start() -> Result<Self> {
        match std::env::var(TEST_POSTGRES_VARIABLE) {
            Ok(url) => Ok(Self::Given(Server::from_superuser_url(&url)?)),
            Err(_) => Ok(Self::Own(Box::new(Cluster::start_temporary()?))),
        }
    }
}
