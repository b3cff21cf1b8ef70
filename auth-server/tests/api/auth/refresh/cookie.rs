//! The cookie acts only from pages of ours, and a late failure takes nothing away.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, ISSUER, SetCookie, TestServer};

async fn refresh(server: &TestServer, cookie: &str, headers: &[(&str, &str)]) -> Answer {
    let mut call = server
        .call(Method::POST, "/auth/refresh")
        .bare_refresh_cookie(cookie);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await
}

#[actix_web::test]
async fn the_cookie_works_from_pages_of_ours() {
    let server = TestServer::start_with(&["--allowed-origins", "https://app.example"]).await;
    let cookie = server.register_with_cookie("ada").await;
    let ours: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", ISSUER)],
        &[("origin", ISSUER)],
        &[("origin", "https://app.example")],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://app.example"),
        ],
    ];
    for headers in ours {
        let answer = refresh(&server, &cookie, headers).await;
        assert_eq!(answer.status, 200, "{headers:?}: {}", answer.body);
    }
}

#[actix_web::test]
async fn the_cookie_does_nothing_for_other_sites_or_for_who_says_nothing() {
    let server = TestServer::start_with(&["--allowed-origins", "https://app.example"]).await;
    let cookie = server.register_with_cookie("ada").await;
    let foreign: &[&[(&str, &str)]] = &[
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "SAME-ORIGIN")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("sec-fetch-site", "cross-site"), ("origin", ISSUER)],
        &[("sec-fetch-site", "none"), ("origin", ISSUER)],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://app.example.evil.example")],
        &[("origin", "https://APP.example")],
        &[("origin", "https://app.example/")],
        &[("origin", "https://app.example:443")],
        &[("origin", "http://app.example")],
        &[("origin", ISSUER), ("origin", "https://evil.example")],
        &[("referer", "http://localhost:8080/")],
    ];
    for headers in foreign {
        let answer = refresh(&server, &cookie, headers).await;
        answer.assert_problem(403, "cross_site_request");
        assert!(answer.cookies().is_empty(), "{headers:?}");
    }
    assert_eq!(
        server.database.row("select generation from sessions")["generation"],
        0
    );
    assert_eq!(server.refresh_by_cookie(&cookie).await.status, 200);
}

#[actix_web::test]
async fn a_refused_refresh_does_not_take_the_cookie_back() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    let not_cleared = |answer: &Answer| assert!(answer.cookies().is_empty(), "{answer:?}");

    let forged = refresh(&server, "rubbish", &[("sec-fetch-site", "same-origin")]).await;
    forged.assert_problem(401, "invalid_refresh_token");
    not_cleared(&forged);

    server.refresh_by_cookie(&cookie).await;
    server.database.pass("31 s");
    let reused = server.refresh_by_cookie(&cookie).await;
    reused.assert_problem(401, "refresh_token_reused");
    not_cleared(&reused);
    // Another tab may have logged in meanwhile: a late failure here must not log that one out.
    let late = server.refresh_by_cookie(&cookie).await;
    late.assert_problem(401, "session_revoked");
    not_cleared(&late);
}

#[actix_web::test]
async fn only_the_cookie_of_exactly_that_name_is_read() {
    let server = TestServer::start().await;
    let value = server.register_with_cookie("ada").await;
    let send = async |lines: &[String]| {
        let mut call = server
            .call(Method::POST, "/auth/refresh")
            .header("sec-fetch-site", "same-origin");
        for line in lines {
            call = call.header("cookie", line);
        }
        call.send().await
    };
    // A neighbouring domain may plant these, but not a cookie of the guarded name.
    for name in [
        "__%48ost-refresh_token",
        "__host-refresh_token",
        "__HOST-REFRESH_TOKEN",
        "x__Host-refresh_token",
        "__Host-refresh_token2",
        "__Secure-refresh_token",
    ] {
        let answer = send(&[format!("{name}={value}")]).await;
        answer.assert_problem(401, "refresh_token_missing");
    }
    let name = SetCookie::REFRESH;
    let twice = format!("{name}={value}; {name}={value}");
    send(&[twice])
        .await
        .assert_problem(400, "malformed_request");
    send(&[format!("{name}={value}"), format!("{name}=x")])
        .await
        .assert_problem(400, "malformed_request");
    let among_others = format!("lang=fran\u{e7}ais;a=b;{name}={value}; c=\"d\"");
    assert_eq!(send(&[among_others]).await.status, 200);
}

#[actix_web::test]
async fn a_form_cannot_refresh() {
    let server = TestServer::start().await;
    let cookie = server.register_with_cookie("ada").await;
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
    ] {
        let answer = server
            .call(Method::POST, "/auth/refresh")
            .refresh_cookie(&cookie)
            .body(content_type, "refresh_token=x")
            .send()
            .await;
        answer.assert_problem(415, "unsupported_media_type");
    }
    assert_eq!(
        server
            .database
            .row("select generation, revoked_at from sessions"),
        json!({"generation": 0, "revoked_at": null})
    );
}

/// A slow answer that set the same cookie again would undo a successor that overtook it.
#[actix_web::test]
async fn a_cookie_that_stays_the_same_is_not_set_again() {
    let server = TestServer::start().await;
    let login = server.register_with_cookie("ada").await;
    let first = server.refresh_by_cookie(&login).await;
    let current = first.refresh_cookie().value;
    assert_ne!(current, login);

    let repeated = server.refresh_by_cookie(&current).await;
    assert_eq!(repeated.status, 200);
    assert!(repeated.cookies().is_empty(), "{:?}", repeated.headers);
    assert!(!repeated.text("access_token").is_empty());
    // Whoever missed it gets it again.
    let late = server.refresh_by_cookie(&login).await;
    assert_eq!(late.refresh_cookie().value, current);
    server.database.pass("31 s");
    let next = server.refresh_by_cookie(&current).await;
    assert_ne!(next.refresh_cookie().value, current);
}
