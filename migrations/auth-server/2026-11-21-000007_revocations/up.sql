-- No reference to sessions: an entry outlives a deleted account.
create table revocations (
    session_id uuid primary key,
    revoked_at timestamptz not null default clock_timestamp()
);

create index revocations_revoked_at on revocations (revoked_at);

comment on column revocations.revoked_at is 'Close to the commit, since each look for new entries reaches back by a bounded time.';
comment on table revocations is 'Sessions ended before their time, for as long as an access token of theirs may live: what the revocation feed publishes.';

-- Those of the hour in which this migration runs.
insert into revocations (session_id, revoked_at)
select id, revoked_at from sessions where revoked_at > now() - interval '1 hour 1 minute';

-- Not validated: nothing in the table can break it, and a scan would hold up who refreshes.
alter table sessions
    drop constraint sessions_revoke_reason_known,
    add constraint sessions_revoke_reason_known check (
        revoke_reason in (
            'logout', 'revoked', 'replaced', 'reuse', 'password_changed', 'user_disabled', 'account_deleted'
        )
    ) not valid;
