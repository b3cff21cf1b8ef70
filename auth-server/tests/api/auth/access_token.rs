//! The access token itself: what is in it, by whose key, and what is not taken for one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use ring::{digest, hmac};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{ISSUER, TestServer, active_key, claims, forge, header, registration, sign};

/// RFC 7638 section 3, by the letter.
fn thumbprint(key: &Value) -> String {
    let canonical = format!(
        r#"{{"e":{},"kty":{},"n":{}}}"#,
        key["e"], key["kty"], key["n"]
    );
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}

#[actix_web::test]
async fn an_access_token_says_exactly_this() {
    let server = TestServer::start().await;
    let mut body = registration("ada");
    body["full_name"] = json!("Ada Lovelace");
    let tokens = server.post("/auth/register", &body).await.body;
    let keys = server.get("/.well-known/jwks.json").await.ok();

    assert_eq!(
        header(&tokens),
        json!({"alg": "RS256", "typ": "at+jwt", "kid": thumbprint(&keys["keys"][0])})
    );
    let claims = claims(&tokens);
    let issued_at = claims["iat"].as_i64().unwrap();
    let jti = claims["jti"].as_str().unwrap();
    assert!(Uuid::try_parse(jti).is_ok());
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER,
            "sub": tokens["user"]["id"],
            "aud": ["auth-server", "notes-api"],
            "exp": issued_at + 900,
            "iat": issued_at,
            "jti": jti,
            "sid": tokens["session_id"],
            "client_id": "latchkey",
            "auth_time": issued_at,
            "scope": "notes:read notes:write",
            "preferred_username": "ada",
            "email": "ada@example.org",
            "name": "Ada Lovelace",
        })
    );
    let now = server
        .database
        .row("select extract(epoch from now())::bigint as now")["now"]
        .clone();
    assert!((0..10).contains(&(now.as_i64().unwrap() - issued_at)));
}

#[actix_web::test]
async fn the_settings_of_access_tokens_are_in_them() {
    let server = TestServer::start_with(&[
        "--issuer",
        "https://id.example",
        "--audiences",
        "notes-api,photos-api",
        "--scope",
        "photos:read",
        "--access-token-ttl",
        "5m",
    ])
    .await;
    let tokens = server.register("ada").await;
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(tokens["scope"], "photos:read");
    let claims = claims(&tokens);
    assert_eq!(claims["iss"], "https://id.example");
    assert_eq!(
        claims["aud"],
        json!(["auth-server", "notes-api", "photos-api"])
    );
    assert_eq!(claims["scope"], "photos:read");
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        300
    );
    assert_eq!(claims.get("name"), None);
    assert_eq!(server.me(&tokens).await.status, 200);
}

#[actix_web::test]
async fn a_refresh_changes_no_more_than_time_and_id() {
    let server = TestServer::start().await;
    let first = server.register("ada").await;
    server.database.pass("1 h");
    let second = server.refresh(&first).await.ok();
    let (mut before, after) = (claims(&first), claims(&second));
    // The login was an hour ago, by the row; a refresh is no login.
    let logged_in = before["auth_time"].as_i64().unwrap();
    assert_eq!(after["auth_time"], logged_in - 3_600);
    assert_ne!(before["jti"], after["jti"]);
    for member in ["iat", "exp", "jti", "auth_time"] {
        before[member] = after[member].clone();
    }
    assert_eq!(before, after);
}

#[actix_web::test]
async fn another_library_verifies_it_with_the_published_pem() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let pem = server.get("/.well-known/public-key.pem").await.ok();
    let key = DecodingKey::from_rsa_pem(pem.as_str().unwrap().as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&["notes-api"]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);

    let token = tokens["access_token"].as_str().unwrap();
    let decoded = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();
    assert_eq!(decoded.claims, claims(&tokens));
    validation.set_audience(&["other-api"]);
    assert!(jsonwebtoken::decode::<Value>(token, &key, &validation).is_err());
}

