//! `/notes` and `/notes/{id}`

mod create;
mod create_again;
mod delete;
mod list;
mod malformed;
mod replace;
mod search;
mod show;
