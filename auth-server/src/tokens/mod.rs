//! The access token, which others verify, and those that only this server reads: the refresh token and
//! the device token.

pub mod access_token;
mod authenticated_text;
pub mod device_token;
pub mod jws;
pub mod refresh_token;
pub mod scope;
