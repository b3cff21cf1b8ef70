//! Sessions: one sign-in on one device, from login to logout. The use cases that touch both people
//! and sessions are here as well.

pub mod caller;
pub mod change_password;
pub mod confirm;
pub mod delete_account;
pub mod devices;
pub mod ending;
pub mod grant;
pub mod history;
pub mod log_in;
pub mod log_out;
mod opening;
pub mod outcomes;
pub mod policy;
pub mod profile;
pub mod refresh;
pub mod register;
pub mod rotation;
pub mod store;
