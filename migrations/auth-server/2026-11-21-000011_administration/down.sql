-- The older release knows no session that an administrator ended.
update sessions set revoke_reason = 'revoked' where revoke_reason = 'administrator';

alter table sessions
    drop constraint sessions_revoke_reason_known,
    add constraint sessions_revoke_reason_known check (
        revoke_reason in (
            'logout', 'revoked', 'replaced', 'reuse', 'password_changed', 'user_disabled', 'account_deleted'
        )
    ) not valid;

-- Without its scope, a session would permit what it was not opened for.
update sessions set revoked_at = now(), revoke_reason = 'revoked' where scope is not null and revoked_at is null;
alter table sessions drop column scope;

drop index users_email_beginning;
drop index users_username_beginning;

-- The older release would take a temporary password for a person's own.
update users set password_hash = '!' where password_expires_at is not null;
alter table users
    drop column password_expires_at,
    drop column disabled_reason,
    drop column is_administrator;
