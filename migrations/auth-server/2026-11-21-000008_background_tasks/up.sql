-- Whoever holds a row's lock does the work; a replica that dies lets go of it.
create table background_tasks (
    name text primary key,
    due_at timestamptz not null,
    resume_after uuid
);

insert into background_tasks (name, due_at) values ('clean_up', now() + interval '1 hour');

comment on table background_tasks is 'Work that one replica does for all of them, one small transaction at a time.';
comment on column background_tasks.due_at is 'When the next step may be taken.';
comment on column background_tasks.resume_after is 'How far the present pass has come; null before its first step.';
