create table users (
    id uuid primary key,
    username text not null
        constraint users_username_key unique
        constraint users_username_form check (username ~ '^[a-z0-9_.-]{3,32}$'),
    email text not null
        constraint users_email_key unique
        constraint users_email_length check (length(email) <= 254),
    full_name text
        constraint users_full_name_length check (length(full_name) between 1 and 200),
    password_hash text not null,
    password_changed_at timestamptz not null default now(),
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

comment on table users is 'People who can sign in.';
comment on column users.id is 'UUID v7; the sub claim of access tokens.';
comment on column users.username is 'Lower-case; also accepted at login.';
comment on column users.email is 'Canonical form (ASCII local part in lower case, domain in its ASCII form); also accepted at login.';
comment on column users.password_hash is 'lk1.<pepper id> followed by a bcrypt hash of the peppered password, or a plain bcrypt hash from an older system, upgraded at the next login.';
comment on column users.disabled_at is 'When an administrator cut this person off; null while they may sign in.';
