//! Refresh tokens, names, passwords and the headers that tell who calls, nearly right.

mod client;
mod people;
mod refresh_token;
