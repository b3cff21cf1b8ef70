//! Keys: the master keys from outside, and what the database keeps sealed under them.

pub mod administration;
pub mod first_start;
pub mod keeper;
pub mod key_ring;
pub mod life;
pub mod master_key;
pub mod pepper;
pub mod rotation;
pub mod signing_key;
pub mod status;
pub mod store;
