-- Roles, databases and privileges of Latchkey, for psql 15 or newer, run as a superuser. One file for
-- the local run, the tests and the compose file. Running it again changes nothing but the passwords.
--
-- Each service has two roles on a database of its own: the owner, which migrations run as, and the
-- service's, which reads and writes rows and can change no schema. Neither can connect to the other
-- service's database: notes-api cannot read auth data, whatever its code is made to do.

\set ON_ERROR_STOP on
\getenv auth_owner_password LATCHKEY_AUTH_OWNER_PASSWORD
\getenv auth_password LATCHKEY_AUTH_PASSWORD
\getenv notes_owner_password LATCHKEY_NOTES_OWNER_PASSWORD
\getenv notes_password LATCHKEY_NOTES_PASSWORD

-- A password that is missing is a syntax error at its `:'…'` below, never an empty password. Statements
-- with passwords stay out of the server's log even where that logs statements.
set log_statement = 'none';
set log_min_error_statement = 'panic';
set client_min_messages = 'warning';

select format('create role %I login', wanted.role)
  from (values ('latchkey_auth_owner'), ('latchkey_auth'),
               ('latchkey_notes_owner'), ('latchkey_notes')) as wanted (role)
 where not exists (select from pg_roles where rolname = wanted.role)
\gexec

alter role latchkey_auth_owner password :'auth_owner_password';
alter role latchkey_auth password :'auth_password';
alter role latchkey_notes_owner password :'notes_owner_password';
alter role latchkey_notes password :'notes_password';

-- The locale is fixed, so that text search folds case alike on every machine.
select format('create database %I owner %I template template0 encoding %L locale %L',
              wanted.name, wanted.name || '_owner', 'UTF8', 'C.UTF-8')
  from (values ('latchkey_auth'), ('latchkey_notes')) as wanted (name)
 where not exists (select from pg_database where datname = wanted.name)
\gexec

revoke all on database latchkey_auth, latchkey_notes from public;
grant connect on database latchkey_auth to latchkey_auth;
grant connect on database latchkey_notes to latchkey_notes;

-- The details of an error quote values of the row: of a second registration, the e-mail address. They stay
-- out of the server's log.
alter database latchkey_auth set log_error_verbosity = 'terse';
alter database latchkey_notes set log_error_verbosity = 'terse';

-- Migrations contain no grants: what their owner creates is the service's to use.
\connect latchkey_auth
revoke all on schema public from public;
grant usage on schema public to latchkey_auth;
alter default privileges for role latchkey_auth_owner in schema public
  grant select, insert, update, delete on tables to latchkey_auth;
alter default privileges for role latchkey_auth_owner in schema public
  grant usage, select on sequences to latchkey_auth;

\connect latchkey_notes
revoke all on schema public from public;
grant usage on schema public to latchkey_notes;
alter default privileges for role latchkey_notes_owner in schema public
  grant select, insert, update, delete on tables to latchkey_notes;
alter default privileges for role latchkey_notes_owner in schema public
  grant usage, select on sequences to latchkey_notes;
