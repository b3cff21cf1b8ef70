//! Keeps the issuer's key set fresh over HTTP.
