//! `auth-server sessions …`

use std::io::Write;

use serde::Serialize;
use uuid::Uuid;

use super::{
    Outcome,
    answer::{answer, instant, or_dash, table},
    connect, more, nobody,
};
use crate::{
    administration::{
        page::Cursor,
        sessions::{self, SessionFilter, SessionList, SessionRecord},
        users,
    },
    config::{ListSessions, RevokeSession, SessionsCommand},
    events::Operator,
};

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed, unless only the answer could not be written.
pub fn run(command: SessionsCommand, out: &mut impl Write) -> Outcome {
    match command {
        SessionsCommand::List(command) => list(command, out),
        SessionsCommand::Revoke(command) => revoke(command, out),
    }
}

fn list(command: ListSessions, out: &mut impl Write) -> Outcome {
    let mut connection = connect(command.settings.database)?;
    let user_id = match &command.user {
        Some(who) => Some(users::find(&mut connection, who).map_err(nobody(who))?),
        None => None,
    };
    let filter = SessionFilter {
        user_id,
        network: command.ip,
        ended: command.ended,
    };
    let start = command.page.cursor.unwrap_or(Cursor::START);
    let found = sessions::list(&mut connection, &filter, command.page.limit, start)?;
    let listed = SessionList::from(found);
    answer(out, command.settings.json, &listed, || {
        let rows: Vec<[String; 7]> = listed.sessions.iter().map(row).collect();
        let head = [
            "ID",
            "USERNAME",
            "LOGGED IN",
            "REFRESHED",
            "IP",
            "SCOPE",
            "ENDED",
        ];
        table(head, &rows) + &more(listed.next_cursor.as_deref())
    })
}

fn row(session: &SessionRecord) -> [String; 7] {
    [
        session.id.to_string(),
        session.username.clone(),
        instant(session.created_at),
        instant(session.refreshed_at),
        session.ip.addr().to_string(),
        or_dash(session.scope.as_deref()),
        match &session.revoke_reason {
            Some(reason) => reason.clone(),
            None if session.live => or_dash(None),
            None => "expired".to_owned(),
        },
    ]
}

/// What came of it.
#[derive(Serialize)]
struct Revoked {
    id: Uuid,
    was_live: bool,
}

fn revoke(command: RevokeSession, out: &mut impl Write) -> Outcome {
    let RevokeSession { settings, id } = command;
    let mut connection = connect(settings.database)?;
    let was_live = sessions::revoke(&mut connection, &Operator::CommandLine, id)?;
    answer(out, settings.json, &Revoked { id, was_live }, || {
        if was_live {
            format!(
                "{id} has ended. Who follows the revocation feed refuses its access tokens within seconds."
            )
        } else {
            format!("{id} had ended already.")
        }
    })
}
