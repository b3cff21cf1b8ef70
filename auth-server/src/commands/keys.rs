//! `auth-server keys …`

use std::{fmt::Write, fs};

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::PgConnection;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Outcome, connect};
use crate::{
    config::{KeySettings, KeysCommand, ServiceDatabase},
    keys::{
        administration::{self, AdministrationError, Resealed, Revoked},
        life::Stage,
        rotation::KeyMaker,
        store::KeyRecord,
    },
};

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed.
pub fn run(command: KeysCommand) -> Outcome {
    match command {
        KeysCommand::List { database, json } => {
            let records = administration::list(&mut connect(&database.url()?)?)?;
            let keys: Vec<KeyListing> = records.into_iter().map(KeyListing::from).collect();
            if json {
                Ok(serde_json::to_string_pretty(&keys)?)
            } else {
                Ok(table(&keys))
            }
        }
        KeysCommand::Rotate {
            database,
            keys,
            kid,
        } => with_maker(database, &keys, |connection, maker| {
            let kid = administration::rotate_now(connection, maker, kid.as_deref())?;
            Ok(format!(
                "{kid} signs now. Every replica uses it within {:?}; what the key before it signed stays good.",
                maker.policy.look_again()
            ))
        }),
        KeysCommand::Revoke {
            database,
            keys,
            kid,
        } => with_maker(database, &keys, |connection, maker| {
            let revoked = administration::revoke(connection, maker, &kid)?;
            Ok(describe_revocation(&kid, &revoked))
        }),
        KeysCommand::Import {
            database,
            keys,
            pem,
        } => {
            let text = fs::read(&pem).map(Zeroizing::new);
            let text = text.map_err(|error| format!("{}: {error}", pem.display()))?;
            with_maker(database, &keys, |connection, maker| {
                let kid = administration::import(connection, maker, &text)?;
                Ok(format!(
                    "{kid} is pending: the servers publish it within seconds, and it may sign {:?} after that. Destroy the file.",
                    maker.policy.lead()
                ))
            })
        }
        KeysCommand::Reseal { database, keys } => {
            with_maker(database, &keys, |connection, maker| {
                let Resealed { keys, peppers } = administration::reseal(connection, maker)?;
                Ok(format!(
                    "Sealed {keys} signing keys and {peppers} peppers anew; everything in the database is sealed under the current master key."
                ))
            })
        }
    }
}

fn with_maker(
    database: ServiceDatabase,
    settings: &KeySettings,
    work: impl FnOnce(&mut PgConnection, &KeyMaker<'_>) -> Result<String, AdministrationError>,
) -> Outcome {
    let master_keys = settings.master_keys()?;
    let maker = KeyMaker {
        master_keys: &master_keys,
        rsa_bits: settings.rsa_bits(),
        policy: settings.policy()?,
    };
    Ok(work(&mut connect(&database.url()?)?, &maker)?)
}

fn describe_revocation(kid: &str, revoked: &Revoked) -> String {
    let mut text = format!(
        "{kid} is revoked. Who follows the revocation feed refuses its tokens within seconds, everyone else when their copy of the key set is older than its max-age. Refresh tokens stay good."
    );
    if let Some(promoted) = &revoked.promoted {
        let _ = write!(text, "\n{promoted} signs in its place.");
    }
    if revoked.early {
        let _ = write!(
            text,
            " It was not published for long yet: until they look again, some services may refuse its tokens."
        );
    }
    text
}

/// A key, as an operator sees it.
#[derive(Serialize)]
struct KeyListing {
    kid: String,
    state: &'static str,
    created_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    signs_from: Option<DateTime<Utc>>,
    activated_at: Option<DateTime<Utc>>,
    retired_at: Option<DateTime<Utc>>,
    published_until: Option<DateTime<Utc>>,
    gone_at: Option<DateTime<Utc>>,
}

impl From<KeyRecord> for KeyListing {
    fn from(record: KeyRecord) -> Self {
        let state = match (record.revoked_at, record.gone_at, record.life.stage()) {
            (Some(_), ..) => "revoked",
            (None, Some(_), _) => "gone",
            (None, None, Stage::Pending) => "pending",
            (None, None, Stage::Active) => "active",
            (None, None, Stage::Retiring) => "retiring",
        };
        let life = record.life;
        Self {
            kid: life.kid,
            state,
            created_at: life.created_at,
            published_at: life.published_at,
            signs_from: life.signs_from,
            activated_at: life.activated_at,
            retired_at: life.retired_at,
            published_until: life.published_until,
            gone_at: record.gone_at,
        }
    }
}

fn table(keys: &[KeyListing]) -> String {
    let mut text = format!(
        "{:<43}  {:<8}  {:<20}  {:<20}  {:<20}  {:<20}",
        "KID", "STATE", "SIGNS FROM", "ACTIVE SINCE", "RETIRED", "GONE"
    );
    for key in keys {
        let _ = write!(
            text,
            "\n{:<43}  {:<8}  {:<20}  {:<20}  {:<20}  {:<20}",
            key.kid,
            key.state,
            instant(key.signs_from),
            instant(key.activated_at),
            instant(key.retired_at),
            instant(key.gone_at.or(key.published_until)),
        );
    }
    text
}

fn instant(instant: Option<DateTime<Utc>>) -> String {
    instant.map_or_else(
        || "-".to_owned(),
        |instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}
