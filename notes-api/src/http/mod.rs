//! The HTTP of the notes API: the whole route table, and beside it the handlers and wire types by
//! resource.

mod caller;
mod entity_tag;
mod error;
#[cfg(test)]
mod fuzz;
mod health;
mod idempotency_key;
mod input;
mod note;
mod notes;
mod openapi;
mod preconditions;
mod representation;

use actix_web::{
    http::header::{self, HeaderName},
    web::{self, ServiceConfig, delete, post, put},
};
use service_runtime::http::Readable;

pub use idempotency_key::IDEMPOTENCY_KEY;
pub use openapi::ApiDoc;

/// Bytes of a body at the most: the longest note, even where each of its characters takes four.
pub const BODY_LIMIT: usize = 512 * 1024;

/// Headers that pages of other origins may read.
pub const EXPOSED_HEADERS: [HeaderName; 4] = [
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
];

/// The route table.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/notes")
                .read(notes::list)
                .route(post().to(notes::create)),
        )
        .service(
            web::resource("/notes/{id}")
                .read(note::show)
                .route(put().to(note::replace))
                .route(delete().to(note::delete)),
        )
        .service(web::resource("/health/live").read(health::live))
        .service(web::resource("/health/ready").read(health::ready))
        .service(web::resource("/api-docs/notes/openapi.json").read(openapi::document));
}
