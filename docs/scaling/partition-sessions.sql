-- Partitions the sessions by the hash of their handle, which is what a refresh looks for: it then touches one
-- partition, and so does a rotation. Run as the owner of the schema (psql --set ON_ERROR_STOP=1). Nobody reads or writes
-- sessions meanwhile, and the time is that of copying them. No code changes, nor does any later migration that adds a
-- column or loosens a check.
--
-- A key of a partitioned table holds what it is partitioned by: ids are unique for being random, not by an index.
begin;
do $$
begin
    if current_user <> (select relowner::regrole::text from pg_class where oid = 'sessions'::regclass) then
        raise exception 'to be run by the owner of the sessions';
    end if;
end
$$;
lock table sessions in access exclusive mode;

create table sessions_by_handle (like sessions including comments including constraints including defaults)
    partition by hash (handle);

do $$
begin
    for part in 0..15 loop
        execute format(
            'create table sessions_%s partition of sessions_by_handle
                 for values with (modulus 16, remainder %s) with (fillfactor = 70)',
            part, part
        );
    end loop;
end
$$;

insert into sessions_by_handle select * from sessions;
drop table sessions;
alter table sessions_by_handle rename to sessions;

alter table sessions
    add primary key (id, handle),
    add constraint sessions_handle_key unique (handle),
    add constraint sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade;
create index sessions_user_id on sessions (user_id);

-- By its own reckoning Postgres would plan each refresh anew, which takes longer than the refresh. Leave this out where
-- services prepare no statements (AUTH_DATABASE_PREPARE=off): what is planned anew is better planned for its values.
do $$
begin
    execute format('alter database %I set plan_cache_mode = force_generic_plan', current_database());
end
$$;

commit;
