//! People in and out by the file: what an operator does when an older system hands over, and when Latchkey
//! does.

pub mod export;
pub mod format;
pub mod import;
