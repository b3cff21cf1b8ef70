-- The notes that are there, and those that the previous release goes on writing, have no key and are not
-- in the index: to build it, the table is read once.
alter table notes add column idempotency_key uuid;

create unique index notes_owner_idempotency_key on notes (owner, idempotency_key)
    where idempotency_key is not null;

comment on column notes.idempotency_key is 'What the client called the request that made the note, so that repeating it makes no other; null where it gave no name. Goes with the note.';