#[actix_web::test]
async fn a_token_for_another_service_is_refused() {
    type Change = fn(&mut Value);

    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let key = active_key(&server.database);
    let genuine = claims(&tokens);
    let with = |change: Change| {
        let mut changed = genuine.clone();
        change(&mut changed);
        sign(&key, &header(&tokens), &changed)
    };
    let changes: &[(&str, Change)] = &[
        ("another service's", |claims| {
            claims["aud"] = json!(["notes-api"]);
        }),
        ("a longer name's", |claims| {
            claims["aud"] = json!(["auth-server-2"]);
        }),
        ("nobody's", |claims| claims["aud"] = json!([])),
        ("a bare audience", |claims| {
            claims["aud"] = json!("auth-server");
        }),
        ("another issuer's", |claims| {
            claims["iss"] = json!("http://localhost:8081");
        }),
        ("yesterday's", |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 86_400);
            claims["exp"] = json!(claims["exp"].as_i64().unwrap() - 86_400);
        }),
        ("tomorrow's", |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 86_400);
            claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 86_400);
        }),
        ("one of years", |claims| {
            claims["exp"] = json!(4_000_000_000_i64);
        }),
        ("nobody's session", |claims| {
            claims.as_object_mut().unwrap().remove("sid");
        }),
    ];
    assert_eq!(
        show(&server, &with(|_| {})).await.0,
        200,
        "the ground truth"
    );
    for (name, change) in changes {
        assert_eq!(
            show(&server, &with(*change)).await,
            (401, "invalid_token".to_owned()),
            "{name}"
        );
    }
}

#[actix_web::test]
async fn a_token_of_a_session_or_person_that_never_was_is_an_ended_one() {
    let server = TestServer::start().await;
    let (ada, grace) = (server.register("ada").await, server.register("grace").await);
    let key = active_key(&server.database);
    let nobody = json!("01990000-0000-7000-8000-000000000000");
    for (sub, sid) in [
        (&nobody, &ada["session_id"]),
        (&ada["user"]["id"], &nobody),
        (&ada["user"]["id"], &grace["session_id"]),
        (&json!("ada"), &ada["session_id"]),
        (&ada["user"]["id"], &json!("' or true --")),
    ] {
        let mut mixed = claims(&ada);
        mixed["sub"] = sub.clone();
        mixed["sid"] = sid.clone();
        let token = sign(&key, &header(&ada), &mixed);
        assert_eq!(
            show(&server, &token).await,
            (401, "session_revoked".to_owned()),
            "{sub} {sid}"
        );
    }
}

#[actix_web::test]
async fn no_other_algorithm_type_or_key_is_taken() {
    let server = TestServer::start().await;
    let tokens = server.register("ada").await;
    let key = active_key(&server.database);
    let pem = server.get("/.well-known/public-key.pem").await.ok();
    let genuine = header(&tokens);
    let with = |member: &str, value: Value| {
        let mut changed = genuine.clone();
        changed[member] = value;
        changed
    };
    let hs256 = with("alg", json!("HS256"));
    let unsigned = forge(&hs256, &claims(&tokens), &[]);
    let message = unsigned.trim_end_matches('.').as_bytes();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pem.as_str().unwrap().as_bytes());
    let confused = forge(
        &hs256,
        &claims(&tokens),
        hmac::sign(&secret, message).as_ref(),
    );

    let mut refused = vec![
        confused,
        forge(&with("alg", json!("none")), &claims(&tokens), &[]),
        forge(&with("alg", json!("None")), &claims(&tokens), &[0; 256]),
        forge(&genuine, &claims(&tokens), &[0; 256]),
    ];
    for (member, value) in [
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("typ", json!("JWT")),
        ("typ", json!("at+JWT ")),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' or ''='")),
        ("kid", json!(null)),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ] {
        refused.push(sign(&key, &with(member, value), &claims(&tokens)));
    }
    for token in refused {
        assert_eq!(
            show(&server, &token).await,
            (401, "invalid_token".to_owned()),
            "{token}"
        );
    }
}

async fn show(server: &TestServer, token: &str) -> (u16, String) {
    let answer = server
        .call(Method::GET, "/auth/me")
        .bearer_token(token)
        .send()
        .await;
    let code = answer.body["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code.to_owned())
}
