create table notes (
    id uuid primary key,
    owner text not null
        constraint notes_owner_length check (length(owner) between 1 and 255),
    title text not null
        constraint notes_title_length check (length(title) between 1 and 200),
    body text not null
        constraint notes_body_length check (length(body) <= 100000),
    version bigint not null default 1
        constraint notes_version_positive check (version > 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- Postgres's parser takes e-mail addresses, paths, numbers with signs, and hyphenated words as
    -- one lexeme, and drops what stands in angle brackets. People search for the words they see: so
    -- ASCII punctuation becomes spaces first, and accents one code point with their letter (NFC).
    search tsvector not null generated always as (
        to_tsvector(
            'pg_catalog.simple',
            translate(
                normalize(title || ' ' || body, nfc),
                $$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$$,
                repeat(' ', 32)
            )
        )
    ) stored
);

create index notes_owner_id on notes (owner, id desc);
create index notes_search on notes using gin (search);

comment on table notes is 'Notes, each of which only its owner sees.';
comment on column notes.id is 'UUID v7, so that newer notes have greater ids; lists go by it.';
comment on column notes.owner is 'The sub claim of the access token that the note was created with, in whatever form the issuer gives it.';
comment on column notes.title is '1 to 200 characters, at least one of them visible, none of them a control character.';
comment on column notes.body is 'At most 100000 characters; may be empty.';
comment on column notes.version is 'Number of times that the note was written; the entity tag is made of it.';
comment on column notes.updated_at is 'When title and body were last written.';
comment on column notes.search is 'The words of title and body in lower case, without stop words or stemming, which would need to know the language.';
