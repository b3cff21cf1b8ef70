//! `/notes`

use actix_web::{HttpResponse, http::header::LOCATION, web};
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;

use super::{
    caller::{Caller, NotesRead, NotesWrite},
    idempotency_key::{GivenKey, IdempotencyKeyHeader},
    input::{ListParameters, NoteContent},
    representation::{self, NotePage, NoteResponse},
};
use crate::{
    notes::{read, write},
    state::NotesState,
};

/// List my notes
///
/// The newest first, whole, a page at a time. To see all of them, follow `next_cursor` until it is
/// `null`; notes that come or go meanwhile neither repeat nor hide others.
#[utoipa::path(
    get,
    path = "/notes",
    operation_id = "list_notes",
    tag = "notes",
    params(ListParameters),
    security(("access_token" = ["notes:read"])),
    responses(
        (status = 200, description = "A page of notes.", body = NotePage),
        ValidationProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn list(
    caller: Caller<NotesRead>,
    parameters: web::Query<ListParameters>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let listing = parameters.parse()?;
    let page = read::list(&state.database, caller.owner, listing).await?;
    Ok(representation::page(page))
}

/// Write a note
///
/// A client that got no answer cannot know whether the note was made. If it gave the request a key, it may
/// send it again with the same one, as often as it takes: the answer is 201 with the note that was made,
/// as it is now, and there is never a second one. What the repeated request brings is not compared with
/// it and not written: a client that sees another content or version than it wants goes on with PUT and
/// `If-Match`. Once the note has been deleted, its key is as good as new.
#[utoipa::path(
    post,
    path = "/notes",
    operation_id = "create_note",
    tag = "notes",
    params(IdempotencyKeyHeader),
    request_body = NoteContent,
    security(("access_token" = ["notes:write"])),
    responses(
        (
            status = 201, description = "Written, now or by an earlier request with this key.", body = NoteResponse,
            headers(
                ("Location" = String, description = "The path of the note."),
                ("ETag" = String, description = "The note's version, in quotes.")
            )
        ),
        BodyProblems, ValidationProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn create(
    caller: Caller<NotesWrite>,
    GivenKey(key): GivenKey,
    body: web::Json<JsonObject<NoteContent>>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let web::Json(JsonObject(content)) = body;
    let content = content.parse()?;
    let note = write::create(&state.database, caller.owner, key, content).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/notes/{}", note.id)));
    Ok(representation::note(response, note))
}
