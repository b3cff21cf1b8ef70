//! `auth-server events …`

use serde_json::Value;

use super::text;
use crate::harness::{TestServer, run};

#[actix_web::test]
async fn events_are_listed_with_what_is_known_of_them() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    server.try_log_in("ada", "wrong").await;
    let said = run(&server.database, &["events", "list"]).said();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[1].contains("login_failed") && lines[1].contains("127.0.0.1"));
    assert!(lines[2].contains(text(&ada, "session_id")), "{said}");
    let arguments = ["events", "list", "--user", "ada", "--kind", "registered"];
    let found = run(&server.database, &[&arguments[..], &["--json"]].concat()).json();
    assert_eq!(found["events"].as_array().unwrap().len(), 1);

    let unknown = ["events", "list", "--kind", "nothing"];
    let complaint = run(&server.database, &unknown).complained_with(2);
    assert!(complaint.contains("refresh_reuse"), "{complaint}");
}

/// Everything, also of people who are gone.
#[actix_web::test]
async fn events_are_exported_as_lines() {
    let server = TestServer::start().await;
    let ada = server.register("ada").await;
    server.database.execute(
        "insert into security_events (id, kind, user_agent)
         select gen_random_uuid(), 'login', E'two\\nlines' from generate_series(1, 250)",
    );
    let export = |arguments: &[&str]| {
        let said = run(
            &server.database,
            &[&["events", "export"], arguments].concat(),
        )
        .said();
        let lines = said.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect::<Vec<Value>>()
    };
    assert_eq!(export(&[]).len(), 252);
    assert_eq!(export(&["--kind", "events_export_begun"]).len(), 2);
    run(&server.database, &["users", "delete", "ada", "--yes"]).said();
    let id = text(&ada["user"], "id");
    assert_eq!(export(&["--user", id]).len(), 3);
    assert_eq!(export(&["--until", "2026-01-01T00:00:00Z"]).len(), 0);
}
