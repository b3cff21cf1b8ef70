-- Which migrations were applied is the owner's to write: whoever takes a service over cannot keep a later one from being
-- applied. Migrations do not know the roles, so whatever else was granted is taken back from whoever has it.
do $$
declare
    privilege record;
begin
    for privilege in
        select privilege_type as name,
               case grantee when 0 then 'public' else grantee::regrole::text end as grantee
        from pg_class, aclexplode(relacl)
        where oid = '__diesel_schema_migrations'::regclass
          and grantee <> relowner
          and privilege_type <> 'SELECT'
    loop
        execute format('revoke %s on __diesel_schema_migrations from %s', privilege.name, privilege.grantee);
    end loop;
end
$$;
