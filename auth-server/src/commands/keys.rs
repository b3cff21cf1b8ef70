//! `auth-server keys …`

use std::{fmt::Write as _, fs, io::Write};

use diesel::PgConnection;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    CommandError, Outcome,
    answer::{answer, instant, table},
    connect,
};
use crate::{
    administration::keys::{KeyList, SigningKeyRecord},
    config::{ImportKey, KeysCommand, ListKeys, ReadyKeys, ResealKeys, RevokeKey, RotateKeys},
    events::Operator,
    keys::{
        administration::{self, Resealed, Revoked},
        rotation::KeyMaker,
    },
};

const OPERATOR: Operator = Operator::CommandLine;

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed, unless only the answer could not be written.
pub fn run(command: KeysCommand, out: &mut impl Write) -> Outcome {
    match command {
        KeysCommand::List(command) => list(command, out),
        KeysCommand::Rotate(command) => rotate(command, out),
        KeysCommand::Revoke(command) => revoke(command, out),
        KeysCommand::Import(command) => import(command, out),
        KeysCommand::Reseal(command) => reseal(command, out),
    }
}

fn list(command: ListKeys, out: &mut impl Write) -> Outcome {
    let records = administration::list(&mut connect(command.settings.database)?)?;
    let listed = KeyList::from(records);
    answer(out, command.settings.json, &listed, || {
        let rows: Vec<[String; 6]> = listed.keys.iter().map(row).collect();
        let head = [
            "KID",
            "STATE",
            "SIGNS FROM",
            "ACTIVE SINCE",
            "RETIRED",
            "GONE FROM",
        ];
        table(head, &rows)
    })
}

fn row(key: &SigningKeyRecord) -> [String; 6] {
    [
        key.kid.clone(),
        key.state.to_owned(),
        instant(key.signs_from),
        instant(key.activated_at),
        instant(key.retired_at),
        instant(key.gone_at.or(key.published_until)),
    ]
}

/// The name of a key that is now something else.
#[derive(Serialize)]
struct Named<'a> {
    kid: &'a str,
}

fn rotate(command: RotateKeys, out: &mut impl Write) -> Outcome {
    with_maker(command.ready, |connection, maker, json| {
        let kid = administration::rotate_now(connection, &OPERATOR, maker, command.kid.as_deref())?;
        answer(out, json, &Named { kid: &kid }, || {
            format!(
                "{kid} signs now. Every replica uses it within {:?}; what the key before it signed stays good.",
                maker.policy.look_again()
            )
        })
    })
}

fn revoke(command: RevokeKey, out: &mut impl Write) -> Outcome {
    let kid = &command.kid;
    with_maker(command.ready, |connection, maker, json| {
        let revoked = administration::revoke(connection, &OPERATOR, maker, kid)?;
        answer(out, json, &revoked, || describe_revocation(kid, &revoked))
    })
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

fn import(command: ImportKey, out: &mut impl Write) -> Outcome {
    let ImportKey { ready, pem } = command;
    let text = fs::read(&pem).map(Zeroizing::new);
    let text = text.map_err(|error| {
        let what = format!("{}: {error}", pem.display());
        CommandError::Failed(what.into())
    })?;
    with_maker(ready, |connection, maker, json| {
        let kid = administration::import(connection, &OPERATOR, maker, &text)?;
        answer(out, json, &Named { kid: &kid }, || {
            format!(
                "{kid} is pending: the servers publish it within seconds, and it may sign {:?} after that. Destroy the file.",
                maker.policy.lead()
            )
        })
    })
}

fn reseal(command: ResealKeys, out: &mut impl Write) -> Outcome {
    with_maker(command.ready, |connection, maker, json| {
        let resealed = administration::reseal(connection, &OPERATOR, maker)?;
        answer(out, json, &resealed, || {
            let Resealed { keys, peppers } = resealed;
            format!(
                "Sealed {keys} signing keys and {peppers} peppers anew; everything in the database is sealed under the current master key."
            )
        })
    })
}

fn with_maker(
    ready: ReadyKeys,
    work: impl FnOnce(&mut PgConnection, &KeyMaker<'_>, bool) -> Outcome,
) -> Outcome {
    let ReadyKeys { settings, keys } = ready;
    let master_keys = keys.master_keys()?;
    let maker = KeyMaker {
        master_keys: &master_keys,
        rsa_bits: keys.rsa_bits(),
        policy: keys.policy()?,
    };
    work(&mut connect(settings.database)?, &maker, settings.json)
}
