//! One token, many callers, several replicas.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Database, TestServer};

async fn replicas(arguments: &[&str]) -> [TestServer; 2] {
    let database = Arc::new(Database::new());
    [
        TestServer::start_on(&database, arguments).await,
        TestServer::start_on(&database, arguments).await,
    ]
}

#[actix_web::test]
async fn of_64_parallel_refreshes_across_two_replicas_all_get_the_one_successor() {
    let servers = replicas(&[]).await;
    let mut tokens = servers[0].register("ada").await;
    for round in 1..=10 {
        servers[0].database.pass("31 s");
        let calls = (0..64).map(|number| servers[number % 2].refresh(&tokens));
        let answers: Vec<Value> = join_all(calls)
            .await
            .into_iter()
            .map(|answer| answer.ok())
            .collect();

        let successors: BTreeSet<&str> = answers
            .iter()
            .map(|answer| answer["refresh_token"].as_str().unwrap())
            .collect();
        assert_eq!(successors.len(), 1);
        assert!(!successors.contains(tokens["refresh_token"].as_str().unwrap()));
        assert_eq!(
            servers[0]
                .database
                .row("select generation, revoked_at from sessions"),
            json!({"generation": round, "revoked_at": null})
        );
        tokens = answers[0].clone();
    }
    assert_eq!(servers[0].database.events(), ["registered"]);
}

#[actix_web::test]
async fn without_a_window_one_of_many_wins_and_the_others_end_the_session() {
    let servers = replicas(&["--refresh-grace", "0"]).await;
    let tokens = servers[0].register("ada").await;
    let calls = (0..16).map(|number| servers[number % 2].refresh(&tokens));
    let answers = join_all(calls).await;

    let count = |wanted: &str| {
        answers
            .iter()
            .filter(|answer| answer.body["code"].as_str().unwrap_or("Ok") == wanted)
            .count()
    };
    assert_eq!(count("Ok"), 1);
    assert_eq!(count("refresh_token_reused") + count("session_revoked"), 15);
    assert!(count("refresh_token_reused") >= 1);
    assert_eq!(
        servers[0]
            .database
            .row("select generation, revoke_reason from sessions"),
        json!({"generation": 1, "revoke_reason": "reuse"})
    );
    assert_eq!(
        servers[0].database.events(),
        ["registered", "refresh_reuse"]
    );
}

#[actix_web::test]
async fn replicas_share_sessions_and_keys_and_nothing_else() {
    let [one, other] = replicas(&[]).await;
    let tokens = one.register("ada").await;
    assert_eq!(other.me(&tokens).await.status, 200);
    let refreshed = other.refresh(&tokens).await.ok();
    assert_eq!(
        one.refresh(&tokens).await.ok()["refresh_token"],
        refreshed["refresh_token"]
    );
    let answer = other
        .call(reqwest::Method::POST, "/auth/logout")
        .bearer(&refreshed)
        .send()
        .await;
    answer.assert_no_content();
    one.refresh(&refreshed)
        .await
        .assert_problem(401, "session_revoked");
    one.me(&refreshed).await.assert_session_ended();
}

#[actix_web::test]
async fn a_logout_and_refreshes_at_once_end_in_a_logout() {
    let servers = replicas(&[]).await;
    for round in 0..5 {
        let tokens = servers[0].register(&format!("person{round}")).await;
        let body = json!({"refresh_token": tokens["refresh_token"]});
        let refreshes = join_all((0..8).map(|number| servers[number % 2].refresh(&tokens)));
        let (answers, logout) =
            futures_util::future::join(refreshes, servers[1].post("/auth/logout", &body)).await;
        logout.assert_no_content();
        for answer in answers {
            if answer.status != 200 {
                answer.assert_problem(401, "session_revoked");
            }
        }
        servers[0]
            .refresh(&tokens)
            .await
            .assert_problem(401, "session_revoked");
    }
    assert_eq!(
        servers[0]
            .database
            .count("sessions where revoke_reason <> 'logout'"),
        0
    );
    assert_eq!(
        servers[0]
            .database
            .count("sessions where revoked_at is null"),
        0
    );
}
