//! The table of `migrations/notes-api`, for Diesel's query builder, and those migrations.

#![expect(
    missing_docs,
    reason = "tables and columns are documented in SQL, by `comment on`"
)]

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The schema that this binary was built for.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/notes-api");

diesel::table! {
    /// Notes. The search column is the database's own and left out here.
    notes (id) {
        id -> Uuid,
        owner -> Text,
        title -> Text,
        body -> Text,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        idempotency_key -> Nullable<Uuid>,
    }
}
