//! `POST /auth/password/advice`

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, TestServer};

async fn advise(server: &TestServer, body: &Value) -> Answer {
    server.post("/auth/password/advice", body).await
}

#[actix_web::test]
async fn it_says_what_a_registration_would() {
    let server = TestServer::start().await;
    let person = json!({
        "username": "ada.lovelace",
        "email": "Ada.Lovelace@bücher.example",
        "full_name": "Augusta Ada King",
    });
    for password in [
        "",
        "short",
        "password",
        "qwertyuiop",
        "lovelace1815",
        "augustaking",
        // The address in the form in which it is kept.
        "xnbcherkvaexample",
        "latchkey1",
        "correcthorse",
        &"ж".repeat(1_025),
    ] {
        let mut body = person.clone();
        body["password"] = json!(password);
        let advised = advise(&server, &body).await.ok();
        let registered = server.post("/auth/register", &body).await;
        registered.assert_problem(422, "validation_failed");
        assert_eq!(
            advised,
            json!({
                "acceptable": false,
                "advice": registered.body["errors"][0]["message"],
            }),
            "{password}"
        );
    }
    let mut body = person;
    body["password"] = json!(PASSWORD);
    let answer = advise(&server, &body).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.cookies().is_empty());
    assert_eq!(answer.ok(), json!({"acceptable": true, "advice": null}));
    assert_eq!(server.post("/auth/register", &body).await.status, 201);
}

#[actix_web::test]
async fn what_was_typed_beside_it_need_not_be_right_yet() {
    let server = TestServer::start().await;
    let password = "kvelmorintash";
    let alone = advise(&server, &json!({ "password": password })).await.ok();
    assert_eq!(alone, json!({"acceptable": true, "advice": null}));
    for (field, typed) in [
        ("username", "Kvelmorin-tash!"),
        ("email", "kvelmorin.tash@"),
        ("full_name", " Kvelmorin Tash\n"),
    ] {
        let body = json!({"password": password, field: typed});
        let advised = advise(&server, &body).await.ok();
        assert_eq!(advised["acceptable"], false, "{field}");
    }
    let nothing = json!({"password": password, "username": null, "email": "", "full_name": ""});
    assert_eq!(advise(&server, &nothing).await.ok(), alone);
}

#[actix_web::test]
async fn nothing_is_longer_than_it_can_be() {
    let server = TestServer::start().await;
    let longest = "ж".repeat(254);
    let body = json!({"password": "", "username": longest, "email": longest, "full_name": longest});
    assert_eq!(advise(&server, &body).await.status, 200);
    for field in ["username", "email", "full_name"] {
        let mut body = body.clone();
        body[field] = json!(format!("{longest}x"));
        advise(&server, &body)
            .await
            .assert_invalid(&[(field, "length")]);
    }
}

/// Who has an account is told by nothing here: no account is looked at, and none could be.
#[actix_web::test]
async fn it_needs_no_database_and_leaves_no_trace() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let events = server.database.events();
    server.database.cut_off();
    let body = json!({"password": PASSWORD, "username": "ada", "email": "ada@example.org"});
    let advised = advise(&server, &body).await.ok();
    assert_eq!(advised, json!({"acceptable": true, "advice": null}));
    server.database.restore();
    assert_eq!(server.database.events(), events);
}
