//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderName, HeaderValue},
};
use shared_claims::actix::Problem;
use utoipa::IntoParams;
use uuid::Uuid;

use super::error::malformed_key;
use crate::notes::idempotency_key::IdempotencyKey;

/// The header's name.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What the client calls this request; `None` where it does not say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct GivenKey(pub(super) Option<IdempotencyKey>);

/// The header, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the document is made of it")]
pub(super) struct IdempotencyKeyHeader {
    /// A UUID that the client makes up for this note, and sends again with each attempt to make it; as it
    /// is, or in the quotes of a structured field. It is the caller's own: nobody else's key is ever the same
    /// one. It is good for as long as the note is there.
    #[param(rename = "Idempotency-Key", value_type = Uuid, required = false)]
    idempotency_key: Option<Uuid>,
}

/// Lines that are more than one, or one that is no UUID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

impl GivenKey {
    /// Reads all header lines of that name. The draft wants a string of RFC 8941 §3.3.3, which stands in
    /// quotes; many clients leave them out, and a UUID without them is taken for nothing else.
    pub(super) fn parse<'h>(
        lines: impl IntoIterator<Item = &'h HeaderValue>,
    ) -> Result<Self, Malformed> {
        let mut lines = lines.into_iter();
        let Some(line) = lines.next() else {
            return Ok(Self(None));
        };
        // Which of two is meant cannot be told, and the wrong one makes a second note or none.
        if lines.next().is_some() {
            return Err(Malformed);
        }
        let text = line.to_str().map_err(|_| Malformed)?;
        let unquoted = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let key = IdempotencyKey::parse(unquoted.unwrap_or(text)).ok_or(Malformed)?;
        Ok(Self(Some(key)))
    }
}

impl FromRequest for GivenKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let lines = request.headers().get_all(IDEMPOTENCY_KEY);
        ready(Self::parse(lines).map_err(|Malformed| malformed_key()))
    }
}
