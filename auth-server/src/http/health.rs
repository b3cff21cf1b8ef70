//! `/health/…`

use actix_web::{HttpResponse, web};
use diesel::{PgConnection, RunQueryDsl};
use service_runtime::{
    database::DatabaseError,
    health::{self, Health, Missing},
};
use shared_claims::actix::{Problem, ProblemBody};

use crate::state::AuthState;

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
/// The database answers, the signing keys are loaded and the revocation feed is published.
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
pub(super) async fn ready(state: web::Data<AuthState>) -> Result<HttpResponse, Problem> {
    let ping = |connection: &mut PgConnection| {
        diesel::sql_query("select 1").execute(connection)?;
        Ok::<_, DatabaseError>(())
    };
    let database = state.database.run(ping).await.err();
    let database = database.map(|error| Missing {
        part: "database",
        reason: error.to_string(),
    });
    let missing: Vec<Missing> = database
        .into_iter()
        .chain(state.keys.missing())
        .chain(state.revocations.missing())
        .collect();
    health::ready(&missing)
}
