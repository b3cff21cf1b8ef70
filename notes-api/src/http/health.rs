//! `/health/…`

use actix_web::{HttpResponse, web};
use diesel::PgConnection;
use service_runtime::{
    database::DatabaseError,
    health::{self, Degraded, Health, Missing},
    migrations,
};
use shared_claims::actix::{Problem, ProblemBody};
use shared_claims::remote::{RemoteKeys, RemoteRevocations};

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
/// A service that does not learn of revocations is ready: tokens are verified nevertheless, and fall
/// back to their own expiry. It says so by `degraded`.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "health",
    responses(
        (status = 200, description = "Ready; `degraded` names what does not work as it should: \
         `revocation_feed`.", body = Health),
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
    let degraded = state.revocations.as_deref().and_then(degraded_feed);
    health::ready_or_degraded(&missing, degraded.into_iter().collect())
}

fn missing_keys(keys: &RemoteKeys) -> Option<Missing> {
    let status = keys.status();
    let reason = status.last_error.map_or_else(
        || "the keys have not arrived yet".to_owned(),
        |error| error.to_string(),
    );
    (!status.ready).then(|| missing("key_set", reason))
}

fn degraded_feed(revocations: &RemoteRevocations) -> Option<Degraded> {
    let status = revocations.status();
    let reason = status.last_error.map_or_else(
        || "the revocation feed has not answered yet".to_owned(),
        |error| error.to_string(),
    );
    (!status.up).then_some(Degraded {
        part: "revocation_feed",
        reason,
    })
}

fn missing(part: &'static str, reason: impl Into<String>) -> Missing {
    Missing {
        part,
        reason: reason.into(),
    }
}
