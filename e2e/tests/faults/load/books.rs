//! The ledgers of everyone, compared with the database.

use std::collections::HashMap;

use diesel::sql_types::{Array, BigInt, Bool, Text, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use local_run::postgres::{Server, Service};
use uuid::Uuid;

use super::account::Newcomer;
use super::notebook::Note;
use super::session::Session;
use super::tally::Tally;

/// What the databases must say.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) living: Vec<Session>,
    pub(crate) ended: Vec<Uuid>,
    pub(crate) newcomers: Vec<Newcomer>,
    pub(crate) kept: Vec<Note>,
    pub(crate) deleted: Vec<Uuid>,
}

#[derive(QueryableByName)]
struct SessionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    generation: i64,
    #[diesel(sql_type = Bool)]
    revoked: bool,
}

#[derive(QueryableByName)]
struct NoteRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    body: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Books {
    pub(super) fn add(&mut self, other: Self) {
        self.living.extend(other.living);
        self.ended.extend(other.ended);
        self.newcomers.extend(other.newcomers);
        self.kept.extend(other.kept);
        self.deleted.extend(other.deleted);
    }

    /// Complains about each acknowledged write that is not there.
    pub(crate) fn compare(&self, server: &Server, tally: &Tally) {
        self.compare_sessions(&mut connect(server, Service::Auth), tally);
        self.compare_notes(&mut connect(server, Service::Notes), tally);
    }

    fn compare_sessions(&self, database: &mut PgConnection, tally: &Tally) {
        let living = self.living.iter().map(|session| session.id);
        let ids: Vec<Uuid> = living.chain(self.ended.iter().copied()).collect();
        let rows: Vec<SessionRow> = sql_query(
            "select id, generation, revoked_at is not null as revoked
             from sessions where id = any ($1)",
        )
        .bind::<Array<SqlUuid>, _>(ids)
        .get_results(database)
        .unwrap();
        let rows: HashMap<Uuid, SessionRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        for session in &self.living {
            match rows.get(&session.id) {
                None => tally.lost(format!("the session {}", session.id)),
                Some(row) if row.revoked => {
                    tally.false_logout(format!("{} by the database", session.id));
                }
                // One generation for each successor that its holder was given, no more and no less.
                Some(row) if row.generation != session.successors => tally.lost(format!(
                    "rotations of {}: {} instead of {}",
                    session.id, row.generation, session.successors
                )),
                Some(_) => {}
            }
        }
        for id in &self.ended {
            // A row that is gone is no session either.
            if rows.get(id).is_some_and(|row| !row.revoked) {
                tally.lost(format!("the logout of {id}"));
            }
        }

        let wanted: Vec<Uuid> = self.newcomers.iter().map(|someone| someone.user).collect();
        let found = found(
            database,
            "select id from users where id = any ($1)",
            &wanted,
        );
        for id in wanted.iter().filter(|id| !found.contains(id)) {
            tally.lost(format!("the registration of {id}"));
        }
    }

    fn compare_notes(&self, database: &mut PgConnection, tally: &Tally) {
        let ids: Vec<Uuid> = self.kept.iter().map(|note| note.id).collect();
        let rows: Vec<NoteRow> =
            sql_query("select id, version, title, body from notes where id = any ($1)")
                .bind::<Array<SqlUuid>, _>(ids)
                .get_results(database)
                .unwrap();
        let stored: HashMap<Uuid, Note> = rows
            .into_iter()
            .map(Note::from)
            .map(|note| (note.id, note))
            .collect();
        for note in self
            .kept
            .iter()
            .filter(|note| stored.get(&note.id) != Some(note))
        {
            tally.lost(format!("the note {}, {}", note.id, note.entity_tag));
        }
        let undead = found(
            database,
            "select id from notes where id = any ($1)",
            &self.deleted,
        );
        for id in undead {
            tally.lost(format!("the deletion of {id}"));
        }
    }
}

impl From<NoteRow> for Note {
    fn from(row: NoteRow) -> Self {
        Self {
            id: row.id,
            entity_tag: format!("\"{}\"", row.version),
            title: row.title,
            body: row.body,
        }
    }
}

fn found(database: &mut PgConnection, query: &str, ids: &[Uuid]) -> Vec<Uuid> {
    let rows: Vec<Found> = sql_query(query)
        .bind::<Array<SqlUuid>, _>(ids)
        .get_results(database)
        .unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

fn connect(server: &Server, service: Service) -> PgConnection {
    PgConnection::establish(&server.superuser_url(service.database())).unwrap()
}
