//! Live revocation: what this server tells resource servers, within half a second, of sessions that ended
//! before their time and of keys that were dropped.

pub mod feed;
pub mod publisher;
pub mod status;
pub mod store;
