//! Access tokens at the edge of an actix-web service: an extractor that proves them, and the
//! answers of RFC 6750 and RFC 9457 when it cannot.

mod authenticator;
mod bearer;
pub mod cookie;
mod extractor;
mod problem;
mod refusals;
pub mod same_origin;

pub use authenticator::Authenticator;
pub use bearer::refused;
pub use extractor::{AnyScope, Authorized, RequiredScope};
pub use problem::{FieldError, Problem, ProblemBody};
