//! Notes: what they consist of, what their owners do with them, and where they are kept.

pub mod content;
pub mod failure;
pub mod idempotency_key;
pub mod note;
pub mod owner;
pub mod page;
pub mod read;
pub mod search_query;
pub mod store;
pub mod version;
pub mod write;
