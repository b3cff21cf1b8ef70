//! The statement that rotates.

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types,
};
use ipnet::IpNet;

/// The statement of [`rotate`](super::rotate).
///
/// It is a query fragment of its own because Diesel prepares and caches those whose SQL never
/// changes, which it does for neither `sql_query` nor an update that joins another table.
pub(super) struct Rotate<'a> {
    pub(super) handle: &'a [u8],
    pub(super) generation: i64,
    pub(super) window: i64,
    pub(super) idle: i64,
    pub(super) ip: IpNet,
    pub(super) user_agent: Option<&'a str>,
}

impl QueryFragment<Pg> for Rotate<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "update sessions set
                generation = generation + 1,
                rotated_at = now(),
                idle_expires_at = least(absolute_expires_at, now() + interval '1 millisecond' * ",
        );
        out.push_bind_param::<sql_types::BigInt, _>(&self.idle)?;
        out.push_sql("), ip = ");
        out.push_bind_param::<sql_types::Inet, _>(&self.ip)?;
        out.push_sql(", user_agent = ");
        out.push_bind_param::<sql_types::Nullable<sql_types::Text>, _>(&self.user_agent)?;
        out.push_sql(" from users where handle = ");
        out.push_bind_param::<sql_types::Binary, _>(self.handle)?;
        out.push_sql(" and generation = ");
        out.push_bind_param::<sql_types::BigInt, _>(&self.generation)?;
        out.push_sql(
            " and revoked_at is null
              and idle_expires_at > now()
              and (rotated_at is null or rotated_at + interval '1 millisecond' * ",
        );
        out.push_bind_param::<sql_types::BigInt, _>(&self.window)?;
        out.push_sql(
            " <= now()) and users.id = user_id and disabled_at is null
             returning sessions.id, generation, sessions.created_at, idle_expires_at, now(),
                users.id, username, email, full_name, scope",
        );
        Ok(())
    }
}

impl QueryId for Rotate<'_> {
    type QueryId = Rotate<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Rotate<'_> {
    type SqlType = (
        sql_types::Uuid,
        sql_types::BigInt,
        sql_types::Timestamptz,
        sql_types::Timestamptz,
        sql_types::Timestamptz,
        sql_types::Uuid,
        sql_types::Text,
        sql_types::Text,
        sql_types::Nullable<sql_types::Text>,
        sql_types::Nullable<sql_types::Text>,
    );
}

impl RunQueryDsl<PgConnection> for Rotate<'_> {}
