//! What the services are compared with: handlers that do the same work and nothing else. No log and no
//! middleware; the same framework, pool, signature and SQL, and of notes the same types. Only `/thing` looks at a
//! token, and only on one of the two ports: what comes on the other one is routed alike, and not checked.

mod database;
mod notes;
mod refresh;

use std::{io, net::SocketAddr};

use actix_web::{App, HttpResponse, HttpServer, Route, web};
use anyhow::Result;
use clap::Parser;
use futures_util::future::try_join;
use service_runtime::settings::DatabaseUrl;
use shared_claims::{
    Policy, Verifier,
    actix::{Authenticator, Authorized, RequiredScope},
    remote::{KeysConfig, RemoteKeys, RemoteRevocations, RevocationsConfig},
};

/// Bare handlers, to compare the services with.
#[derive(Debug, Parser)]
struct CommandLine {
    /// Where to listen.
    #[arg(long, env = "BASELINE_LISTEN")]
    listen: SocketAddr,

    /// Where to listen and check no token.
    #[arg(long, env = "BASELINE_UNCHECKED_LISTEN")]
    unchecked_listen: SocketAddr,

    /// The issuer of access tokens.
    #[arg(long, env = "BASELINE_ISSUER")]
    issuer: String,

    /// A database with the table `bare_counters`.
    #[arg(long, env = "BASELINE_AUTH_DATABASE_URL", hide_env_values = true)]
    auth_database_url: DatabaseUrl,

    /// The notes API's database.
    #[arg(long, env = "BASELINE_NOTES_DATABASE_URL", hide_env_values = true)]
    notes_database_url: DatabaseUrl,
}

#[actix_web::main]
async fn main() -> Result<()> {
    let CommandLine {
        listen,
        unchecked_listen,
        issuer,
        auth_database_url,
        notes_database_url,
    } = CommandLine::parse();
    let keys = RemoteKeys::start(&KeysConfig::new(&format!(
        "{issuer}/.well-known/jwks.json"
    ))?)?;
    let revocations = RemoteRevocations::start(&RevocationsConfig::new(&issuer)?, keys.clone())?;
    let verifier =
        Verifier::new(Policy::new(issuer, "notes-api"), keys).with_revocations(revocations);
    let authenticator = web::Data::new(Authenticator::new(verifier));
    let refreshing = web::Data::new(refresh::Bare::new(&auth_database_url)?);
    let notes = web::Data::new(notes::Bare::new(&notes_database_url));
    let serve = |listen, thing: fn() -> Route| {
        let (authenticator, refreshing, notes) =
            (authenticator.clone(), refreshing.clone(), notes.clone());
        let app = move || {
            App::new()
                .app_data(authenticator.clone())
                .app_data(refreshing.clone())
                .app_data(notes.clone())
                .route("/ready", web::get().to(HttpResponse::Ok))
                .route("/thing", thing())
                .route("/refresh", web::post().to(refresh::refresh))
                .route("/notes", web::get().to(notes::list))
                .route("/notes", web::post().to(notes::create))
        };
        io::Result::Ok(HttpServer::new(app).bind(listen)?.run())
    };
    try_join(
        serve(listen, || web::get().to(protected))?,
        serve(unchecked_listen, || web::get().to(open))?,
    )
    .await?;
    Ok(())
}

struct NotesRead;

impl RequiredScope for NotesRead {
    const SCOPE: Option<&'static str> = Some("notes:read");
}

const ANSWER: &str = r#"{"title":"Shopping","body":"Milk, eggs, and a birthday card."}"#;

async fn open() -> HttpResponse {
    answer()
}

async fn protected(_: Authorized<NotesRead>) -> HttpResponse {
    answer()
}

fn answer() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(ANSWER)
}
