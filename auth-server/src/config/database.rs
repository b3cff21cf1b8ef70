//! Where the database is.

use clap::Args;
use service_runtime::settings::{DatabaseUrl, InvalidSetting};

pub(super) const DATABASE_URL: &str = "AUTH_DATABASE_URL";

/// Which database to migrate.
#[derive(Debug, Args)]
pub struct MigrateSettings {
    /// The database, as postgres://owner:password@host:port/name, with a role that may alter it.
    #[arg(long, env = DATABASE_URL, value_name = DATABASE_URL, hide_env_values = true)]
    database_url: DatabaseUrl,
}

impl MigrateSettings {
    /// The database, checked.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn database_url(self) -> Result<DatabaseUrl, InvalidSetting> {
        self.database_url.check(DATABASE_URL)
    }
}

/// Which database to serve from, or to administer.
#[derive(Debug, Args)]
pub struct ServiceDatabase {
    /// The database, as postgres://user:password@host:port/name.
    #[arg(long, env = DATABASE_URL, value_name = DATABASE_URL, hide_env_values = true)]
    database_url: DatabaseUrl,
}

impl ServiceDatabase {
    /// The database, checked.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`].
    pub fn url(self) -> Result<DatabaseUrl, InvalidSetting> {
        self.database_url.check(DATABASE_URL)
    }
}
