//! Preconditions of requests (RFC 9110 §13): `If-Match` and `If-None-Match`.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH},
};
use shared_claims::actix::Problem;
use utoipa::IntoParams;

use super::{
    entity_tag::{EntityTag, EntityTags},
    error::{malformed_precondition, precondition_failed},
};
use crate::notes::version::{Version, VersionCondition};

/// What a request demands of the note as it is now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Preconditions {
    if_match: VersionCondition,
    if_none_match: VersionCondition,
}

/// The header of a request that changes a note, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the document is made of it")]
pub(super) struct IfMatch {
    /// Entity tags of the note, as answers have them in `ETag`, or `*`.
    #[param(
        rename = "If-Match",
        value_type = String,
        required = false,
        pattern = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#
    )]
    if_match: Option<String>,
}

/// The header of a request that reads a note, for the document.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only the document is made of it")]
pub(super) struct IfNoneMatch {
    /// Entity tags of the note, as answers have them in `ETag`, or `*`.
    #[param(
        rename = "If-None-Match",
        value_type = String,
        required = false,
        pattern = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#
    )]
    if_none_match: Option<String>,
}

/// How a note is sent to someone who may have it already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sending {
    /// Whole.
    Whole,
    /// Not at all: 304.
    NotModified,
}

impl Preconditions {
    /// What a request that changes something demands, all in one.
    pub(super) fn for_change(self) -> VersionCondition {
        self.if_match.and(self.if_none_match)
    }

    /// How a note of this version is sent.
    ///
    /// # Errors
    ///
    /// 412 where `If-Match` does not hold.
    pub(super) fn for_reading(&self, version: Version) -> Result<Sending, Problem> {
        if !self.if_match.holds_for(version) {
            return Err(precondition_failed());
        }
        Ok(if self.if_none_match.holds_for(version) {
            Sending::Whole
        } else {
            Sending::NotModified
        })
    }

    fn from_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            if_match: match tags(headers, &IF_MATCH)? {
                // There is a note, or the request is answered with 404 before this is asked.
                None | Some(EntityTags::Any) => VersionCondition::Any,
                // Weak tags never match (RFC 9110 §13.1.1).
                Some(EntityTags::These(tags)) => {
                    let strong = tags.into_iter().filter(|tag| !tag.weak);
                    VersionCondition::OneOf(versions(strong))
                }
            },
            if_none_match: match tags(headers, &IF_NONE_MATCH)? {
                None => VersionCondition::Any,
                Some(EntityTags::Any) => VersionCondition::OneOf(Vec::new()),
                Some(EntityTags::These(tags)) => {
                    VersionCondition::NoneOf(versions(tags.into_iter()))
                }
            },
        })
    }
}

impl FromRequest for Preconditions {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::from_headers(request.headers()))
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<EntityTags>, Problem> {
    EntityTags::parse(headers.get_all(name)).map_err(|_| malformed_precondition(name))
}

fn versions(tags: impl Iterator<Item = EntityTag>) -> Vec<Version> {
    tags.filter_map(|tag| tag.version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::{StatusCode, header::HeaderValue};

    fn preconditions(headers: &[(HeaderName, &'static str)]) -> Preconditions {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_static(value));
        }
        Preconditions::from_headers(&map).unwrap()
    }

    /// Each row: the headers; whether version 2 may be changed; how it is sent.
    #[test]
    fn preconditions_decide_as_rfc_9110_has_it() {
        const MATCH: HeaderName = IF_MATCH;
        const NONE_MATCH: HeaderName = IF_NONE_MATCH;
        const FAILED: Option<Sending> = None;
        const WHOLE: Option<Sending> = Some(Sending::Whole);
        const NOT_MODIFIED: Option<Sending> = Some(Sending::NotModified);
        let table = [
            (&[][..], true, WHOLE),
            (&[(MATCH, "*")], true, WHOLE),
            (&[(MATCH, "\"2\"")], true, WHOLE),
            (&[(MATCH, "\"1\", \"2\"")], true, WHOLE),
            (&[(MATCH, "\"1\"")], false, FAILED),
            (&[(MATCH, "W/\"2\"")], false, FAILED),
            (&[(MATCH, "\"x\"")], false, FAILED),
            (&[(NONE_MATCH, "*")], false, NOT_MODIFIED),
            (&[(NONE_MATCH, "\"2\"")], false, NOT_MODIFIED),
            (&[(NONE_MATCH, "W/\"2\"")], false, NOT_MODIFIED),
            (&[(NONE_MATCH, "\"1\", \"3\"")], true, WHOLE),
            (&[(NONE_MATCH, "\"x\"")], true, WHOLE),
            (
                &[(MATCH, "\"2\""), (NONE_MATCH, "\"2\"")],
                false,
                NOT_MODIFIED,
            ),
            (&[(MATCH, "\"1\""), (NONE_MATCH, "\"2\"")], false, FAILED),
            (&[(MATCH, "\"2\""), (NONE_MATCH, "\"1\"")], true, WHOLE),
        ];
        let version = Version::new(2);
        for (headers, changed, sent) in table {
            let preconditions = preconditions(headers);
            let sending = preconditions.for_reading(version);
            if let Err(problem) = &sending {
                assert_eq!(problem.status(), StatusCode::PRECONDITION_FAILED);
            }
            assert_eq!(sending.ok(), sent, "{headers:?}");
            assert_eq!(
                preconditions.for_change().holds_for(version),
                changed,
                "{headers:?}"
            );
        }
    }
}
