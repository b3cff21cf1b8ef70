alter table users
    add column is_administrator boolean not null default false,
    add column disabled_reason text
        constraint users_disabled_reason_length check (length(disabled_reason) between 1 and 200),
    add column password_expires_at timestamptz;

comment on column users.is_administrator is 'Whether this person may open sessions with the scope auth:admin.';
comment on column users.disabled_reason is 'Why, in an administrator''s words; of no meaning while disabled_at is null.';
-- The release before this one knows no temporary passwords: none are to be set before all replicas are new.
comment on column users.password_expires_at is 'Set for a temporary password: until then it may be exchanged for one of the person''s own, and for nothing else. Null for a password of their own.';

-- What an administrator types is the beginning of a name, and the database's locale sorts otherwise. Not made
-- concurrently: that waits for every transaction, among them one that waits for the lock that migrations hold.
create index users_username_beginning on users (username text_pattern_ops);
create index users_email_beginning on users (email text_pattern_ops);

alter table sessions add column scope text;

comment on column sessions.scope is 'What the access tokens of this session permit, if less or something else than usual was asked for at its login; null for the usual.';

-- Not validated: nothing in the table can break it, and a scan would hold up who refreshes.
alter table sessions
    drop constraint sessions_revoke_reason_known,
    add constraint sessions_revoke_reason_known check (
        revoke_reason in (
            'logout', 'revoked', 'replaced', 'reuse', 'password_changed', 'user_disabled', 'account_deleted',
            'administrator'
        )
    ) not valid;
