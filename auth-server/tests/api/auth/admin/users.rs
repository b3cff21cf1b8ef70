//! `/auth/admin/users`

use reqwest::Method;
use serde_json::{Value, json};

use super::{Office, done, id_of, text};
use crate::harness::{OTHER_PASSWORD, PASSWORD};

const NOBODY: &str = "users/018f6b6e-5c1a-7000-8000-000000000000";

#[actix_web::test]
async fn a_person_is_shown_with_all_that_matters() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    office.server.log_in("ada").await;
    let shown = office.get(&format!("users/{}", id_of(&ada))).await.ok();
    assert_eq!(
        shown,
        json!({
            "id": id_of(&ada),
            "username": "ada",
            "email": "ada@example.org",
            "full_name": null,
            "created_at": ada["user"]["created_at"],
            "administrator": false,
            "disabled_at": null,
            "disabled_reason": null,
            "password_changed_at": shown["password_changed_at"],
            "password_expires_at": null,
            "live_sessions": 2,
        })
    );
    office.get(NOBODY).await.assert_problem(404, "not_found");
    office
        .get("users/ada")
        .await
        .assert_problem(404, "not_found");
}

#[actix_web::test]
async fn people_are_found_by_how_their_names_begin() {
    let office = Office::open().await;
    for name in ["ada", "adam", "a_a", "grace"] {
        office.server.register(name).await;
    }
    office
        .server
        .database
        .execute("update users set email = 'adair@example.org' where username = 'grace'");
    let found = async |query: &str| {
        let page = office.get(&format!("users?query={query}")).await.ok();
        let users = page["users"].as_array().unwrap();
        let names: Vec<String> = users.iter().map(|user| text(user, "username")).collect();
        names.join(" ")
    };
    assert_eq!(found("").await, "grace a_a adam ada root");
    assert_eq!(found("ada").await, "grace adam ada");
    assert_eq!(found("%20ADAM").await, "adam");
    assert_eq!(found("ada@").await, "ada");
    // Signs of patterns are letters like others.
    assert_eq!(found("a_").await, "a_a");
    assert_eq!(found("%25").await, "");
    assert_eq!(found("da").await, "");
    let id = text(
        &office.get("users?query=grace").await.ok()["users"][0],
        "id",
    );
    assert_eq!(found(&id.to_uppercase()).await, "grace");
}

#[actix_web::test]
async fn a_list_is_walked_page_by_page() {
    let office = Office::open().await;
    office.server.database.execute(
        "insert into users (id, username, email, password_hash)
         select gen_random_uuid(), 'user' || n, 'user' || n || '@example.org', '-' from generate_series(1, 230) as n",
    );
    let all = office.walk("users", "limit=100").await;
    assert_eq!(all.len(), 231);
    assert_eq!(office.walk("users", "query=user&limit=7").await.len(), 230);
    let mut sorted = all.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(all, sorted);
    office
        .get("users?limit=0&cursor=x")
        .await
        .assert_invalid(&[("limit", "out_of_range"), ("cursor", "invalid")]);
    office
        .get("users?query=a%00b")
        .await
        .assert_invalid(&[("query", "invalid")]);
    office
        .get("users?page=2")
        .await
        .assert_problem(400, "malformed_request");
}

