//! Both tokens in cookies, for clients that want it so: only where everyone was told to.

use serde_json::json;

use crate::harness::client::{Answer, Client, REFRESH_COOKIE, altered};
use crate::harness::system::{ACCESS_COOKIE, shared, start};

#[tokio::test]
async fn notes_are_served_by_the_access_cookie_where_it_is_switched_on() {
    let system = start(|settings| {
        settings.set_auth("AUTH_ACCESS_COOKIE", "true");
        settings.set_notes("NOTES_ACCESS_COOKIE", ACCESS_COOKIE);
    })
    .await;
    let client = system.client();
    let ada = client.register().await;
    let credentials =
        json!({"username": ada.username, "password": crate::harness::client::PASSWORD});
    let login = client.post("/auth/login").json(&credentials).send().await;
    let (token, attributes) = login.set_cookie(ACCESS_COOKIE).unwrap();
    assert_eq!(
        attributes,
        [
            "HttpOnly",
            "Max-Age=900",
            "Path=/",
            "SameSite=Strict",
            "Secure"
        ]
    );
    assert!(login.set_cookie(REFRESH_COOKIE).is_some());

    let list = client.get("/notes").cookie(ACCESS_COOKIE, &token);
    list.send().await.assert_status(200);
    let bad = client.get("/notes").cookie(ACCESS_COOKIE, &altered(&token));
    bad.send().await.assert_problem(401, "invalid_token");

    let header_wins = client
        .get("/notes")
        .cookie(ACCESS_COOKIE, &token)
        .bearer(&altered(&token));
    header_wins
        .send()
        .await
        .assert_problem(401, "invalid_token");

    let from = |origin: Option<&'static str>| write_by_cookie(&client, &token, origin);
    from(None).await.assert_problem(403, "cross_site_request");
    from(Some("https://elsewhere.example"))
        .await
        .assert_problem(403, "cross_site_request");
    let own = client.url.clone().leak();
    from(Some(own)).await.assert_status(201);

    // Among other cookies, as browsers send it.
    let among = format!("{REFRESH_COOKIE}=lkrt_x; theme=dark; {ACCESS_COOKIE}={token}");
    let list = client.get("/notes").header("cookie", &among).send().await;
    assert_eq!(list.body["notes"].as_array().unwrap().len(), 1);
}

/// R41: notes-api would take the cookie, and the gateway does not let it through.
#[tokio::test]
async fn cookies_do_not_reach_notes_api_where_it_is_not_switched_on() {
    let system = shared().await;
    let ada = system.client().register().await;
    let list = |client: Client| {
        let call = client
            .get("/notes")
            .cookie(ACCESS_COOKIE, &ada.access_token);
        async move { call.send().await }
    };
    let past_the_gateway = Client::new(system.stack.notes_apis[0].url());
    list(past_the_gateway).await.assert_status(200);
    list(system.client())
        .await
        .assert_problem(401, "missing_token");
}

async fn write_by_cookie(client: &Client, token: &str, origin: Option<&str>) -> Answer {
    let mut call = client
        .post("/notes")
        .cookie(ACCESS_COOKIE, token)
        .json(&json!({"title": "Harbour", "body": ""}));
    if let Some(origin) = origin {
        call = call.header("origin", origin);
    }
    call.send().await
}
