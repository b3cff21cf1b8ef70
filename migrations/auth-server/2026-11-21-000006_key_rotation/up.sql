-- The instants that must lie after a commit are null at first and set by a later transaction, which has
-- seen the row: no slow commit can shorten the time between.
alter table signing_keys
    alter column published_at drop not null,
    alter column published_at drop default,
    add column created_at timestamptz not null default clock_timestamp(),
    add column signs_from timestamptz,
    add column token_lifetime_seconds integer not null default 3600
        constraint signing_keys_token_lifetime_positive check (token_lifetime_seconds > 0),
    add column published_until timestamptz,
    add column revoked_at timestamptz,
    add constraint signing_keys_instants_in_order check (
        (signs_from is null or published_at is not null)
        and (published_until is null or retired_at is not null)
        and (revoked_at is null or gone_at is not null)
    );

update signing_keys set created_at = published_at;

comment on column signing_keys.created_at is 'When the key was made; pending keys take over in this order.';
comment on column signing_keys.published_at is 'When every replica could see the key: set by the first look that finds it here.';
comment on column signing_keys.signs_from is 'The key signs no sooner, so that whoever may keep an older key set for its max-age has fetched a newer one.';
comment on column signing_keys.token_lifetime_seconds is 'The longest lifetime that any replica gives the tokens it signs with this key. 3600, the most that is allowed, where nobody said.';
comment on column signing_keys.retired_at is 'When the key was told to sign no more.';
comment on column signing_keys.published_until is 'By then the last token that it signed has expired everywhere: set by the first look that finds the key retired.';
comment on column signing_keys.revoked_at is 'When an operator dropped the key in an emergency; what it signed is refused from then on.';
