//! Every query of an import.

pub mod progress;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{self, sql},
    prelude::*,
    sql_query, sql_types,
};
use uuid::Uuid;

use super::{batch::Wanted, person::Person};
use crate::users::{full_name::FullName, username::Username};

/// What imports lock ("latchimp" in ASCII).
const LOCK_KEY: i64 = i64::from_be_bytes(*b"latchimp");

/// How often the lock is tried, a tenth of a second apart: the connection of a run that was just killed may not have
/// ended yet.
const TRIES: usize = 20;

/// Lets statements take longer than those of a request, since nobody waits for an answer, and holds the lock of
/// imports until the connection ends. `false` if another import has it.
///
/// # Errors
///
/// A statement's failure.
pub fn prepare(connection: &mut PgConnection) -> QueryResult<bool> {
    bound(connection, "statement_timeout", "60s")?;
    // Whoever registers under a name of the file holds it up until their transaction ends.
    bound(connection, "lock_timeout", "30s")?;
    for _ in 0..TRIES {
        if try_lock(connection)? {
            return Ok(true);
        }
        sql_query("select pg_sleep(0.1)").execute(connection)?;
    }
    Ok(false)
}

fn try_lock(connection: &mut PgConnection) -> QueryResult<bool> {
    let lock = format!("pg_try_advisory_lock({LOCK_KEY})");
    diesel::select(sql::<sql_types::Bool>(&lock)).get_result(connection)
}

fn bound(connection: &mut PgConnection, setting: &str, value: &str) -> QueryResult<()> {
    sql_query("select set_config($1, $2, false)")
        .bind::<sql_types::Text, _>(setting)
        .bind::<sql_types::Text, _>(value)
        .execute(connection)
        .map(drop)
}

/// Now, by the database's clock.
///
/// # Errors
///
/// The statement's failure.
pub fn now(connection: &mut PgConnection) -> QueryResult<DateTime<Utc>> {
    diesel::select(dsl::now.into_sql::<sql_types::Timestamptz>()).get_result(connection)
}

/// Names that people have.
#[derive(Debug, Default)]
pub struct Taken {
    /// Their usernames.
    pub usernames: HashSet<String>,
    /// Their e-mail addresses.
    pub emails: HashSet<String>,
    /// Their ids.
    pub ids: HashSet<Uuid>,
}

/// Which of these names are taken: in a rehearsal also by those who were added in it.
///
/// # Errors
///
/// The statement's failure.
pub fn taken(
    connection: &mut PgConnection,
    rehearsal: bool,
    wanted: &Wanted<'_>,
) -> QueryResult<Taken> {
    let mut query = lookup("users");
    if rehearsal {
        query = format!("{query} union all {}", lookup(REHEARSAL));
    }
    let rows: Vec<TakenName> = sql_query(query)
        .bind::<sql_types::Array<sql_types::Text>, _>(&wanted.usernames)
        .bind::<sql_types::Array<sql_types::Text>, _>(&wanted.emails)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(&wanted.ids)
        .load(connection)?;
    let mut taken = Taken::default();
    for row in rows {
        taken.usernames.extend(row.username);
        taken.emails.extend(row.email);
        taken.ids.extend(row.id);
    }
    Ok(taken)
}

const REHEARSAL: &str = "user_import_rehearsals";

fn lookup(table: &str) -> String {
    format!(
        "select username, null::text as email, null::uuid as id from {table} where username = any ($1)
         union all select null, email, null from {table} where email = any ($2)
         union all select null, null, id from {table} where id = any ($3)"
    )
}

#[derive(QueryableByName)]
struct TakenName {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    username: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    email: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    id: Option<Uuid>,
}

/// Someone about to be added.
#[derive(Debug)]
pub struct NewPerson<'a> {
    /// Their own, or a new one.
    pub id: Uuid,
    /// Their own, or one that was made.
    pub username: Username,
    /// All else.
    pub person: &'a Person,
}

/// Adds people with one statement, and says how many. Whoever's name was taken a moment ago is left out.
///
/// # Errors
///
/// The statement's failure.
pub fn insert(connection: &mut PgConnection, people: &[NewPerson<'_>]) -> QueryResult<usize> {
    let ids: Vec<Uuid> = people.iter().map(|new| new.id).collect();
    let full_names: Vec<Option<&str>> = people
        .iter()
        .map(|new| new.person.full_name.as_ref().map(FullName::as_str))
        .collect();
    let created_at: Vec<_> = people.iter().map(|new| new.person.created_at).collect();
    let disabled: Vec<_> = people.iter().map(|new| new.person.disabled).collect();
    let text = |column: fn(&Person) -> &str| -> Vec<&str> {
        people.iter().map(|new| column(new.person)).collect()
    };
    let usernames: Vec<&str> = people.iter().map(|new| new.username.as_str()).collect();
    sql_query(
        "insert into users (id, username, email, full_name, password_hash, created_at, disabled_at)
         select id, username, email, full_name, password_hash, coalesce(created_at, now()),
                case when disabled then now() end
         from unnest($1, $2, $3, $4, $5, $6, $7)
              as new (id, username, email, full_name, password_hash, created_at, disabled)
         on conflict do nothing",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
    .bind::<sql_types::Array<sql_types::Text>, _>(usernames)
    .bind::<sql_types::Array<sql_types::Text>, _>(text(|person| person.email.as_str()))
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(full_names)
    .bind::<sql_types::Array<sql_types::Text>, _>(text(|person| person.password_hash.as_str()))
    .bind::<sql_types::Array<sql_types::Nullable<sql_types::Timestamptz>>, _>(created_at)
    .bind::<sql_types::Array<sql_types::Bool>, _>(disabled)
    .execute(connection)
}

/// Adds their names to the rehearsal, as [`insert`] would add the people.
///
/// # Errors
///
/// The statement's failure.
pub fn rehearse(connection: &mut PgConnection, people: &[NewPerson<'_>]) -> QueryResult<usize> {
    let ids: Vec<Uuid> = people.iter().map(|new| new.id).collect();
    let usernames: Vec<&str> = people.iter().map(|new| new.username.as_str()).collect();
    let emails: Vec<&str> = people.iter().map(|new| new.person.email.as_str()).collect();
    sql_query(format!(
        "insert into {REHEARSAL} (id, username, email)
         select * from unnest($1, $2, $3) on conflict do nothing"
    ))
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
    .bind::<sql_types::Array<sql_types::Text>, _>(usernames)
    .bind::<sql_types::Array<sql_types::Text>, _>(emails)
    .execute(connection)
}
