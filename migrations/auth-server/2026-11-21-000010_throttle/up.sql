create table throttle_buckets (
    subject bytea primary key,
    full_at timestamptz not null
) with (fillfactor = 50);

create table throttle_failures (
    subject bytea primary key,
    failures integer not null
        constraint throttle_failures_not_negative check (failures >= 0),
    last_at timestamptz not null
) with (fillfactor = 50);

comment on table throttle_buckets is 'How often each network may still guess, or try to take a name, for all replicas.';
comment on column throttle_buckets.subject is 'HMAC of what is counted, so that this table tells nobody''s address.';
comment on column throttle_buckets.full_at is 'When all that was taken will be there again (the theoretical arrival time of GCRA); in the past, nothing is missing.';
comment on table throttle_failures is 'Guesses at one name, from one device or in one session that were not right, for all replicas.';
comment on column throttle_failures.subject is 'HMAC of what is counted, so that this table tells nobody''s name, and has the same rows for names that nobody has.';
comment on column throttle_failures.failures is 'Guesses since the last right one, those included that are being compared.';
comment on column throttle_failures.last_at is 'When the last one was let in. The next one waits longer the more there were.';
