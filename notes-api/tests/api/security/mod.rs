//! Who may do what, from where.

mod access_cookie;
mod cross_origin;
mod owners;
mod revocations;
mod roles;
mod scopes;
mod tokens;
