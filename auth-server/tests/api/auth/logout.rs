//! `POST /auth/logout`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, TestServer};

/// Three sessions of Ada's and one of Grace's; the first of Ada's is the one that asks.
struct People {
    server: TestServer,
    ada: [Value; 3],
    grace: Value,
}

impl People {
    async fn sign_in() -> Self {
        let server = TestServer::start().await;
        let ada = [
            server.register("ada").await,
            server.log_in("ada").await,
            server.log_in("ada").await,
        ];
        let grace = server.register("grace").await;
        Self { server, ada, grace }
    }

    /// Asserts which of Ada's sessions are live, by refreshing and by asking.
    async fn assert_live(&self, expected: [bool; 3]) {
        for (tokens, live) in self.ada.iter().zip(expected) {
            let (refreshed, me) = (
                self.server.refresh(tokens).await,
                self.server.me(tokens).await,
            );
            if live {
                assert_eq!(refreshed.status, 200, "{}", refreshed.body);
                assert_eq!(me.status, 200);
            } else {
                refreshed.assert_problem(401, "session_revoked");
                me.assert_session_ended();
            }
        }
        assert_eq!(self.server.refresh(&self.grace).await.status, 200);
        assert_eq!(self.server.me(&self.grace).await.status, 200);
    }

    fn logout_events(&self) -> usize {
        let events = self.server.database.events();
        events.iter().filter(|kind| *kind == "logout").count()
    }
}

/// How the one who asks shows who they are.
#[derive(Clone, Copy, Debug)]
enum By {
    Cookie,
    Body,
    Bearer,
}

async fn log_out(server: &TestServer, by: By, tokens: &Value, scope: Option<&str>) -> Answer {
    let mut body = scope.map_or(json!({}), |scope| json!({ "scope": scope }));
    let call = server.call(Method::POST, "/auth/logout");
    let call = match by {
        By::Cookie => call.refresh_cookie(tokens["refresh_token"].as_str().unwrap()),
        By::Bearer => call.bearer(tokens),
        By::Body => {
            body["refresh_token"] = tokens["refresh_token"].clone();
            call
        }
    };
    call.json(&body).send().await
}

#[actix_web::test]
async fn logging_out_ends_the_wanted_sessions_and_no_others() {
    let cases = [
        (None, [false, true, true], 1),
        (Some("this"), [false, true, true], 1),
        (Some("others"), [true, false, false], 2),
        (Some("all"), [false, false, false], 3),
    ];
    for by in [By::Cookie, By::Body, By::Bearer] {
        for (scope, live, events) in cases {
            let people = People::sign_in().await;
            for _repeated in 0..2 {
                let answer = log_out(&people.server, by, &people.ada[0], scope).await;
                answer.assert_no_content();
                if scope == Some("others") {
                    assert!(answer.cookies().is_empty(), "this browser stays signed in");
                } else {
                    answer.assert_cookies_cleared();
                }
            }
            people.assert_live(live).await;
            assert_eq!(people.logout_events(), events, "{by:?} {scope:?}");
        }
    }
}

#[actix_web::test]
async fn a_logout_needs_no_body_and_knows_no_stranger() {
    let server = TestServer::start().await;
    for call in [
        server.call(Method::POST, "/auth/logout"),
        server.call(Method::POST, "/auth/logout").json(&json!({})),
        server
            .call(Method::POST, "/auth/logout")
            .refresh_cookie("rubbish"),
        server
            .call(Method::POST, "/auth/logout")
            .json(&json!({"refresh_token": "rubbish"})),
    ] {
        let answer = call.send().await;
        answer.assert_no_content();
        answer.assert_cookies_cleared();
    }
    assert_eq!(server.database.count("security_events"), 0);
}

#[actix_web::test]
async fn a_bad_access_token_logs_nobody_out() {
    let server = TestServer::start().await;
    server.register("ada").await;
    let answer = server
        .call(Method::POST, "/auth/logout")
        .bearer_token("rubbish")
        .send()
        .await;
    answer.assert_problem(401, "invalid_token");
    assert_eq!(
        server.database.count("sessions where revoked_at is null"),
        1
    );
}

