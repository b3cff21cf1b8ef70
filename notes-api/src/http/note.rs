//! `/notes/{id}`

use actix_web::{HttpResponse, web};
use service_runtime::{
    http::not_found_problem,
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, NotFoundProblem, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;

use super::{
    caller::{Caller, NotesRead, NotesWrite},
    input::NoteContent,
    openapi::PreconditionProblem,
    preconditions::{IfMatch, IfNoneMatch, Preconditions, Sending},
    representation::{self, NoteResponse},
};
use crate::{
    notes::{note::NoteId, read, write},
    state::NotesState,
};

/// Show a note
///
/// With the entity tag of an earlier answer in `If-None-Match`, a note that has not changed since is
/// not sent again.
#[utoipa::path(
    get,
    path = "/notes/{id}",
    operation_id = "show_note",
    tag = "notes",
    params(("id" = Uuid, Path, description = "The note."), IfNoneMatch),
    security(("access_token" = ["notes:read"])),
    responses(
        (
            status = 200, description = "The note.", body = NoteResponse,
            headers(("ETag" = String, description = "The note's version, in quotes."))
        ),
        (
            status = 304, description = "The client has the note already.",
            headers(("ETag" = String, description = "The note's version, in quotes."))
        ),
        NotFoundProblem, PreconditionProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn show(
    caller: Caller<NotesRead>,
    preconditions: Preconditions,
    id: web::Path<String>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let note = read::show(&state.database, caller.owner, parse(&id)?).await?;
    Ok(match preconditions.for_reading(note.version)? {
        Sending::Whole => representation::note(HttpResponse::Ok(), note),
        Sending::NotModified => representation::not_modified(note.version),
    })
}

/// Replace a note
///
/// Title and body are both written. With the entity tag that the note was read with in `If-Match`,
/// nothing that was written meanwhile is lost: the answer is 412 then.
#[utoipa::path(
    put,
    path = "/notes/{id}",
    operation_id = "replace_note",
    tag = "notes",
    params(("id" = Uuid, Path, description = "The note."), IfMatch),
    request_body = NoteContent,
    security(("access_token" = ["notes:write"])),
    responses(
        (
            status = 200, description = "The note as it is now.", body = NoteResponse,
            headers(("ETag" = String, description = "The note's version, in quotes."))
        ),
        BodyProblems, ValidationProblem, NotFoundProblem, PreconditionProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn replace(
    caller: Caller<NotesWrite>,
    preconditions: Preconditions,
    id: web::Path<String>,
    body: web::Json<JsonObject<NoteContent>>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let web::Json(JsonObject(content)) = body;
    let content = content.parse()?;
    let condition = preconditions.for_change();
    let note = write::replace(
        &state.database,
        caller.owner,
        parse(&id)?,
        content,
        condition,
    )
    .await?;
    Ok(representation::note(HttpResponse::Ok(), note))
}

/// Delete a note
///
/// It is gone for good. With `If-Match`, only in a version that the client knows.
#[utoipa::path(
    delete,
    path = "/notes/{id}",
    operation_id = "delete_note",
    tag = "notes",
    params(("id" = Uuid, Path, description = "The note."), IfMatch),
    security(("access_token" = ["notes:write"])),
    responses(
        (status = 204, description = "Deleted."),
        NotFoundProblem, PreconditionProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn delete(
    caller: Caller<NotesWrite>,
    preconditions: Preconditions,
    id: web::Path<String>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let condition = preconditions.for_change();
    write::delete(&state.database, caller.owner, parse(&id)?, condition).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A malformed id is no note's, so it is answered like one that no note has.
fn parse(id: &str) -> Result<NoteId, Problem> {
    NoteId::parse(id).ok_or_else(not_found_problem)
}
