//! `auth-server users …`

use reqwest::Method;
use serde_json::{Value, json};

use super::text;
use crate::harness::{
    Database, OTHER_PASSWORD, PASSWORD, TestServer, eventually, run, run_reading,
};

const CREATE: [&str; 5] = ["users", "create", "root", "--email", "root@example.org"];

/// The first administrator, on a database that no server has served from yet.
#[actix_web::test]
async fn the_first_administrator_comes_from_here() {
    let database = std::sync::Arc::new(Database::without_keys());
    let arguments = [&CREATE[..], &["--administrator", "--password-stdin"]].concat();
    let said = run_reading(&database, &arguments, &format!("{PASSWORD}\r\nrest")).said();
    assert!(said.starts_with("root is registered as "), "{said}");
    assert!(!said.contains(PASSWORD));

    let server = TestServer::start_on(&database, &[]).await;
    let body = json!({
        "identifier": "root",
        "password": PASSWORD,
        "scope": "auth:admin",
        "delivery": "body",
    });
    let tokens = server.post("/auth/login", &body).await.ok();
    let users = server.call(Method::GET, "/auth/admin/users");
    let users = users.bearer(&tokens).send().await.ok();
    assert_eq!(users["users"][0]["administrator"], true);
    assert_eq!(
        database.events()[..2],
        ["user_created", "administrator_granted"]
    );
}

#[actix_web::test]
async fn a_password_is_made_up_and_changed_at_the_first_login() {
    let server = TestServer::start().await;
    let created = run(&server.database, &[&CREATE[..], &["--json"]].concat()).json();
    let password = text(&created, "temporary_password");
    assert_eq!(created["user"]["username"], "root");
    server
        .try_log_in("root", password)
        .await
        .assert_problem(403, "password_change_required");
    let body = json!({"username": "root", "password": password, "new_password": OTHER_PASSWORD});
    assert_eq!(server.post("/auth/login", &body).await.status, 200);

    // For people, the same.
    let said = run(
        &server.database,
        &["users", "set-temporary-password", "root"],
    )
    .said();
    let mut lines = said.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .contains("all their sessions have ended")
    );
    let password = lines.next().unwrap().strip_prefix("Temporary password: ");
    assert!(lines.next().unwrap().contains("at the next login, before "));
    server
        .try_log_in("root", OTHER_PASSWORD)
        .await
        .assert_problem(401, "invalid_credentials");
    server
        .try_log_in("root", password.unwrap())
        .await
        .assert_problem(403, "password_change_required");
}

#[actix_web::test]
async fn whoever_could_not_register_is_not_added() {
    let database = Database::new();
    run(&database, &CREATE).said();
    let again = run(&database, &CREATE).complained_with(4);
    assert!(again.contains("goes by this username"), "{again}");
    let twin = ["users", "create", "toor", "--email", "ROOT@example.org"];
    let twin = run(&database, &twin).complained_with(4);
    assert!(twin.contains("this e-mail address"), "{twin}");
    let arguments = [
        "users",
        "create",
        "ada",
        "--email",
        "ada@example.org",
        "--password-stdin",
    ];
    let weak = run_reading(&database, &arguments, "ada@example.org\n").complained_with(4);
    assert!(weak.contains("easy to guess"), "{weak}");
    let nothing = run(&database, &arguments).complained_with(4);
    assert!(nothing.contains("8 to 1024"), "{nothing}");
    for (name, email) in [("a", "ada@example.org"), ("ada", "nowhere")] {
        let arguments = ["users", "create", name, "--email", email];
        run(&database, &arguments).complained_with(2);
    }
    assert_eq!(database.count("users"), 1);
}

