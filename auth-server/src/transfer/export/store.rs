//! The query of an export.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_query, sql_types};
use uuid::Uuid;

/// Someone, as stored.
#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = sql_types::Uuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = sql_types::Text)]
    pub(super) username: String,
    #[diesel(sql_type = sql_types::Text)]
    pub(super) email: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) full_name: Option<String>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub(super) created_at: DateTime<Utc>,
    #[diesel(sql_type = sql_types::Bool)]
    pub(super) disabled: bool,
    /// Read where it is asked for, and not otherwise; none for a temporary password, which would become a lasting one
    /// elsewhere.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) password_hash: Option<String>,
}

/// The people who follow that one, by id.
pub(super) fn page(
    connection: &mut PgConnection,
    after: Option<Uuid>,
    with_hashes: bool,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    sql_query(
        "select id, username, email, full_name, created_at, disabled_at is not null as disabled,
                case when $1 and password_expires_at is null then password_hash end as password_hash
         from users
         where $2 is null or id > $2
         order by id
         limit $3",
    )
    .bind::<sql_types::Bool, _>(with_hashes)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(after)
    .bind::<sql_types::BigInt, _>(limit)
    .load(connection)
}
