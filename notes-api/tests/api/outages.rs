//! What others are away, and what works nevertheless.

use std::path::Path;

use local_run::postgres::{Cluster, ClusterSettings, Durability, Service};
use notes_api::schema::MIGRATIONS;
use reqwest::{Method, StatusCode};
use serde_json::json;
use service_runtime::{migrations, settings::DatabaseUrl};

use crate::harness::{SigningKey, TestService, claims_of, path_of};

/// Once the keys are there, nobody asks the issuer about anything.
#[actix_web::test]
async fn a_thousand_requests_do_not_call_the_issuer() {
    let mut service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    let hits = service.hits();
    for number in 0..1_000 {
        let person = format!("person {}", number % 100);
        let call = service
            .anonymous(Method::GET, "/notes")
            .bearer(&TestService::token(&person));
        call.send().await.ok();
    }
    assert_eq!(service.hits(), hits);

    service.stop_issuer();
    assert_eq!(service.get(&path_of(&note)).await.ok(), note);
    let other = service
        .create_as("bob", "written without an issuer", "")
        .await;
    assert_eq!(other["version"], 1);
}

#[actix_web::test]
async fn without_a_database_tokens_are_still_told_from_each_other() {
    let service = TestService::start();
    let note = service.create("Shopping", "Milk").await;
    service.database().cut_off();

    let body = json!({"title": "a", "body": "b"});
    for (method, path) in [
        (Method::GET, "/notes"),
        (Method::POST, "/notes"),
        (Method::GET, &path_of(&note)),
        (Method::PUT, &path_of(&note)),
        (Method::DELETE, &path_of(&note)),
    ] {
        let call = |token: Option<&str>| {
            let call = service.anonymous(method.clone(), path).json(&body);
            match token {
                Some(token) => call.bearer(token),
                None => call,
            }
        };
        call(None).send().await.assert_problem(401, "missing_token");
        let forged = SigningKey::unknown().sign(&claims_of("ada"));
        call(Some(&forged)).send().await.assert_invalid_token();
        let mut expired = claims_of("ada");
        expired["exp"] = json!(expired["iat"].as_u64().unwrap() - 60);
        expired["iat"] = json!(expired["iat"].as_u64().unwrap() - 960);
        let expired = SigningKey::published().sign(&expired);
        call(Some(&expired)).send().await.assert_invalid_token();
        let weak = TestService::token_for("ada", "other");
        call(Some(&weak))
            .send()
            .await
            .assert_problem(403, "insufficient_scope");
        let good = TestService::token("ada");
        call(Some(&good)).send().await.assert_unavailable();
    }

    service.database().restore();
    assert_eq!(service.get(&path_of(&note)).await.ok(), note);
}

/// Part B of the requirements: Postgres is killed while notes are written; after it is back, every
/// note whose writing was answered for is there, and the service was never restarted.
#[actix_web::test]
async fn a_killed_postgres_costs_no_note_that_was_answered_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = cluster(directory.path(), Durability::Durable);
    let service = TestService::start_on_url(&service_url(&cluster));

    let mut written = Vec::new();
    for round in 0..2 {
        let writes = (0..24).map(|number| {
            let note = json!({"title": format!("{round}.{number}"), "body": ""});
            service.call(Method::POST, "/notes").json(&note).send()
        });
        let killed = async {
            // A third of the way into the writes.
            service.create(&format!("{round}: before"), "").await;
            cluster.kill();
        };
        let (answers, ()) = tokio::join!(futures_util::future::join_all(writes), killed);
        for answer in answers {
            if answer.status == StatusCode::CREATED {
                written.push(answer.body);
            } else {
                answer.assert_unavailable();
            }
        }
        service.get("/notes").await.assert_unavailable();
        cluster.restart().unwrap();
        service.ready().await;
    }

    assert!(!written.is_empty());
    for note in written {
        assert_eq!(service.get(&path_of(&note)).await.ok(), note);
    }
}

#[actix_web::test]
async fn a_service_starts_without_its_database_and_is_ready_once_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = cluster(directory.path(), Durability::Throwaway);
    cluster.stop().unwrap();

    let service = TestService::start_on_url(&service_url(&cluster));
    service
        .anonymous(Method::GET, "/health/live")
        .send()
        .await
        .ok();
    let answer = service.anonymous(Method::GET, "/health/ready").send().await;
    answer.assert_problem(503, "not_ready");
    assert_eq!(answer.errors(), [("database", "missing")]);
    service.get("/notes").await.assert_unavailable();

    cluster.restart().unwrap();
    service.ready().await;
    service.create("Shopping", "").await;
}

/// A migrated cluster that this test may stop and kill.
fn cluster(directory: &Path, durability: Durability) -> Cluster {
    let mut settings = ClusterSettings::throwaway(directory);
    let cluster = Cluster::start(&settings).unwrap();
    cluster.server().bootstrap().unwrap();
    let owner_url = cluster.server().owner_url(Service::Notes, "latchkey_notes");
    migrations::migrate(&DatabaseUrl::from(owner_url), MIGRATIONS).unwrap();
    if durability == Durability::Throwaway {
        return cluster;
    }
    // What came so far is quickly made again, so it need not wait for the disk.
    drop(cluster);
    settings.durability = durability;
    Cluster::start(&settings).unwrap()
}

fn service_url(cluster: &Cluster) -> String {
    cluster
        .server()
        .service_url(Service::Notes, "latchkey_notes")
}
