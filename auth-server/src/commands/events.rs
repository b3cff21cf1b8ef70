//! `auth-server events …`

use std::io::Write;

use diesel::PgConnection;
use uuid::Uuid;

use super::{
    CommandError, Outcome,
    answer::{answer, instant, or_dash, table},
    connect, more, nobody,
};
use crate::{
    administration::{
        events::{self, EventFilter, EventList, EventRecord},
        page::{Cursor, PageSize},
        users,
    },
    config::{EventsCommand, EventsQuery, ExportEvents, ListEvents},
    events::Operator,
};

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed, unless only the answer could not be written.
pub fn run(command: EventsCommand, out: &mut impl Write) -> Outcome {
    match command {
        EventsCommand::List(command) => list(command, out),
        EventsCommand::Export(command) => export(command, out),
    }
}

fn list(command: ListEvents, out: &mut impl Write) -> Outcome {
    let mut connection = connect(command.settings.database)?;
    let filter = filter(&mut connection, &command.query)?;
    let start = command.page.cursor.unwrap_or(Cursor::START);
    let found = events::list(&mut connection, &filter, command.page.limit, start)?;
    let listed = EventList::from(found);
    answer(out, command.settings.json, &listed, || {
        let rows: Vec<[String; 6]> = listed.events.iter().map(row).collect();
        let head = ["AT", "KIND", "USER", "SESSION", "IP", "DETAILS"];
        table(head, &rows) + &more(listed.next_cursor.as_deref())
    })
}

fn row(event: &EventRecord) -> [String; 6] {
    let id = |id: Option<Uuid>| or_dash(id.map(|id| id.to_string()).as_deref());
    [
        instant(event.at),
        event.kind.clone(),
        id(event.user_id),
        id(event.session_id),
        or_dash(event.ip.map(|ip| ip.addr().to_string()).as_deref()),
        or_dash(event.details.as_ref().map(ToString::to_string).as_deref()),
    ]
}

fn export(command: ExportEvents, out: &mut impl Write) -> Outcome {
    let mut connection = connect(command.database)?;
    let filter = filter(&mut connection, &command.query)?;
    events::note_export(&mut connection, &Operator::CommandLine, &filter)?;
    let mut start = Some(Cursor::START);
    while let Some(from) = start {
        let page = events::list(&mut connection, &filter, PageSize::LARGEST, from)?;
        for event in &page.entries {
            serde_json::to_writer(&mut *out, event)?;
            writeln!(out)?;
        }
        start = page.next;
    }
    Ok(())
}

fn filter(connection: &mut PgConnection, query: &EventsQuery) -> Result<EventFilter, CommandError> {
    let user_id = match &query.user {
        // Events outlive accounts.
        Some(who) => match users::id_of(who) {
            Some(id) => Some(id),
            None => Some(users::find(connection, who).map_err(nobody(who))?),
        },
        None => None,
    };
    Ok(EventFilter {
        kind: query.kind,
        user_id,
        session_id: query.session,
        network: query.ip,
        since: query.since,
        until: query.until,
    })
}
