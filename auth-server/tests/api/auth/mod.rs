//! `/auth/…`

mod access_cookie;
mod access_token;
mod events;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod register;
mod sessions;
mod verify;
