//! The OpenAPI 3.1 document of this service. The UI for it is served by the auth server.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;
use shared_claims::actix::{FieldError, ProblemBody};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        Content, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{health, note, notes};

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Latchkey notes API",
        description = "Notes that only their owner sees. Access tokens come from the auth server and \
                       are verified offline. Every error is `application/problem+json` (RFC 9457) \
                       with a stable `code`; so is 405 for a method that a path does not have, with \
                       `Allow`. HEAD is answered wherever GET is. Bodies may have 512 KiB, and one \
                       page of notes holds at most 1 MiB of their bodies. A note may be kept by a \
                       browser if it asks each time whether it is still good (`Cache-Control: \
                       private, no-cache`); `If-Match` and `If-None-Match` are honoured on every \
                       call for a single note (RFC 9110 section 13)."
    ),
    tags(
        (name = "notes", description = "One's own notes"),
        (name = "health", description = "For operators")
    ),
    paths(
        notes::list, notes::create, note::show, note::replace, note::delete,
        health::live, health::ready
    ),
    components(schemas(ProblemBody, FieldError)),
    modifiers(&AccessTokenScheme)
)]
pub struct ApiDoc;

struct AccessTokenScheme;

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

/// Serves the document.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok().json(ApiDoc::openapi())
}

/// The problems that a call may be answered with, for the document.
macro_rules! problems {
    ($($(#[$meta:meta])* $name:ident { $($problem:expr),+ $(,)? })+) => {
        $(
            $(#[$meta])*
            pub(super) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    [$($problem),+].map(ProblemAnswer::into_entry).into()
                }
            }
        )+
    };
}

problems! {
    /// For calls that need an access token, which all calls for notes do.
    CallerProblems {
        ProblemAnswer {
            status: "400",
            description: "`malformed_request`: the request cannot be read, or has an unknown or \
                          repeated member or parameter. `invalid_request`: it is not clear which \
                          access token it carries.",
            code: "malformed_request",
            detail: "In the JSON body: missing field `body` at line 1 column 20.",
            header: None,
        },
        ProblemAnswer {
            status: "401",
            description: "`missing_token` or `invalid_token`, with the challenge of RFC 6750.",
            code: "invalid_token",
            detail: "the token has expired",
            header: Some(("WWW-Authenticate", "The challenge of RFC 6750 section 3.")),
        },
        ProblemAnswer {
            status: "403",
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
        ProblemAnswer {
            status: "413",
            description: "`payload_too_large`: the body is longer than 512 KiB.",
            code: "payload_too_large",
            detail: "The body is longer than 524288 bytes.",
            header: None,
        },
        ProblemAnswer {
            status: "415",
            description: "`unsupported_media_type`: the body is not announced as JSON.",
            code: "unsupported_media_type",
            detail: "The body must be JSON, sent with Content-Type: application/json.",
            header: None,
        },
        INVALID_FIELDS,
    }
    /// For calls with parameters that are checked.
    QueryProblems { INVALID_FIELDS }
    /// For calls for one note.
    NoteProblems {
        ProblemAnswer {
            status: "404",
            description: "`not_found`: there is no such note, or it is someone else's, which is \
                          not told.",
            code: "not_found",
            detail: "There is nothing here.",
            header: None,
        },
        ProblemAnswer {
            status: "412",
            description: "`precondition_failed`: the note has another version than the request \
                          wants. Nothing was written.",
            code: "precondition_failed",
            detail: "The note has been written since. Read it again before changing it.",
            header: None,
        },
    }
    /// For calls that need the database and the keys, which all calls for notes do.
    ServerProblems {
        ProblemAnswer {
            status: "503",
            description: "`unavailable`: the database, or the keys to verify tokens with, are away. \
                          The call may be repeated.",
            code: "unavailable",
            detail: "The notes are out of reach right now.",
            header: Some(("Retry-After", "Seconds to wait before the next attempt.")),
        },
    }
}

const INVALID_FIELDS: ProblemAnswer = ProblemAnswer {
    status: "422",
    description: "`validation_failed`, with `errors` by field: `blank`, `too_long`, \
                  `invalid_character`, `out_of_range` or `invalid`.",
    code: "validation_failed",
    detail: "Some fields are not acceptable.",
    header: None,
};

/// A problem answer, for the document.
struct ProblemAnswer {
    status: &'static str,
    description: &'static str,
    /// Of the example.
    code: &'static str,
    /// Of the example.
    detail: &'static str,
    /// A header that comes with it, and what it says.
    header: Option<(&'static str, &'static str)>,
}

impl ProblemAnswer {
    fn into_entry(self) -> (String, RefOr<Response>) {
        let number: u16 = self.status.parse().unwrap_or_default();
        let title = StatusCode::from_u16(number)
            .ok()
            .and_then(|status| status.canonical_reason());
        let mut example = json!({
            "title": title,
            "status": number,
            "code": self.code,
            "detail": self.detail,
        });
        if self.code == INVALID_FIELDS.code {
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
        (self.status.to_owned(), response.build().into())
    }
}
