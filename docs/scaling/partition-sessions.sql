-- Partitions the sessions by the hash of their handle, which is what a refresh looks for: it then touches one
-- partition, and so does a rotation. Run as the owner of the schema while nobody writes to the table; the time is
-- that of copying it. No code changes, nor does any later migration that adds a column or loosens a check.
--
-- A key of a partitioned table holds what it is partitioned by: ids are unique for being random, not by an index.
begin;

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

commit;
