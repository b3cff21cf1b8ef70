//! Sessions that can be told from their number, so that neither side has to remember them.

use anyhow::Result;
use auth_server::tokens::refresh_token::{Generation, SessionHandle};
use aws_lc_rs::digest::{SHA256, digest};
use diesel::{PgConnection, connection::SimpleConnection};

/// Fills the tables, a person for each three sessions, as they would be after twenty days: rows and
/// `User-Agent` of the usual length, ids in the order of time, everyone still signed in.
pub(super) fn insert(database: &mut PgConnection, sessions: u32) -> Result<()> {
    let people = sessions / 3 + 1;
    let user = |number| version_7("user", number);
    // References are not looked up one by one: with a person missing, a refresh would fail. And indexes are
    // made when the rows are there, which takes a fraction of the time.
    database.batch_execute(&format!(
        "set session_replication_role = replica;
         update pg_index set indisready = false
         where indrelid in ('users'::regclass, 'sessions'::regclass);
         insert into users (id, username, email, full_name, password_hash)
         select {user}, 'person' || i, 'person' || i || '@example.org', 'Person ' || i,
                'lk1.1$2b$12$' || repeat('x', 53)
         from generate_series(0::bigint, {people} - 1) as i;
         insert into sessions (id, handle, user_id, generation, created_at, rotated_at, idle_expires_at,
                               absolute_expires_at, ip, user_agent)
         select {session}, substr(sha256(('session' || i)::bytea), 1, 16), {owner}, 1 + i % 90, since,
                since + (now() - since) / 2, now() + interval '1 day' * (1 + i % 6),
                since + interval '30 days', '198.51.100.0'::inet + i % 250,
                'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) '
                    || 'Chrome/1' || i % 40 || '.0.0.0 Safari/537.36'
         from generate_series(0::bigint, {sessions} - 1) as i,
              lateral (select now() - interval '20 days' * (1 - i / {sessions}::float8)) as at (since);
         reindex table users;
         reindex table sessions",
        user = user("i"),
        session = version_7("session", "i"),
        owner = user(&format!("(i % {people})")),
    ))?;
    Ok(())
}

/// SQL for the id of this kind and number: a time that goes with the number, and digits that look random.
fn version_7(kind: &str, number: &str) -> String {
    let digits = format!("md5('{kind}' || {number})");
    format!(
        "(lpad(to_hex(1790000000000 + {number} * 300), 12, '0') || '7' || substr({digits}, 1, 3) || '8'
          || substr({digits}, 4, 15))::uuid"
    )
}

/// The handle of a session.
pub(super) fn handle(number: u32) -> SessionHandle {
    let digest = digest(&SHA256, format!("session{number}").as_bytes());
    let mut bytes = [0; SessionHandle::LENGTH];
    bytes.copy_from_slice(&digest.as_ref()[..SessionHandle::LENGTH]);
    SessionHandle::from_bytes(bytes)
}

/// How often it had been refreshed when it was inserted.
pub(super) fn first_generation(number: u32) -> Generation {
    1 + Generation::from(number % 90)
}
