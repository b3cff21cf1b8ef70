//! The OpenAPI 3.1 document of this service. The UI for it is served by the auth server.

use actix_web::{HttpResponse, http::StatusCode};
use service_runtime::{
    openapi::{AccessTokenScheme, DeclaredLicense, ProblemAnswer},
    problem_groups,
};
use shared_claims::actix::{FieldError, ProblemBody};
use utoipa::OpenApi;

use super::{health, note, notes};

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Latchkey notes API",
        description = "Notes that only their owner sees. Access tokens come from the auth server and \
                       are verified offline. Every error is `application/problem+json` (RFC 9457) \
                       with a stable `code` and the request's id, which every answer has in \
                       `X-Request-Id` too; so is 405 for a method that a path does not have, with \
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
    modifiers(&AccessTokenScheme, &DeclaredLicense)
)]
pub struct ApiDoc;

/// Serves the document.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok().json(ApiDoc::openapi())
}

problem_groups! {
    /// For calls for one note.
    PreconditionProblem {
        ProblemAnswer {
            status: StatusCode::PRECONDITION_FAILED,
            description: "`precondition_failed`: the note has another version than the request \
                          wants. Nothing was written.",
            code: "precondition_failed",
            detail: "The note has been written since. Read it again before changing it.",
            header: None,
        },
    }
}
