//! Who may administer.

use std::{sync::Arc, thread};

use reqwest::Method;
use serde_json::json;

use super::{Office, id_of, log_in_as_administrator, promote};
use crate::harness::{ISSUER, TestServer, eventually, run};

/// Every call, as an administrator would make it.
fn calls(id: &str) -> Vec<(Method, String)> {
    let user = format!("/auth/admin/users/{id}");
    let calls = [
        (Method::GET, "/auth/admin/users".to_owned()),
        (Method::POST, "/auth/admin/users".to_owned()),
        (Method::GET, user.clone()),
        (Method::DELETE, user.clone()),
        (Method::POST, format!("{user}/disable")),
        (Method::POST, format!("{user}/enable")),
        (Method::POST, format!("{user}/sign-out")),
        (Method::POST, format!("{user}/temporary-password")),
        (Method::PUT, format!("{user}/administrator")),
        (Method::DELETE, format!("{user}/administrator")),
        (Method::GET, "/auth/admin/sessions".to_owned()),
        (Method::DELETE, format!("/auth/admin/sessions/{id}")),
        (Method::GET, "/auth/admin/events".to_owned()),
        (Method::GET, "/auth/admin/events/export".to_owned()),
        (Method::GET, "/auth/admin/keys".to_owned()),
        (Method::POST, "/auth/admin/keys/rotate".to_owned()),
        (Method::POST, "/auth/admin/keys/reseal".to_owned()),
        (Method::POST, "/auth/admin/keys/any/revoke".to_owned()),
    ];
    calls.into()
}

/// The document names them all, so none is left out above.
#[test]
fn every_call_is_tried() {
    use utoipa::OpenApi;
    let document = serde_json::to_value(auth_server::http::ApiDoc::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let administrative = paths
        .iter()
        .filter(|(path, _)| path.starts_with("/auth/admin/"));
    let operations: usize = administrative
        .map(|(_, item)| item.as_object().unwrap().len())
        .sum();
    assert_eq!(operations, calls("x").len());
}

#[actix_web::test]
async fn a_usual_token_permits_none_of_it() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    promote(&server, "ada");
    for (method, path) in calls(&id_of(&ada)) {
        let answer = server.call(method.clone(), &path).send().await;
        answer.assert_problem(401, "missing_token");
        let answer = server.call(method, &path).bearer(&ada).send().await;
        answer.assert_problem(403, "insufficient_scope");
        assert!(answer.header("www-authenticate").contains("auth:admin"));
    }
    assert_eq!(server.database.events(), ["registered"]);
}

/// No page administers by what the browser attaches, not even one of ours.
#[actix_web::test]
async fn an_access_token_in_a_cookie_permits_none_of_it() {
    let server = TestServer::start_with(&["--access-cookie", "true"]).await;
    let ada = server.register("ada").await;
    promote(&server, "ada");
    let administers = log_in_as_administrator(&server, "ada").await.ok();
    let cookie = format!(
        "__Host-access_token={}",
        administers["access_token"].as_str().unwrap()
    );
    let before = server.database.events();
    for (method, path) in calls(&id_of(&ada)) {
        for authorization in [None, Some("Basic YWRhOng=")] {
            let call = server.call(method.clone(), &path);
            let call = call.header("cookie", &cookie).header("origin", ISSUER);
            let call = match authorization {
                Some(other) => call.header("authorization", other),
                None => call,
            };
            call.send().await.assert_problem(401, "missing_token");
        }
    }
    assert_eq!(server.database.events(), before);
    let verify = server.call(Method::GET, "/auth/verify");
    let verify = verify.header("cookie", &cookie).header("origin", ISSUER);
    assert_eq!(verify.send().await.status, 200);
}

#[actix_web::test]
async fn it_ends_with_the_session_and_with_the_role() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    promote(server, "ada");
    let administers = log_in_as_administrator(server, "ada").await.ok();
    for (method, path) in calls(&id_of(&ada)) {
        // The role alone, taken behind the server's back: not even then.
        server
            .database
            .execute("update users set is_administrator = false where username = 'ada'");
        let mut call = server.call(method.clone(), &path).bearer(&administers);
        if method == Method::POST && path == "/auth/admin/users" {
            call = call.json(&json!({"username": "eve", "email": "eve@example.org"}));
        }
        call.send().await.assert_session_ended();
    }
    promote(server, "ada");
    let list = async |tokens| {
        let call = server.call(Method::GET, "/auth/admin/users");
        call.bearer(tokens).send().await
    };
    assert_eq!(list(&administers).await.status, 200);

    let path = format!("users/{}/administrator", id_of(&ada));
    let answer = office.delete(&path).await.ok();
    assert_eq!(answer["administrator"], false);
    list(&administers).await.assert_session_ended();
    server
        .refresh(&administers)
        .await
        .assert_problem(401, "session_revoked");
    // Their other sessions are no concern of it.
    assert_eq!(server.me(&ada).await.status, 200);
    log_in_as_administrator(server, "ada")
        .await
        .assert_problem(400, "invalid_scope");
}

/// What an administrator does while they are being demoted is done before, or not at all.
#[actix_web::test]
async fn whoever_revokes_the_role_waits_for_what_is_under_way() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    let database = Arc::clone(&office.server.database);
    let held = database.hold("select from users where username = 'ada' for update");
    let path = format!("users/{}/administrator", id_of(&ada));
    let granting = office.call(Method::PUT, &path, None);
    let demoting = async {
        database.waiter().await;
        let demoted = Arc::clone(&database);
        let demoting =
            thread::spawn(move || run(&demoted, &["users", "revoke-administrator", "root"]).said());
        let waiting =
            "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        eventually("both wait", async || database.count(waiting) == 2).await;
        held.commit();
        demoting.join().unwrap();
        database.row("select is_administrator as is from users where username = 'ada'")
    };
    let (granted, at_the_revocation) = tokio::join!(granting, demoting);
    assert_eq!(granted.status, 200);
    assert_eq!(at_the_revocation["is"], true);
    office.get("users").await.assert_session_ended();
}

#[actix_web::test]
async fn administrators_make_others_and_do_not_lock_themselves_out() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    let path = format!("users/{}/administrator", id_of(&ada));
    for _ in 0..2 {
        let answer = office.call(Method::PUT, &path, None).await.ok();
        assert_eq!(answer["administrator"], true);
    }
    let tokens = log_in_as_administrator(&office.server, "ada").await.ok();
    let own = format!("users/{}", id_of(&ada));
    let ada = Office {
        server: office.server,
        tokens,
    };
    ada.delete(&own).await.assert_problem(409, "own_account");
    for call in ["disable", "temporary-password"] {
        let answer = ada.bare_post(&format!("{own}/{call}")).await;
        answer.assert_problem(409, "own_account");
    }
    ada.delete(&format!("{own}/administrator"))
        .await
        .assert_problem(409, "own_account");
    assert_eq!(ada.get("users").await.status, 200);
    // On the command line there is someone else.
    run(
        &ada.server.database,
        &["users", "revoke-administrator", "ada"],
    )
    .said();
    ada.get("users").await.assert_session_ended();
}
