//! `/notes`

use actix_web::{HttpResponse, http::header::LOCATION, web};
use service_runtime::{
    json_object::JsonObject,
    openapi::{BodyProblems, CallerProblems, ServerProblems, ValidationProblem},
};
use shared_claims::actix::Problem;

use super::{
    caller::{Caller, NotesRead, NotesWrite},
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
#[utoipa::path(
    post,
    path = "/notes",
    operation_id = "create_note",
    tag = "notes",
    request_body = NoteContent,
    security(("access_token" = ["notes:write"])),
    responses(
        (
            status = 201, description = "Written.", body = NoteResponse,
            headers(
                ("Location" = String, description = "The path of the new note."),
                ("ETag" = String, description = "The note's version, in quotes.")
            )
        ),
        BodyProblems, ValidationProblem, CallerProblems, ServerProblems
    )
)]
pub(super) async fn create(
    caller: Caller<NotesWrite>,
    body: web::Json<JsonObject<NoteContent>>,
    state: web::Data<NotesState>,
) -> Result<HttpResponse, Problem> {
    let web::Json(JsonObject(content)) = body;
    let note = write::create(&state.database, caller.owner, content.parse()?).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/notes/{}", note.id)));
    Ok(representation::note(response, note))
}
