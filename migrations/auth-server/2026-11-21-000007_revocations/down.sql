alter table sessions
    drop constraint sessions_revoke_reason_known,
    add constraint sessions_revoke_reason_known check (
        revoke_reason in ('logout', 'revoked', 'replaced', 'reuse', 'password_changed', 'user_disabled')
    ) not valid;

drop table revocations;
