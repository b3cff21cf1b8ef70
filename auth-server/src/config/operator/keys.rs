//! `auth-server keys …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{super::KeySettings, CommandSettings};

/// `auth-server keys …`
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  auth-server keys list
  auth-server keys rotate
  auth-server keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
pub enum KeysCommand {
    /// List the signing keys, those that are gone too.
    List(ListKeys),
    /// Let a pending key sign from now on, without waiting for its time.
    Rotate(RotateKeys),
    /// Drop a key at once because it may be in other hands: whoever holds a token that it signed has to
    /// refresh.
    Revoke(RevokeKey),
    /// Take an RSA private key from a PEM file (PKCS#8 or PKCS#1, not encrypted) as a pending key.
    Import(ImportKey),
    /// Seal everything under the first of the master keys, so that the others can be taken away.
    Reseal(ResealKeys),
}

/// `auth-server keys list`
#[derive(Debug, Args)]
pub struct ListKeys {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,
}

/// What all commands need that change keys.
#[derive(Debug, Args)]
pub struct ReadyKeys {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// What keys are sealed with, and how long they live.
    #[command(flatten)]
    pub keys: KeySettings,
}

/// `auth-server keys rotate`
#[derive(Debug, Args)]
pub struct RotateKeys {
    /// Where, how to answer, and with which master keys.
    #[command(flatten)]
    pub ready: ReadyKeys,

    /// The key to use; by default the one that has waited longest.
    #[arg(allow_hyphen_values = true)]
    pub kid: Option<String>,
}

/// `auth-server keys revoke`
#[derive(Debug, Args)]
pub struct RevokeKey {
    /// Where, how to answer, and with which master keys.
    #[command(flatten)]
    pub ready: ReadyKeys,

    /// The key to drop.
    #[arg(allow_hyphen_values = true)]
    pub kid: String,
}

/// `auth-server keys import`
#[derive(Debug, Args)]
pub struct ImportKey {
    /// Where, how to answer, and with which master keys.
    #[command(flatten)]
    pub ready: ReadyKeys,

    /// The file.
    pub pem: PathBuf,
}

/// `auth-server keys reseal`
#[derive(Debug, Args)]
pub struct ResealKeys {
    /// Where, how to answer, and with which master keys.
    #[command(flatten)]
    pub ready: ReadyKeys,
}
