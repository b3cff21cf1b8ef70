//! `/auth/events`

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_runtime::openapi::{CallerProblems, ServerProblems, ValidationProblem};
use shared_claims::actix::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    input::FieldErrors,
    parameters::{PageParameters, Paged},
};
use crate::{
    events::{EventKind, page::Page, store::Recorded},
    sessions::{caller::Caller, history},
    state::AuthState,
};

/// Some of what happened to the caller's account, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventsResponse {
    /// The events.
    events: Vec<EventResponse>,
    /// What to send as `cursor` for the next page; `null` on the last one.
    #[schema(example = "AZpbLnxNfo-aCxwtPk9aaw", required = true)]
    next_cursor: Option<String>,
}

impl From<Page> for EventsResponse {
    fn from(page: Page) -> Self {
        Self {
            next_cursor: page.next_cursor(),
            events: page.entries.into_iter().map(EventResponse::from).collect(),
        }
    }
}

/// Something that happened to the caller's account or one of its sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventResponse {
    /// Its name for good.
    id: Uuid,
    /// What happened. There may be other kinds some day, and some of these happen to nobody's account.
    #[schema(value_type = EventKind, example = "login")]
    kind: String,
    /// When (RFC 3339, UTC).
    #[schema(example = "2026-11-21T08:00:00.123456Z")]
    at: DateTime<Utc>,
    /// The session that it happened in or to; `null` where there was none.
    #[schema(required = true)]
    session_id: Option<Uuid>,
    /// Where it came from; `null` for what an operator did.
    #[schema(example = "203.0.113.9", required = true)]
    ip: Option<String>,
    /// What the client said of itself.
    #[schema(
        example = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        required = true
    )]
    user_agent: Option<String>,
    /// What else there is to know.
    #[schema(required = true)]
    details: Option<EventDetails>,
}

impl From<Recorded> for EventResponse {
    fn from(event: Recorded) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            at: event.at,
            session_id: event.session_id,
            ip: event.ip.map(|ip| ip.addr().to_string()),
            user_agent: event.user_agent,
            details: event.details.and_then(EventDetails::of),
        }
    }
}

/// What a person may know of the details of an event; whatever else is recorded is for operators.
#[derive(Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub(super) struct EventDetails {
    /// Of `profile_changed`: `username`, `full_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    /// Of `throttled`: what was exceeded, `account`, `address`, `device` or `session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    /// Of `refresh_reuse`: the other party. The event itself tells of whoever presented the token that had
    /// been succeeded, this of whoever had succeeded it. Either may be the thief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_rotation: Option<RotationDetails>,
}

/// The last time that a session was refreshed.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub(super) struct RotationDetails {
    /// When; `null` if it was at the login.
    #[schema(required = true)]
    at: Option<DateTime<Utc>>,
    /// From where.
    #[schema(example = "203.0.113.9")]
    ip: String,
    /// What that client said of itself.
    #[schema(required = true)]
    user_agent: Option<String>,
}

impl EventDetails {
    fn of(recorded: Value) -> Option<Self> {
        let details: Self = serde_json::from_value(recorded).ok()?;
        (details != Self::default()).then_some(details)
    }
}

/// List what happened to my account
///
/// Logins, refused logins, ended sessions, changes: the newest first, a page at a time. To see all of them,
/// follow `next_cursor` until it is `null`. Events are forgotten some time after they happened.
#[utoipa::path(
    get,
    path = "/auth/events",
    tag = "account",
    params(PageParameters),
    security(("access_token" = [])),
    responses(
        (status = 200, description = "A page of events.", body = EventsResponse),
        CallerProblems, ValidationProblem, ServerProblems
    )
)]
pub(super) async fn list(
    caller: Caller,
    parameters: web::Query<Paged>,
    state: web::Data<AuthState>,
) -> Result<HttpResponse, Problem> {
    let mut errors = FieldErrors::default();
    let (size, start) = parameters.page.read(&mut errors);
    errors.none_or_problem()?;
    let page = history::list(&state, caller, size, start).await?;
    Ok(HttpResponse::Ok().json(EventsResponse::from(page)))
}
