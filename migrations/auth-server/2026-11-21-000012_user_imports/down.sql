drop table user_import_rehearsals;
drop table user_imports;

comment on column users.id is 'UUID v7; the sub claim of access tokens.';
comment on column users.password_hash is 'lk1.<pepper id> followed by a bcrypt hash of the peppered password, or a plain bcrypt hash from an older system, upgraded at the next login.';
