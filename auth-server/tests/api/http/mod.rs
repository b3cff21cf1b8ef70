//! What is true of every path.

mod api_docs;
mod bad_input;
mod cross_origin;
mod headers;
mod host;
mod malformed;
mod methods;

/// Every call that takes a body.
const CALLS_WITH_A_BODY: &[(&str, &str)] = &[
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("PATCH", "/auth/me"),
    ("DELETE", "/auth/me"),
    ("POST", "/auth/password"),
    ("POST", "/auth/password/advice"),
];
