-- A refresh rewrites one row and touches no indexed column, so that with room left on the page the
-- update is heap-only (HOT) and no index grows with it.
create table sessions (
    id uuid primary key,
    handle bytea not null
        constraint sessions_handle_key unique
        constraint sessions_handle_length check (octet_length(handle) = 16),
    user_id uuid not null
        constraint sessions_user_id_fkey references users (id) on delete cascade,
    generation bigint not null default 0,
    created_at timestamptz not null default now(),
    rotated_at timestamptz,
    idle_expires_at timestamptz not null,
    absolute_expires_at timestamptz not null,
    revoked_at timestamptz,
    revoke_reason text
        constraint sessions_revoke_reason_known check (
            revoke_reason in ('logout', 'revoked', 'replaced', 'reuse', 'password_changed', 'user_disabled')
        ),
    ip inet not null,
    user_agent text,
    constraint sessions_idle_within_absolute check (idle_expires_at <= absolute_expires_at),
    constraint sessions_revoked_with_reason check ((revoked_at is null) = (revoke_reason is null)),
    constraint sessions_rotated_with_generation check ((rotated_at is null) = (generation = 0))
) with (fillfactor = 70);

create index sessions_user_id on sessions (user_id);

comment on table sessions is 'One sign-in on one device, and its refresh-token record: one row for its whole life.';
comment on column sessions.id is 'UUID v7; public, the sid claim of access tokens.';
comment on column sessions.handle is 'Secret: 128 random bits that stand here and in the refresh token only.';
comment on column sessions.generation is 'Number of rotations; the refresh token that carries this number is the current one.';
comment on column sessions.rotated_at is 'Birth of the current generation; null for the one from the login.';
comment on column sessions.idle_expires_at is 'The session ends then unless it is refreshed before; never later than absolute_expires_at.';
comment on column sessions.absolute_expires_at is 'The session ends then; no refresh extends it.';
comment on column sessions.revoke_reason is 'Why the session was ended before its time.';
comment on column sessions.ip is 'Where the last login or rotation came from.';
comment on column sessions.user_agent is 'The User-Agent of the last login or rotation, cut to 256 characters.';
