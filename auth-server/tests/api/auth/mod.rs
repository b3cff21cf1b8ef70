//! `/auth/…`

mod access_cookie;
mod access_token;
mod admin;
mod events;
mod login;
mod logout;
mod me;
mod password;
mod password_advice;
mod refresh;
mod register;
mod sessions;
mod verify;
