//! Statements that are query fragments of their own, because Diesel prepares and caches those whose
//! SQL never changes, which it does for neither `sql_query` nor any update, that on a conflict included.

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as UuidType},
};
use uuid::Uuid;

use crate::notes::{
    note::NoteId,
    owner::Owner,
    version::{Version, VersionCondition},
};

/// How many bytes of bodies a page holds at the most, so that it cannot grow to a hundred times the
/// longest body. A single body is always shorter.
const PAGE_BODY_BYTES: i64 = 1024 * 1024;

/// Adds a row, or returns the one that its owner has under the same key.
///
/// A conflict writes the old row over with what stands in it. To do nothing and then look for the row
/// would miss one that is committed after the statement began, or deleted before the look; an update waits
/// for who is about to write or delete the row, and adds the new one if the old one went.
pub(super) struct Insert<'a> {
    pub(super) id: Uuid,
    pub(super) owner: &'a str,
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) idempotency_key: Option<Uuid>,
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("insert into notes (id, owner, title, body, idempotency_key) values (");
        out.push_bind_param::<UuidType, _>(&self.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(self.owner)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(self.title)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, _>(self.body)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<UuidType>, _>(&self.idempotency_key)?;
        out.push_sql(
            ") on conflict (owner, idempotency_key) where idempotency_key is not null
            do update set version = notes.version
            returning id, title, body, version, created_at, updated_at",
        );
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = Insert<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Insert<'_> {
    type SqlType = (UuidType, Text, Text, BigInt, Timestamptz, Timestamptz);
}

impl RunQueryDsl<PgConnection> for Insert<'_> {}

/// A page of notes, the newest first. Where the bodies up to and with that of a row are more than a
/// page may hold, the row comes without its body.
pub(super) struct List<'a> {
    pub(super) owner: &'a str,
    /// What the ids are less than.
    pub(super) bound: Uuid,
    pub(super) tsquery: Option<String>,
    /// Rows at the most.
    pub(super) limit: i64,
}

impl QueryFragment<Pg> for List<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "select id, title,
                case when sum(octet_length(body)) over (order by id desc rows unbounded preceding) <= ",
        );
        out.push_bind_param::<BigInt, _>(&PAGE_BODY_BYTES)?;
        out.push_sql(" then body end, version, created_at, updated_at from notes where owner = ");
        out.push_bind_param::<Text, _>(self.owner)?;
        out.push_sql(" and id < ");
        out.push_bind_param::<UuidType, _>(&self.bound)?;
        if let Some(tsquery) = &self.tsquery {
            // Which index is the better one depends on the words: a plan for all of them reads every
            // person's notes for a word as common as the first letter of one.
            out.unsafe_to_cache_prepared();
            out.push_sql(" and search @@ to_tsquery('pg_catalog.simple', normalize(");
            out.push_bind_param::<Text, _>(tsquery)?;
            out.push_sql(", nfc))");
        }
        out.push_sql(" order by id desc limit ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

/// Its text is not always the same.
impl QueryId for List<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for List<'_> {
    type SqlType = (
        UuidType,
        Text,
        Nullable<Text>,
        BigInt,
        Timestamptz,
        Timestamptz,
    );
}

impl RunQueryDsl<PgConnection> for List<'_> {}

/// One row, if it is this person's and its version is a wanted one.
///
/// Postgres checks the condition again on the row that it waited for, so that of two statements
/// that want the same version the second finds it gone.
pub(super) struct Target<'a> {
    id: Uuid,
    owner: &'a str,
    one_of: Option<Vec<i64>>,
    none_of: Vec<i64>,
}

impl<'a> Target<'a> {
    pub(super) fn new(owner: &'a Owner, id: NoteId, condition: &VersionCondition) -> Self {
        let numbers =
            |versions: &[Version]| versions.iter().copied().map(Version::number).collect();
        let (one_of, none_of) = match condition {
            VersionCondition::Any => (None, Vec::new()),
            VersionCondition::OneOf(versions) => (Some(numbers(versions)), Vec::new()),
            VersionCondition::NoneOf(versions) => (None, numbers(versions)),
        };
        Self {
            id: id.as_uuid(),
            owner: owner.as_str(),
            one_of,
            none_of,
        }
    }
}

impl QueryFragment<Pg> for Target<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(" where id = ");
        out.push_bind_param::<UuidType, _>(&self.id)?;
        out.push_sql(" and owner = ");
        out.push_bind_param::<Text, _>(self.owner)?;
        out.push_sql(" and version = any (coalesce(");
        out.push_bind_param::<Nullable<Array<BigInt>>, _>(&self.one_of)?;
        out.push_sql(", array[version])) and version <> all (");
        out.push_bind_param::<Array<BigInt>, _>(&self.none_of)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Writes a row anew.
pub(super) struct Replace<'a> {
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) target: Target<'a>,
}

impl QueryFragment<Pg> for Replace<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("update notes set title = ");
        out.push_bind_param::<Text, _>(self.title)?;
        out.push_sql(", body = ");
        out.push_bind_param::<Text, _>(self.body)?;
        out.push_sql(", version = version + 1, updated_at = now()");
        self.target.walk_ast(out.reborrow())?;
        out.push_sql(" returning id, title, body, version, created_at, updated_at");
        Ok(())
    }
}

impl QueryId for Replace<'_> {
    type QueryId = Replace<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Replace<'_> {
    type SqlType = (UuidType, Text, Text, BigInt, Timestamptz, Timestamptz);
}

impl RunQueryDsl<PgConnection> for Replace<'_> {}

/// Removes a row.
pub(super) struct Delete<'a>(pub(super) Target<'a>);

impl QueryFragment<Pg> for Delete<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("delete from notes");
        self.0.walk_ast(out.reborrow())
    }
}

impl QueryId for Delete<'_> {
    type QueryId = Delete<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Delete<'_> {}
