//! `/auth/…`

mod access_cookie;
mod access_token;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod register;
mod sessions;
mod verify;