#[actix_web::test]
async fn people_are_listed_and_shown() {
    let server = TestServer::start().await;
    for name in ["ada", "adam", "grace"] {
        server.register(name).await;
    }
    let said = run(&server.database, &["users", "list", "ADA", "--limit", "1"]).said();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].ends_with("STATE"));
    assert!(lines[1].contains("  adam  "), "{said}");
    let cursor = lines[2].strip_prefix("There may be more: --cursor ");
    let arguments = [
        "users",
        "list",
        "ada",
        "--cursor",
        cursor.unwrap(),
        "--json",
    ];
    let rest = run(&server.database, &arguments).json();
    assert_eq!(rest["users"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next_cursor"], Value::Null);
    let ada = &rest["users"][0];

    run(
        &server.database,
        &["users", "disable", "ada", "--reason", "Asked us to"],
    )
    .said();
    for who in ["ada", "Ada@example.org", text(ada, "id")] {
        let said = run(&server.database, &["users", "show", who]).said();
        assert!(said.contains("state            disabled\n"), "{said}");
        assert!(said.contains("because          Asked us to\n"), "{said}");
        assert!(said.ends_with("live sessions    0\n"), "{said}");
    }
    let shown = run(&server.database, &["users", "show", "grace", "--json"]).json();
    assert_eq!(shown["live_sessions"], 1);
    let nobody = run(&server.database, &["users", "show", "nobody"]).complained_with(3);
    assert_eq!(nobody, "auth-server: nobody is registered as nobody\n");
}

/// A plan for all values walks through everyone; one for the name finds them by its index. The first is what Postgres
/// is told to make where sessions are partitioned.
#[actix_web::test]
async fn few_are_found_by_an_index_whatever_postgres_is_told_of_plans() {
    let database = Database::new();
    database.execute(
        "do $$ begin
             execute format('alter database %I set plan_cache_mode = force_generic_plan', current_database());
         end $$;
         insert into users (id, username, email, password_hash)
         select gen_random_uuid(), 'user' || n, 'user' || n || '@example.org', '-' from generate_series(1, 20000) as n;
         analyze users",
    );
    let found = run(&database, &["users", "list", "user12345", "--json"]).json();
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    eventually("what the command did in Postgres' statistics", async || {
        let scans = "select idx_scan as n from pg_stat_user_indexes where indexrelname = 'users_username_beginning'";
        database.row(scans)["n"] == 1
    })
    .await;
}

/// Nobody takes a name by which an operator would mean somebody else.
#[actix_web::test]
async fn a_username_that_looks_like_an_id_is_a_username() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let id = text(&ada["user"], "id");
    let twin = id.replace('-', "");
    server.register(&twin).await;
    run(&server.database, &["users", "disable", &twin]).said();
    assert_eq!(server.me(&ada).await.status, 200);
    let shown = run(&server.database, &["users", "show", id, "--json"]).json();
    assert_eq!(text(&shown, "username"), "ada");
    let found = run(&server.database, &["users", "list", &twin, "--json"]).json();
    assert_eq!(text(&found["users"][0], "username"), twin);
}

#[actix_web::test]
async fn a_person_is_deleted_by_whoever_is_sure() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let unsure = run(&server.database, &["users", "delete", "ada"]).complained_with(4);
    assert!(unsure.contains("--yes"), "{unsure}");
    assert_eq!(server.me(&ada).await.status, 200);
    run(&server.database, &["users", "delete", "ada", "--yes"]).said();
    server.me(&ada).await.assert_session_ended();
    run(&server.database, &["users", "delete", "ada", "--yes"]).complained_with(3);
    assert_eq!(
        server.database.events(),
        ["registered", "session_revoked", "account_deleted"]
    );
}

#[actix_web::test]
async fn a_person_is_signed_out_everywhere_and_may_come_back() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let other = server.log_in("ada").await;
    let arguments = ["users", "sign-out", "ada", "--json"];
    let ended = run(&server.database, &arguments).json();
    assert_eq!(ended, json!({"ended_sessions": 2}));
    for tokens in [&ada, &other] {
        server.me(tokens).await.assert_session_ended();
    }
    let said = run(&server.database, &["users", "sign-out", "ada"]).said();
    assert!(said.contains("Sessions that ended: 0."), "{said}");
    server.log_in("ada").await;
}

#[actix_web::test]
async fn sessions_are_listed_and_ended() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    let id = text(&ada, "session_id");
    for filter in [["--user", "ada"], ["--ip", "127.0.0.0/8"]] {
        let arguments = [&["sessions", "list"][..], &filter].concat();
        let said = run(&server.database, &arguments).said();
        assert!(said.lines().nth(1).unwrap().starts_with(id), "{said}");
    }
    let said = run(&server.database, &["sessions", "revoke", id]).said();
    assert!(said.contains("has ended"), "{said}");
    let again = run(&server.database, &["sessions", "revoke", id, "--json"]).json();
    assert_eq!(again, json!({"id": id, "was_live": false}));
    server.me(&ada).await.assert_session_ended();
    let none = run(&server.database, &["sessions", "list", "--json"]).json();
    assert_eq!(none, json!({"sessions": [], "next_cursor": null}));
    let ended = run(&server.database, &["sessions", "list", "--ended"]).said();
    assert!(ended.contains("administrator"), "{ended}");
    let nobody = ["sessions", "list", "--user", "nobody"];
    run(&server.database, &nobody).complained_with(3);
}
