//! What the OpenAPI documents of all services have in common: how a call is authorized, and the
//! problems that many calls answer with.

use utoipa::{
    Modify,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// Adds the security scheme `access_token` to a document: a JWT as bearer token.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenScheme;

impl Modify for AccessTokenScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("access_token", SecurityScheme::Http(scheme));
    }
}

/// Declares groups of problem answers, to be named among the `responses` of a `utoipa::path`.
#[macro_export]
macro_rules! problem_responses {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($variant:ident = $status:literal $description:literal),+ }
    )+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, ::utoipa::IntoResponses)]
            pub enum $name {
                $(
                    #[doc = $description]
                    #[response(
                        status = $status,
                        description = $description,
                        content_type = "application/problem+json"
                    )]
                    $variant(#[to_schema] ::shared_claims::actix::ProblemBody),
                )+
            }
        )+
    };
}

problem_responses! {
    /// For calls that take a body.
    BodyProblems {
        Malformed = 400 "`malformed_request`: not the JSON expected, an unknown or repeated member.",
        TooLarge = 413 "`payload_too_large`.",
        WrongType = 415 "`unsupported_media_type`: not announced as JSON."
    }
    /// For calls whose input is checked.
    ValidationProblem {
        Invalid = 422 "`validation_failed`, with `errors` by field."
    }
    /// For calls that need an access token.
    BearerProblems {
        Malformed = 400 "`invalid_request`: credentials in no form of RFC 6750.",
        Refused = 401 "`missing_token`, `invalid_token` or `session_revoked`, with the challenge of RFC 6750."
    }
    /// For things that may not exist.
    NotFoundProblem {
        NotFound = 404 "`not_found`: it does not exist, or is someone else's."
    }
    /// For all calls.
    ServerProblems {
        Internal = 500 "`internal_error`.",
        Unavailable = 503 "`unavailable` or `overloaded`, with `Retry-After`."
    }
}