#[actix_web::test]
async fn a_superseded_token_ends_its_own_session_only() {
    for scope in ["this", "others", "all"] {
        let people = People::sign_in().await;
        people.server.refresh(&people.ada[0]).await.ok();
        people.server.database.pass("31 s");
        let answer = log_out(&people.server, By::Body, &people.ada[0], Some(scope)).await;
        if scope == "this" {
            answer.assert_no_content();
        } else {
            answer.assert_problem(401, "refresh_token_reused");
        }
        people.assert_live([false, true, true]).await;
    }
}

#[actix_web::test]
async fn a_predecessor_inside_the_window_still_speaks_for_the_person() {
    let people = People::sign_in().await;
    people.server.refresh(&people.ada[0]).await.ok();
    log_out(&people.server, By::Body, &people.ada[0], Some("all"))
        .await
        .assert_no_content();
    people.assert_live([false, false, false]).await;
}

#[actix_web::test]
async fn an_ended_session_ends_no_others() {
    let people = People::sign_in().await;
    log_out(&people.server, By::Body, &people.ada[0], None)
        .await
        .assert_no_content();
    for by in [By::Cookie, By::Body, By::Bearer] {
        for scope in ["others", "all"] {
            log_out(&people.server, by, &people.ada[0], Some(scope))
                .await
                .assert_no_content();
        }
    }
    people.assert_live([false, true, true]).await;
}

#[actix_web::test]
async fn a_page_of_another_site_logs_nobody_out() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        // The browser keeps a strict cookie from a form of another site, but would take it back.
        for with_cookie in [true, false] {
            let mut call = server
                .call(Method::POST, "/auth/logout")
                .header(name, value);
            if with_cookie {
                call = call.bare_refresh_cookie(&cookie);
            }
            let answer = call.send().await;
            answer.assert_problem(403, "cross_site_request");
            assert!(answer.cookies().is_empty(), "{name}: {value}");
        }
    }
    let unsaid = server
        .call(Method::POST, "/auth/logout")
        .bare_refresh_cookie(&cookie)
        .send()
        .await;
    unsaid.assert_problem(403, "cross_site_request");

    let ours = server
        .call(Method::POST, "/auth/logout")
        .bare_refresh_cookie(&cookie)
        .header("origin", ISSUER)
        .send()
        .await;
    ours.assert_no_content();
    assert_eq!(
        server.database.count("sessions where revoked_at is null"),
        0
    );
}

#[actix_web::test]
async fn two_refresh_tokens_are_one_too_many() {
    let people = People::sign_in().await;
    let answer = people
        .server
        .call(Method::POST, "/auth/logout")
        .refresh_cookie(people.ada[0]["refresh_token"].as_str().unwrap())
        .json(&json!({"refresh_token": people.ada[1]["refresh_token"]}))
        .send()
        .await;
    answer.assert_problem(400, "malformed_request");
    people.assert_live([true, true, true]).await;
}

#[actix_web::test]
async fn a_body_that_is_no_logout_is_refused() {
    let server = TestServer::start().await;
    for body in [
        "[]",
        "\"all\"",
        r#"{"scope":"everything"}"#,
        r#"{"scope":null}"#,
        r#"{"scope":"all","scope":"this"}"#,
        r#"{"everywhere":true}"#,
        r#"{"refresh_token":1}"#,
        "{",
    ] {
        let answer = server
            .call(Method::POST, "/auth/logout")
            .body("application/json", body)
            .send()
            .await;
        answer.assert_problem(400, "malformed_request");
    }
    let answer = server
        .call(Method::POST, "/auth/logout")
        .body("application/x-www-form-urlencoded", "scope=all")
        .send()
        .await;
    answer.assert_problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn a_logout_that_is_not_stored_does_not_pretend() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    server.database.cut_off();
    let answer = server
        .call(Method::POST, "/auth/logout")
        .refresh_cookie(&cookie)
        .send()
        .await;
    answer.assert_unavailable();
    server.database.restore();
    server.ready().await;
    assert_eq!(server.refresh_by_cookie(&cookie).await.status, 200);
}
