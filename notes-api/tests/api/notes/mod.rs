//! `/notes` and `/notes/{id}`

mod create;
mod delete;
mod list;
mod replace;
mod search;
mod show;
