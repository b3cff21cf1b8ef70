//! The least that a refresh can be: one update of a row, one signature.

use actix_web::{HttpResponse, web};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Integer},
};
use serde::{Deserialize, Serialize};
use service_runtime::{database::Database, settings::DatabaseUrl};

use crate::database::{Failure, pool};

/// As many bytes as there are in an access token before its signature.
const SIGNED: [u8; 560] = [b'x'; 560];

pub(crate) struct Bare {
    database: Database,
    key: KeyPair,
}

impl Bare {
    pub(crate) fn new(url: &DatabaseUrl) -> Result<Self, Failure> {
        Ok(Self {
            database: pool(url),
            key: KeyPair::generate(KeySize::Rsa2048)?,
        })
    }

    fn sign(&self) -> Result<String, Failure> {
        let mut signature = [0; 256];
        self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            &SIGNED,
            &mut signature,
        )?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }
}

#[derive(Deserialize)]
pub(crate) struct Counter {
    id: i32,
}

#[derive(Serialize)]
struct Refreshed {
    number: i64,
    signature: String,
}

pub(crate) async fn refresh(
    bare: web::Data<Bare>,
    web::Json(Counter { id }): web::Json<Counter>,
) -> Result<HttpResponse, Failure> {
    let signing = bare.clone();
    let refreshed = bare
        .database
        .run_then(
            move |connection| Ok(Count(id).get_result(connection)?),
            move |number| {
                let signature = signing.sign()?;
                Ok::<_, Failure>(Refreshed { number, signature })
            },
        )
        .await?;
    Ok(HttpResponse::Ok().json(refreshed))
}

/// Of the kind that Diesel prepares once for each connection.
struct Count(i32);

impl QueryFragment<Pg> for Count {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("update bare_counters set number = number + 1 where id = ");
        out.push_bind_param::<Integer, _>(&self.0)?;
        out.push_sql(" returning number");
        Ok(())
    }
}

impl QueryId for Count {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Count {
    type SqlType = BigInt;
}

impl RunQueryDsl<PgConnection> for Count {}
