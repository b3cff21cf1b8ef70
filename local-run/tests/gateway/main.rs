//! The gateway's configuration, on a real nginx in front of small upstreams that record what they get.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bounds;
mod forwarding;
mod harness;
mod headers;
mod http2;
mod limits;
mod replay;
mod secure;
mod site;
mod smuggling;
mod tls;
