//! `/health/…`

use actix_web::{HttpResponse, web};
use diesel::PgConnection;
use service_runtime::{
    database::DatabaseError,
    health::{self, Health, Missing},
    migrations,
};
use shared_claims::actix::{Problem, ProblemBody};
use shared_claims::remote::RemoteKeys;

use crate::{schema::MIGRATIONS, state::NotesState};

/// Live
///
/// The process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "health",
    responses((status = 200, description = "Live.", body = Health))
)]
pub(super) async fn live() -> HttpResponse {
    health::live()
}

/// Ready
///
/// The database answers, its schema is up to date, and there are keys to verify access tokens with.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses(
        (status = 200, description = "Ready.", body = Health),
        (status = 503, description = "`not_ready`, naming what is missing.", body = ProblemBody,
         content_type = "application/problem+json")
    )
)]
pub(super) async fn ready(state: web::Data<NotesState>) -> Result<HttpResponse, Problem> {
    let is_current = |connection: &mut PgConnection| {
        Ok::<_, DatabaseError>(migrations::is_current(connection, &MIGRATIONS)?)
    };
    let schema = match state.database.run(is_current).await {
        Ok(true) => None,
        Ok(false) => Some(missing(
            "schema",
            "migrations are pending: run notes-api migrate",
        )),
        Err(error) => Some(missing("database", error.to_string())),
    };
    let missing: Vec<Missing> = schema
        .into_iter()
        .chain(missing_keys(&state.keys))
        .collect();
    health::ready(&missing)
}

fn missing_keys(keys: &RemoteKeys) -> Option<Missing> {
    let status = keys.status();
    let reason = status.last_error.map_or_else(
        || "the keys have not arrived yet".to_owned(),
        |error| error.to_string(),
    );
    (!status.ready).then(|| missing("key_set", reason))
}

fn missing(part: &'static str, reason: impl Into<String>) -> Missing {
    Missing {
        part,
        reason: reason.into(),
    }
}
