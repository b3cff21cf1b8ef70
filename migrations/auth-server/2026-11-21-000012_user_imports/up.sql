create table user_imports (
    file_digest bytea primary key
        constraint user_imports_file_digest_length check (octet_length(file_digest) = 32),
    format text not null
        constraint user_imports_format_known check (format in ('json-lines', 'csv')),
    begun_at timestamptz not null default now(),
    resume_offset bigint not null,
    resume_line bigint not null,
    report_path bytea not null,
    report_length bigint not null,
    tally jsonb not null,
    finished_at timestamptz
);

-- A dry run adds names here, in a transaction that it rolls back, so as to say what a real one would. Nothing of
-- it is worth a log of changes.
create unlogged table user_import_rehearsals (
    id uuid primary key,
    username text not null
        constraint user_import_rehearsals_username_key unique,
    email text not null
        constraint user_import_rehearsals_email_key unique
);

comment on table user_imports is 'How far each file of people has come, so that an import which was broken off goes on from there, and none is done twice.';
comment on column user_imports.file_digest is 'SHA-256 of the file.';
comment on column user_imports.resume_offset is 'Bytes of the file that are done, written in the transaction that added their people.';
comment on column user_imports.resume_line is 'Lines of the file that are done.';
comment on column user_imports.report_path is 'Where the last run wrote its report of refused lines: the bytes of an absolute path on the machine it ran on.';
comment on column user_imports.report_length is 'Bytes of that report that belong to what is done.';
comment on column user_imports.tally is 'How many people were added, and how many lines refused for which reason.';
comment on column user_imports.finished_at is 'When the last line was done; null while there are more.';
comment on table user_import_rehearsals is 'Always empty to all but a dry run of an import, which holds its people against each other here.';
comment on column users.id is 'The sub claim of access tokens: UUID v7, or whatever an imported person had before.';
comment on column users.password_hash is 'lk1.<pepper id> followed by a bcrypt hash of the peppered password; or, from an older system and upgraded at the next login, a plain bcrypt hash or bcrypt_sha256$ and the bcrypt hash of a SHA-256 in hexadecimal; or ! for someone without a password.';
