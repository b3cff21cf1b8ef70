//! What people have tried on verifiers of tokens, one row per attempt, each truly signed where the
//! signature is not the point.

mod algorithms;
mod claims;
mod headers;

use serde_json::Value;

use super::signer::{Signer, encode};

/// A token to be refused, or a control to be accepted.
pub(super) struct Row {
    pub(super) requirement: &'static str,
    pub(super) name: String,
    pub(super) token: String,
    /// What `examples/verify` says of it; `ok` for a control.
    pub(super) code: &'static str,
}

/// All that the rows are made of.
pub(super) struct Forge<'a> {
    pub(super) signer: &'a Signer,
    pub(super) stranger: Signer,
    /// Of an honest token: of a live session, issued at `now`.
    pub(super) claims: Value,
    pub(super) now: i64,
    /// Where a listener waits to be called.
    pub(super) listener: String,
}

impl Forge<'_> {
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = vec![row(
            "",
            "an honest token",
            self.signer.mint(&self.claims),
            "ok",
        )];
        rows.extend(self.algorithms());
        rows.extend(self.hmac_secrets());
        rows.extend(self.forms());
        rows.extend(self.keys_of_their_own());
        rows.extend(self.headers());
        rows.extend(self.key_names());
        rows.extend(self.mistyped_claims());
        rows.extend(self.audiences());
        rows.extend(self.instants());
        rows
    }

    fn header(&self, member: &str, value: impl Into<Value>) -> Value {
        let mut header = self.signer.header();
        header[member] = value.into();
        header
    }

    fn header_without(&self, member: &str) -> Value {
        let mut header = self.signer.header();
        header.as_object_mut().unwrap().remove(member);
        header
    }

    pub(super) fn with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[claim] = value;
        claims
    }

    /// What is signed of an honest token that names this algorithm.
    fn input(&self, alg: &str) -> String {
        let header = self.header("alg", alg).to_string();
        format!("{}.{}", encode(header), encode(self.claims.to_string()))
    }
}

fn row(requirement: &'static str, name: &str, token: String, code: &'static str) -> Row {
    Row {
        requirement,
        name: name.to_owned(),
        token,
        code,
    }
}
