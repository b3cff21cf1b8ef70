//! The auth server from outside: real HTTP, a real Postgres, a database per test. One file per
//! endpoint.

mod harness;

mod refresh;
