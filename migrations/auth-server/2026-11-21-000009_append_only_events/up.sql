-- Events are added to and read, and no more: whoever takes a service over cannot wipe its traces. Migrations
-- do not know the roles, so whatever was granted beyond that is taken back from whoever has it.
do $$
declare
    privilege record;
begin
    for privilege in
        select privilege_type as name,
               case grantee when 0 then 'public' else grantee::regrole::text end as grantee
        from pg_class, aclexplode(relacl)
        where oid = 'security_events'::regclass
          and grantee <> relowner
          and privilege_type not in ('SELECT', 'INSERT')
    loop
        execute format('revoke %s on security_events from %s', privilege.name, privilege.grantee);
    end loop;
end
$$;

-- Old events leave by this function alone, which runs with the rights of the table's owner and has a floor
-- that the caller cannot lower. Ids of version 7 begin with their time: the walk needs no index of its own.
-- They are made by the services, so what counts in the end is the database's own instant.
create function forget_security_events(older_than interval, at_most integer) returns bigint
    language plpgsql
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    bound timestamptz := now() - older_than;
    first_kept uuid;
    forgotten bigint;
begin
    -- In hours, since a day may have 25 of them.
    if bound > now() - interval '168 hours' then
        raise exception 'security events are kept for at least seven days'
            using errcode = 'invalid_parameter_value';
    end if;
    first_kept := rpad(
        lpad(to_hex((extract(epoch from greatest(bound, 'epoch')) * 1000)::bigint), 12, '0'), 32, '0'
    )::uuid;
    -- An array is made once; a subquery behind `in` may be evaluated once for each row, with a limit each time.
    delete from public.security_events
    where id = any (array(
        select id from public.security_events
        where id < first_kept and at < bound
        order by id
        limit least(at_most, 10000)
        for update skip locked
    ));
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;

comment on function forget_security_events is 'Deletes some of the events that are older than that, the oldest first, and says how many. Refuses less than seven days.';

revoke all on function forget_security_events from public;

-- Whoever adds events may have old ones forgotten. The instant is the database's: nobody can antedate an
-- event, or make one that never leaves.
do $$
declare
    recorder text;
begin
    for recorder in
        select grantee::regrole::text
        from pg_class, aclexplode(relacl)
        where oid = 'security_events'::regclass
          and grantee not in (0, relowner)
          and privilege_type = 'INSERT'
    loop
        execute format('grant execute on function forget_security_events to %s', recorder);
        execute format('revoke insert on security_events from %s', recorder);
        execute format(
            'grant insert (id, kind, user_id, session_id, ip, user_agent, details) on security_events to %s',
            recorder
        );
    end loop;
end
$$;

comment on table security_events is 'What happened to accounts and sessions, for their owners and for operators. Only added to, and forgotten by forget_security_events; outlives the account.';
