//! The two tokens: the access token that others verify, and the refresh token that only this server
//! reads.

pub mod access_token;
pub mod jws;
pub mod refresh_token;
