//! What is true of every path.

mod api_docs;
mod bad_input;
mod cross_origin;
mod headers;
mod host;
mod malformed;
mod methods;
