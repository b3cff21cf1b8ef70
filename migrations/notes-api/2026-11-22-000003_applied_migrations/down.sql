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
        execute format('grant %s on __diesel_schema_migrations to %s', privilege.name, privilege.grantee);
    end loop;
end
$$;
