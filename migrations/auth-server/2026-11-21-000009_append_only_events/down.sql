comment on table security_events is 'What happened to accounts and sessions, for their owners and for operators. Only added to; outlives the account.';

drop function forget_security_events;

-- What every other table gives.
do $$
declare
    privilege record;
begin
    for privilege in
        select privilege_type as name,
               case grantee when 0 then 'public' else grantee::regrole::text end as grantee
        from pg_default_acl, aclexplode(defaclacl)
        where defaclrole = current_user::regrole
          and defaclnamespace = 'public'::regnamespace
          and defaclobjtype = 'r'
          and grantee <> defaclrole
    loop
        execute format('grant %s on security_events to %s', privilege.name, privilege.grantee);
    end loop;
end
$$;