#[actix_web::test]
async fn someone_is_added_with_a_temporary_password() {
    let office = Office::open().await;
    let body = json!({"username": "Ada", "email": "Ada@example.org", "full_name": "Ada Lovelace"});
    let answer = office.post("users", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let password = answer.text("temporary_password").to_owned();
    let user = &answer.body["user"];
    assert_eq!(user["username"], "ada");
    assert_eq!(user["administrator"], false);
    let server = &office.server;
    let hours = server.database.row(
        "select extract(epoch from password_expires_at - password_changed_at)::int / 3600 as n
         from users where username = 'ada'",
    );
    assert_eq!(hours["n"], 24);
    server
        .try_log_in("ada", &password)
        .await
        .assert_problem(403, "password_change_required");
    let body = json!({"username": "ada", "password": password, "new_password": OTHER_PASSWORD});
    assert_eq!(server.post("/auth/login", &body).await.status, 200);
    assert_eq!(done(server), [("user_created".into(), "ada".into())]);
}

#[actix_web::test]
async fn someone_is_added_with_a_password_of_their_own() {
    let office = Office::open().await;
    let body = json!({
        "username": "ada",
        "email": "ada@example.org",
        "password": PASSWORD,
        "administrator": true,
    });
    let answer = office.post("users", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body.get("temporary_password"), None);
    assert_eq!(answer.body["user"]["administrator"], true);
    assert_eq!(office.server.try_log_in("ada", PASSWORD).await.status, 200);
    assert_eq!(
        done(&office.server),
        [
            ("user_created".into(), "ada".into()),
            ("administrator_granted".into(), "ada".into())
        ]
    );
}

#[actix_web::test]
async fn nobody_is_added_who_could_not_register() {
    let office = Office::open().await;
    let add = async |change: Value| {
        let mut body = json!({"username": "ada", "email": "ada@example.org", "password": PASSWORD});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        office.post("users", &body).await
    };
    add(json!({"username": "a", "email": "x", "full_name": ""}))
        .await
        .assert_invalid(&[
            ("username", "invalid"),
            ("email", "invalid"),
            ("full_name", "invalid"),
        ]);
    add(json!({"password": "ada@example.org"}))
        .await
        .assert_invalid(&[("password", "guessable")]);
    add(json!({"username": "root"}))
        .await
        .assert_problem(409, "username_taken");
    add(json!({"email": "root@example.org"}))
        .await
        .assert_problem(409, "email_taken");
    add(json!({"role": "root"}))
        .await
        .assert_problem(400, "malformed_request");
    assert_eq!(office.server.database.count("users"), 1);
    assert!(done(&office.server).is_empty());
}

/// R10.
#[actix_web::test]
async fn a_disabled_person_is_out_until_they_are_let_in() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    let path = format!("users/{}", id_of(&ada));
    let body = json!({"reason": " Reported for spam "});
    let disabled = office.post(&format!("{path}/disable"), &body).await.ok();
    assert_eq!(disabled["disabled_reason"], "Reported for spam");
    server.me(&ada).await.assert_session_ended();
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    // Once more changes nothing.
    let again = office.bare_post(&format!("{path}/disable")).await.ok();
    assert_eq!(again, disabled);

    let enabled = office.bare_post(&format!("{path}/enable")).await.ok();
    assert_eq!(
        (&enabled["disabled_at"], &enabled["disabled_reason"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(server.try_log_in("ada", PASSWORD).await.status, 200);
    for reason in ["", " ", "a\nb", &"a".repeat(201)] {
        office
            .post(&format!("{path}/disable"), &json!({ "reason": reason }))
            .await
            .assert_invalid(&[("reason", "invalid")]);
    }
    assert_eq!(
        done(server),
        [
            ("session_revoked".into(), "ada".into()),
            ("user_disabled".into(), "ada".into()),
            ("user_enabled".into(), "ada".into())
        ]
    );
    let told =
        "select details->>'reason' as reason from security_events where kind = 'user_disabled'";
    assert_eq!(
        server.database.row(told)["reason"],
        disabled["disabled_reason"]
    );
}

/// Who did it, and from where, is for operators: the person is shown that it happened.
#[actix_web::test]
async fn whoever_it_happens_to_does_not_see_from_where() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    let path = format!("users/{}/sign-out", id_of(&ada));
    assert_eq!(office.bare_post(&path).await.ok()["ended_sessions"], 1);
    let recorded = office
        .server
        .database
        .row("select ip, user_agent, details from security_events where kind = 'user_signed_out'");
    let root = &office.tokens;
    assert_eq!(
        recorded,
        json!({
            "ip": null,
            "user_agent": null,
            "details": {
                "by": id_of(root),
                "by_session": root["session_id"],
                "ip": "127.0.0.1",
                "user_agent": null,
            },
        })
    );
    let ada = office.server.log_in("ada").await;
    let events = office.server.call(Method::GET, "/auth/events").bearer(&ada);
    let events = events.send().await.ok();
    for (event, kind) in [(1, "session_revoked"), (2, "user_signed_out")] {
        let event = &events["events"][event];
        assert_eq!(
            (&event["kind"], &event["ip"], &event["details"]),
            (&json!(kind), &Value::Null, &Value::Null)
        );
    }
}

#[actix_web::test]
async fn a_deleted_person_is_gone_and_their_events_stay() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    let path = format!("users/{}", id_of(&ada));
    office.delete(&path).await.assert_no_content();
    office.delete(&path).await.assert_problem(404, "not_found");
    office.server.me(&ada).await.assert_session_ended();
    office
        .server
        .refresh(&ada)
        .await
        .assert_problem(401, "invalid_refresh_token");
    let events = office.get(&format!("events?user={}", id_of(&ada))).await;
    let events = events.ok();
    let kinds: Vec<&Value> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["kind"])
        .collect();
    assert_eq!(kinds, ["account_deleted", "session_revoked", "registered"]);
    // Its sessions are in the feed, though no row of theirs is left.
    assert_eq!(office.server.database.count("revocations"), 1);
    assert_eq!(
        office.server.register("ada").await["user"]["username"],
        "ada"
    );
}

