//! Runs the whole of Latchkey on one machine: private Postgres, services, gateway; for people and for tests.
