//! The tables of `migrations/auth-server`, for Diesel's query builder.

#![expect(
    missing_docs,
    reason = "tables and columns are documented in SQL, by `comment on`"
)]

diesel::table! {
    users (id) {
        id -> Uuid,
        username -> Text,
        email -> Text,
        full_name -> Nullable<Text>,
        password_hash -> Text,
        password_changed_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
        disabled_reason -> Nullable<Text>,
        is_administrator -> Bool,
        password_expires_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        handle -> Binary,
        user_id -> Uuid,
        generation -> BigInt,
        created_at -> Timestamptz,
        rotated_at -> Nullable<Timestamptz>,
        idle_expires_at -> Timestamptz,
        absolute_expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoke_reason -> Nullable<Text>,
        ip -> Inet,
        user_agent -> Nullable<Text>,
        scope -> Nullable<Text>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        public_key -> Binary,
        sealed_private_key -> Nullable<Binary>,
        master_key_id -> Nullable<Binary>,
        created_at -> Timestamptz,
        published_at -> Nullable<Timestamptz>,
        signs_from -> Nullable<Timestamptz>,
        activated_at -> Nullable<Timestamptz>,
        token_lifetime_seconds -> Integer,
        retired_at -> Nullable<Timestamptz>,
        published_until -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        gone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    peppers (id) {
        id -> SmallInt,
        sealed_secret -> Binary,
        master_key_id -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    security_events (id) {
        id -> Uuid,
        at -> Timestamptz,
        kind -> Text,
        user_id -> Nullable<Uuid>,
        session_id -> Nullable<Uuid>,
        ip -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
        details -> Nullable<Jsonb>,
    }
}

diesel::table! {
    revocations (session_id) {
        session_id -> Uuid,
        revoked_at -> Timestamptz,
    }
}

diesel::table! {
    background_tasks (name) {
        name -> Text,
        due_at -> Timestamptz,
        resume_after -> Nullable<Uuid>,
    }
}

diesel::table! {
    user_imports (file_digest) {
        file_digest -> Binary,
        format -> Text,
        begun_at -> Timestamptz,
        resume_offset -> BigInt,
        resume_line -> BigInt,
        report_path -> Binary,
        report_length -> BigInt,
        tally -> Jsonb,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, sessions);
