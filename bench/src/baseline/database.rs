//! The services' pool, with nothing around it.

use actix_web::{HttpResponse, ResponseError};
use service_runtime::{
    database::{Database, DatabaseError, DatabaseSettings},
    settings::DatabaseUrl,
};

/// A pool like that of a service.
pub(crate) fn pool(url: &DatabaseUrl) -> Database {
    Database::new(&DatabaseSettings {
        url: url.clone(),
        pool_size: 16,
        prepare: true,
        application_name: "baseline",
    })
}

/// Any failure. The load takes none for an answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) enum Failure {
    Database(#[from] DatabaseError),
    Signing(#[from] aws_lc_rs::error::Unspecified),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl ResponseError for Failure {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::InternalServerError().finish()
    }
}
