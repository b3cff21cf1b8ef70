//! The notes API's own queries, and JSON.

use actix_web::{HttpResponse, http::StatusCode, web};
use notes_api::notes::{
    content::{Body, Content, Title},
    note::Note,
    owner::Owner,
    page::{Cursor, PageSize},
    store,
};
use serde::{Deserialize, Serialize};
use service_runtime::{database::Database, settings::DatabaseUrl};

use crate::database::{Failure, pool};

pub(crate) struct Bare {
    database: Database,
}

impl Bare {
    pub(crate) fn new(url: &DatabaseUrl) -> Self {
        Self {
            database: pool(url),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Whose {
    owner: String,
}

#[derive(Deserialize)]
pub(crate) struct Written {
    title: String,
    body: String,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    title: String,
    body: String,
    version: i64,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

impl From<Note> for Shown {
    fn from(note: Note) -> Self {
        Self {
            id: note.id.to_string(),
            title: note.title,
            body: note.body,
            version: note.version.number(),
            created_at: note.created_at,
            updated_at: note.updated_at,
        }
    }
}

#[derive(Serialize)]
struct Listed {
    notes: Vec<Shown>,
}

pub(crate) async fn list(
    bare: web::Data<Bare>,
    web::Query(Whose { owner }): web::Query<Whose>,
) -> Result<HttpResponse, actix_web::Error> {
    let owner = Owner::parse(&owner).map_err(refused)?;
    let page = bare
        .database
        .run(move |connection| {
            let size = PageSize::default();
            Ok::<_, Failure>(store::list(connection, &owner, None, size, Cursor::START)?)
        })
        .await?;
    let notes = page.notes.into_iter().map(Shown::from).collect();
    Ok(HttpResponse::Ok().json(Listed { notes }))
}

pub(crate) async fn create(
    bare: web::Data<Bare>,
    web::Query(Whose { owner }): web::Query<Whose>,
    web::Json(Written { title, body }): web::Json<Written>,
) -> Result<HttpResponse, actix_web::Error> {
    let owner = Owner::parse(&owner).map_err(refused)?;
    let content = Content {
        title: Title::parse(title).map_err(refused)?,
        body: Body::parse(body).map_err(refused)?,
    };
    let note = bare
        .database
        .run(move |connection| Ok::<_, Failure>(store::insert(connection, &owner, None, &content)?))
        .await?;
    Ok(HttpResponse::Created().json(Shown::from(note)))
}

fn refused(error: impl std::fmt::Debug + std::fmt::Display + 'static) -> actix_web::Error {
    actix_web::error::InternalError::new(error, StatusCode::BAD_REQUEST).into()
}
