update signing_keys set published_at = created_at where published_at is null;

alter table signing_keys
    drop constraint signing_keys_instants_in_order,
    drop column revoked_at,
    drop column published_until,
    drop column token_lifetime_seconds,
    drop column signs_from,
    drop column created_at,
    alter column published_at set default now(),
    alter column published_at set not null;
