//! What an operator asks for on the command line.

use std::path::PathBuf;

use clap::Subcommand;

use super::{KeySettings, ServiceDatabase};

/// `auth-server keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the signing keys, those that are gone too.
    List {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        /// As JSON, one array.
        #[arg(long)]
        json: bool,
    },
    /// Let a pending key sign from now on, without waiting for its time.
    Rotate {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        keys: KeySettings,
        /// The key to use; by default the one that has waited longest.
        #[arg(allow_hyphen_values = true)]
        kid: Option<String>,
    },
    /// Drop a key at once because it may be in other hands: whoever holds a token that it signed has to
    /// refresh.
    Revoke {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        keys: KeySettings,
        /// The key to drop.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Take an RSA private key from a PEM file (PKCS#8 or PKCS#1, not encrypted) as a pending key.
    Import {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        keys: KeySettings,
        /// The file.
        pem: PathBuf,
    },
    /// Seal everything under the first of the master keys, so that the others can be taken away.
    Reseal {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        keys: KeySettings,
    },
}

/// `auth-server users …`
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Keep someone out: they cannot sign in, and all their sessions end.
    Disable {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        /// Whom, by username or e-mail address.
        #[arg(allow_hyphen_values = true)]
        identifier: String,
    },
    /// Let someone in again.
    Enable {
        #[command(flatten)]
        #[expect(missing_docs, reason = "the settings say what they are")]
        database: ServiceDatabase,
        /// Whom, by username or e-mail address.
        #[arg(allow_hyphen_values = true)]
        identifier: String,
    },
}
