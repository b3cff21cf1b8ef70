//! What the OpenAPI documents of all services have in common: how a call is authorized, and the
//! problems that many calls answer with.

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::{
    Modify,
    openapi::{
        Content, HeaderBuilder, License, OpenApi, Ref, RefOr, Response, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// Adds the security scheme `access_token` to a document: a JWT as bearer token.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenScheme;

impl Modify for AccessTokenScheme {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// Leaves out the licence of a document whose crate names none, which utoipa writes without a name.
#[derive(Clone, Copy, Debug)]
pub struct DeclaredLicense;

impl Modify for DeclaredLicense {
    fn modify(&self, document: &mut OpenApi) {
        let declared = |license: &License| !license.name.is_empty();
        document.info.license = document.info.license.take().filter(declared);
    }
}

/// A problem that a call may be answered with, for the document.
#[derive(Clone, Copy, Debug)]
pub struct ProblemAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The codes, each with what it means.
    pub description: &'static str,
    /// `code` of the example.
    pub code: &'static str,
    /// `detail` of the example.
    pub detail: &'static str,
    /// A header that comes with it, and what it says.
    pub header: Option<(&'static str, &'static str)>,
}

impl ProblemAnswer {
    /// The answer as utoipa wants it, by its status.
    #[must_use]
    pub fn into_entry(self) -> (String, RefOr<Response>) {
        let mut example = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "request_id": "4f9c1d2b7a3e4f5d8c6b0a1928374655",
        });
        if self.status == StatusCode::UNPROCESSABLE_ENTITY {
            example["errors"] = json!([{
                "field": "title",
                "code": "too_long",
                "message": "A title has at most 200 characters.",
            }]);
        }
        let mut content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
        content.example = Some(example);
        let mut response = ResponseBuilder::new()
            .description(self.description)
            .content("application/problem+json", content);
        if let Some((name, description)) = self.header {
            let header = HeaderBuilder::new().description(Some(description)).build();
            response = response.header(name, header);
        }
        (self.status.as_str().to_owned(), response.build().into())
    }
}

/// Declares groups of [`ProblemAnswer`]s, to be named among the `responses` of a `utoipa::path`.
#[macro_export]
macro_rules! problem_groups {
    ($($(#[$meta:meta])* $name:ident { $($problem:expr),+ $(,)? })+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl ::utoipa::IntoResponses for $name {
                fn responses() -> ::std::collections::BTreeMap<
                    String,
                    ::utoipa::openapi::RefOr<::utoipa::openapi::Response>,
                > {
                    [$($problem),+].map($crate::openapi::ProblemAnswer::into_entry).into()
                }
            }
        )+
    };
}

/// A body, query or header that cannot be read; the same for all calls.
const MALFORMED: ProblemAnswer = ProblemAnswer {
    status: StatusCode::BAD_REQUEST,
    description: "`malformed_request`: the request cannot be read, or has an unknown or repeated \
                  member or parameter. `invalid_request`: it is not clear which access token it \
                  carries.",
    code: "malformed_request",
    detail: "In the JSON body: missing field `password` at line 1 column 20.",
    header: None,
};

problem_groups! {
    /// For calls that need an access token.
    CallerProblems {
        MALFORMED,
        ProblemAnswer {
            status: StatusCode::UNAUTHORIZED,
            description: "`missing_token`, `invalid_token` or `session_revoked`, with the challenge \
                          of RFC 6750.",
            code: "invalid_token",
            detail: "the token has expired",
            header: Some(("WWW-Authenticate", "The challenge of RFC 6750 section 3.")),
        },
        ProblemAnswer {
            status: StatusCode::FORBIDDEN,
            description: "`insufficient_scope`: the token does not permit this. \
                          `cross_site_request`: the token came in a cookie, and the request from a \
                          page of another site.",
            code: "insufficient_scope",
            detail: "this needs the scope notes:write",
            header: None,
        },
    }
    /// For calls with a body.
    BodyProblems {
        MALFORMED,
        ProblemAnswer {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            description: "`payload_too_large`: the body is longer than this call takes.",
            code: "payload_too_large",
            detail: "The body is longer than 32768 bytes.",
            header: None,
        },
        ProblemAnswer {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            description: "`unsupported_media_type`: the body is not announced as JSON.",
            code: "unsupported_media_type",
            detail: "The body must be JSON, sent with Content-Type: application/json.",
            header: None,
        },
    }
    /// For calls whose input is checked.
    ValidationProblem {
        ProblemAnswer {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            description: "`validation_failed`, with `errors` by field.",
            code: "validation_failed",
            detail: "Some of the input is not acceptable; see errors.",
            header: None,
        },
    }
    /// For things that may not exist.
    NotFoundProblem {
        ProblemAnswer {
            status: StatusCode::NOT_FOUND,
            description: "`not_found`: it does not exist, or is someone else's, which is not told.",
            code: "not_found",
            detail: "There is nothing here.",
            header: None,
        },
    }
    /// For calls that need something that may be away.
    ServerProblems {
        ProblemAnswer {
            status: StatusCode::SERVICE_UNAVAILABLE,
            description: "`unavailable`: the database, or the keys, are away. `overloaded`: too much \
                          at once. The call may be repeated.",
            code: "unavailable",
            detail: "The service cannot do this right now. Try again soon: nothing is lost by it.",
            header: Some(("Retry-After", "Seconds to wait before the next attempt.")),
        },
    }
}