#[actix_web::test]
async fn a_temporary_password_ends_all_sessions() {
    let office = Office::open().await;
    let server = &office.server;
    let ada = server.register("ada").await;
    let path = format!("users/{}/temporary-password", id_of(&ada));
    let made_up = office.bare_post(&path).await.ok();
    server.me(&ada).await.assert_session_ended();
    server
        .try_log_in("ada", PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    server
        .try_log_in("ada", made_up["temporary_password"].as_str().unwrap())
        .await
        .assert_problem(403, "password_change_required");

    let body = json!({"password": OTHER_PASSWORD});
    let given = office.post(&path, &body).await.ok();
    assert_eq!(given.get("temporary_password"), None);
    server
        .try_log_in("ada", OTHER_PASSWORD)
        .await
        .assert_problem(403, "password_change_required");
    office
        .post(&path, &json!({"password": "ada@example.org"}))
        .await
        .assert_invalid(&[("password", "guessable")]);
    office
        .bare_post(&format!("{NOBODY}/temporary-password"))
        .await
        .assert_problem(404, "not_found");
}

#[actix_web::test]
async fn what_is_done_to_nobody_is_not_found() {
    let office = Office::open().await;
    for call in ["disable", "enable", "sign-out"] {
        office
            .bare_post(&format!("{NOBODY}/{call}"))
            .await
            .assert_problem(404, "not_found");
    }
    let administrator = format!("{NOBODY}/administrator");
    for method in [Method::PUT, Method::DELETE] {
        office
            .call(method, &administrator, None)
            .await
            .assert_problem(404, "not_found");
    }
    assert!(done(&office.server).is_empty());
}

/// What is decided and what is recorded are one transaction.
#[actix_web::test]
async fn without_its_event_nothing_is_done() {
    let office = Office::open().await;
    let ada = office.server.register("ada").await;
    office.server.database.execute(
        "create function fail() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
         create trigger full_table before insert on security_events for each row execute function fail()",
    );
    let path = format!("users/{}", id_of(&ada));
    for call in ["disable", "sign-out", "temporary-password"] {
        office
            .bare_post(&format!("{path}/{call}"))
            .await
            .assert_unavailable();
    }
    office.delete(&path).await.assert_unavailable();
    assert_eq!(office.server.me(&ada).await.status, 200);
    assert_eq!(
        office
            .server
            .database
            .count("users where disabled_at is null and password_expires_at is null"),
        2
    );
}
