//! A notes API of its own for each test, an issuer of tokens, and a client that knows what the
//! OpenAPI document allows.

mod binary;
mod call;
mod contract;
mod database;
mod issuer;
mod service;
mod thread;
mod token;

pub(crate) use binary::Binary;
pub(crate) use call::{Answer, Call, names};
pub(crate) use contract::DOCUMENT;
pub(crate) use database::Database;
pub(crate) use issuer::{Feed, Issuer, revocations};
pub(crate) use service::{TestService, path_of, titles};
pub(crate) use token::{ISSUER, SigningKey, claims_of};
