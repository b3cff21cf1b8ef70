create table security_events (
    id uuid primary key,
    at timestamptz not null default now(),
    kind text not null,
    user_id uuid,
    session_id uuid,
    ip inet,
    user_agent text
);

create index security_events_user_id on security_events (user_id, id);

comment on table security_events is 'What happened to accounts and sessions, for their owners and for operators. Only added to; outlives the account.';
comment on column security_events.id is 'UUID v7, so that events sort by time.';
comment on column security_events.kind is 'registered, login, login_failed, refresh_reuse, ...';
comment on column security_events.user_id is 'Whom it concerns, as far as known; no foreign key, because events outlive accounts.';
