//! People: their names, their passwords, and the table that holds them.

pub mod disabled_reason;
pub mod email;
pub mod full_name;
pub mod hashing_gate;
pub mod hashing_usage;
pub mod identifier;
mod one_line;
pub mod password;
pub mod password_hash;
pub mod passwords;
pub mod store;
pub mod temporary_password;
pub mod username;
