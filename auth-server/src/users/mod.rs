//! People: their names, their passwords, and the table that holds them.

pub mod email;
pub mod full_name;
pub mod hashing_gate;
pub mod identifier;
pub mod password;
pub mod password_hash;
pub mod passwords;
pub mod store;
pub mod username;
