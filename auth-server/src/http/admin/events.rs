//! `/auth/admin/events`

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use futures_util::{StreamExt, future::ready, stream};
use serde::Deserialize;
use service_runtime::openapi::{CallerProblems, ServerProblems, ValidationProblem};
use shared_claims::actix::Problem;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    administration::{
        Administrator,
        events::{self, EventFilter, EventList, EventRecord, instant},
        page::{Cursor, Page, PageSize},
    },
    events::EventKind,
    http::{
        input::FieldErrors,
        parameters::{NetworkParameter, PageParameters, Paged, Unpaged},
    },
    state::AuthState,
};

/// Which events to list or to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct FilterParameters {
    /// Of this kind.
    #[param(value_type = Option<EventKind>, example = "refresh_reuse")]
    kind: Option<String>,
    /// To the person of this id.
    #[param(value_type = Option<Uuid>)]
    user: Option<String>,
    /// In or to this session.
    #[param(value_type = Option<Uuid>)]
    session: Option<String>,
    /// From this address, or this network.
    #[param(inline)]
    ip: Option<NetworkParameter>,
    /// Then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    since: Option<String>,
    /// Before then.
    #[param(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
}

impl FilterParameters {
    /// Reads them, or notes what is wrong with them.
    fn read(&self, errors: &mut FieldErrors) -> EventFilter {
        EventFilter {
            kind: errors.parse("kind", self.kind.as_deref(), |name| {
                EventKind::parse(name).ok_or("There is no such kind of event.")
            }),
            user_id: errors.parse("user", self.user.as_deref(), Uuid::try_parse),
            session_id: errors.parse("session", self.session.as_deref(), Uuid::try_parse),
            network: NetworkParameter::read(self.ip.as_ref(), errors),
            since: errors.parse("since", self.since.as_deref(), instant),
            until: errors.parse("until", self.until.as_deref(), instant),
        }
    }
}

/// List security events
///
/// The newest first, a page at a time. A page may have few entries, or none, and a next one all the same.
#[utoipa::path(
    get,
    path = "/auth/admin/events",
    tag = "administration",
    params(FilterParameters, PageParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of events.", body = EventList),
        CallerProblems, ValidationProblem, ServerProblems
    )
)]
pub(in crate::http) async fn list(
    administrator: Administrator,
    parameters: web::Query<Paged<FilterParameters>>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let (size, start) = parameters.page.read(&mut errors);
    let filter = parameters.filter.read(&mut errors);
    errors.none_or_problem()?;
    let found = administrator
        .act(&state, move |connection, _| {
            events::list(connection, &filter, size, start)
        })
        .await?;
    Ok(HttpResponse::Ok().json(EventList::from(found)))
}

/// Export security events
///
/// All that fit, the newest first, as JSON lines. If the connection breaks before the last one, it is not all: the
/// answer has no length.
#[utoipa::path(
    get,
    path = "/auth/admin/events/export",
    tag = "administration",
    params(FilterParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "One event a line.", body = EventRecord, content_type = "application/jsonl"),
        CallerProblems, ValidationProblem, ServerProblems
    )
)]
pub(in crate::http) async fn export(
    request: HttpRequest,
    administrator: Administrator,
    parameters: web::Query<Unpaged<FilterParameters>>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let filter = parameters.filter.read(&mut errors);
    errors.none_or_problem()?;
    let mut response = HttpResponse::Ok();
    response.content_type("application/jsonl");
    if request.method() == Method::HEAD {
        // Nothing is taken away.
        return Ok(response.finish());
    }
    let state = state.into_inner();
    let noted = filter.clone();
    administrator
        .clone()
        .act(&state, move |connection, operator| {
            events::note_export(connection, operator, &noted)
        })
        .await?;
    // A failure of the first page is an answer of its own.
    let first = page_of(&administrator, &filter, &state, Cursor::START).await?;
    let rest = stream::try_unfold(first.next, move |start| {
        let (administrator, filter) = (administrator.clone(), filter.clone());
        let state = Arc::clone(&state);
        async move {
            let Some(start) = start else {
                return Ok(None);
            };
            let page = page_of(&administrator, &filter, &state, start).await?;
            Ok(Some((lines(&page)?, page.next)))
        }
    });
    let lines = stream::once(ready(lines(&first))).chain(rest);
    Ok(response.streaming(lines))
}

/// A page of an export, if the administrator's session still lives.
async fn page_of(
    administrator: &Administrator,
    filter: &EventFilter,
    state: &AuthState,
    start: Cursor,
) -> Result<Page<EventRecord>, Problem> {
    let filter = filter.clone();
    let page = administrator
        .clone()
        .act(state, move |connection, _| {
            events::list(connection, &filter, PageSize::LARGEST, start)
        })
        .await?;
    Ok(page)
}

fn lines(page: &Page<EventRecord>) -> Result<web::Bytes, actix_web::Error> {
    let mut lines = Vec::new();
    for event in &page.entries {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    Ok(web::Bytes::from(lines))
}
