//! `/auth/admin/…`: what operators do on the command line, for administrators.

mod caller;
pub(super) mod events;
pub(super) mod keys;
pub(super) mod sessions;
pub(super) mod users;

use actix_web::web::{self, ServiceConfig, delete, post, put};
use service_runtime::http::Readable;

/// The part of the route table.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/auth/admin/users")
                .read(users::list)
                .route(post().to(users::passwords::create)),
        )
        .service(
            web::resource("/auth/admin/users/{id}")
                .read(users::show)
                .route(delete().to(users::delete)),
        )
        .service(
            web::resource("/auth/admin/users/{id}/disable")
                .route(post().to(users::permissions::disable)),
        )
        .service(
            web::resource("/auth/admin/users/{id}/enable")
                .route(post().to(users::permissions::enable)),
        )
        .service(web::resource("/auth/admin/users/{id}/sign-out").route(post().to(users::sign_out)))
        .service(
            web::resource("/auth/admin/users/{id}/temporary-password")
                .route(post().to(users::passwords::set_temporary_password)),
        )
        .service(
            web::resource("/auth/admin/users/{id}/administrator")
                .route(put().to(users::permissions::grant_administrator))
                .route(delete().to(users::permissions::revoke_administrator)),
        )
        .service(web::resource("/auth/admin/sessions").read(sessions::list))
        .service(web::resource("/auth/admin/sessions/{id}").route(delete().to(sessions::revoke)))
        .service(web::resource("/auth/admin/events").read(events::list))
        .service(web::resource("/auth/admin/events/export").read(events::export))
        .service(web::resource("/auth/admin/keys").read(keys::list))
        .service(web::resource("/auth/admin/keys/rotate").route(post().to(keys::rotate)))
        .service(web::resource("/auth/admin/keys/reseal").route(post().to(keys::reseal)))
        .service(web::resource("/auth/admin/keys/{kid}/revoke").route(post().to(keys::revoke)));
}
