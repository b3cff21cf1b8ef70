//! `auth-server keys list | rotate | revoke`

use std::sync::Arc;

use super::{kid, kids, list, publish_just_now, publishes, ripen, signs_with};
use crate::harness::{Database, TestServer, header, run};

#[actix_web::test]
async fn the_list_shows_where_each_key_stands() {
    let database = Database::new();
    let said = run(&database, &["keys", "list"]).said();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("KID"), "{said}");
    for (line, state) in lines[1..].iter().zip(["active", "pending"]) {
        assert!(
            line.starts_with(&kid(&database, state)) && line.contains(state),
            "{said}"
        );
    }
    assert_eq!(lines.len(), 3);
    assert!(!said.contains("sealed"));
}

#[actix_web::test]
async fn a_rotation_by_hand_waits_for_nothing_but_the_keys_publication() {
    let database = Arc::new(Database::new());
    let server = TestServer::start_on(&database, &["--jwks-max-age", "1s"]).await;
    let tokens = server.register("ada").await;
    let (old, new) = (kid(&database, "active"), kid(&database, "pending"));
    publish_just_now(&database);

    let refused = run(&database, &["keys", "rotate"]).complained();
    assert!(
        refused.contains(&new) && refused.contains("may sign from"),
        "{refused}"
    );
    let refused = run(&database, &["keys", "rotate", &old]).complained();
    assert!(refused.contains("not pending"), "{refused}");
    let refused = run(&database, &["keys", "rotate", "nobody"]).complained();
    assert!(
        refused.contains("no published key is named nobody"),
        "{refused}"
    );
    assert_eq!(kid(&database, "active"), old);

    ripen(&database);
    let said = run(&database, &["keys", "rotate"]).said();
    assert!(said.contains(&new), "{said}");
    assert_eq!(kid(&database, "active"), new);
    assert_eq!(kid(&database, "retiring"), old);
    signs_with(&server, &tokens, &new).await;
    assert_eq!(server.me(&tokens).await.status, 200);
    assert_eq!(database.events().last().unwrap(), "key_rotated");
}

/// R24, as far as the auth server goes.
#[actix_web::test]
async fn a_revoked_key_is_gone_at_once_and_the_pending_one_takes_over() {
    let database = Arc::new(Database::new());
    ripen(&database);
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    let (stolen, next) = (kid(&database, "active"), kid(&database, "pending"));

    let said = run(&database, &["keys", "revoke", &stolen]).said();
    assert!(
        said.contains(&next) && !said.contains("not published for long"),
        "{said}"
    );
    assert_eq!(
        (kid(&database, "revoked"), kid(&database, "active")),
        (stolen.clone(), next.clone())
    );
    publishes(&server, &[next.clone(), kid(&database, "pending")]).await;
    server
        .me(&tokens)
        .await
        .assert_problem(401, "invalid_token");
    // The session is as good as before.
    let refreshed = server.refresh(&tokens).await.ok();
    assert_eq!(header(&refreshed)["kid"], next.as_str());
    assert_eq!(server.me(&refreshed).await.status, 200);

    let row = database
        .row("select details->>'kid' as kid from security_events where kind = 'key_revoked'");
    assert_eq!(row["kid"], stolen.as_str());
    let again = run(&database, &["keys", "revoke", &stolen]).complained();
    assert!(again.contains("no published key"), "{again}");
}

#[actix_web::test]
async fn an_emergency_does_not_wait_for_a_key_to_ripen() {
    let database = Arc::new(Database::new());
    let (stolen, next) = (kid(&database, "active"), kid(&database, "pending"));
    publish_just_now(&database);
    let said = run(&database, &["keys", "revoke", &stolen]).said();
    assert!(
        said.contains(&next) && said.contains("not published for long"),
        "{said}"
    );
    assert_eq!(kid(&database, "active"), next);

    // Nor for one to be there at all.
    database.execute("delete from signing_keys where activated_at is null");
    run(&database, &["keys", "revoke", &next]).said();
    assert_eq!(kids(&database, "revoked").len(), 2);
    let server = TestServer::start_on(&database, &[]).await;
    let tokens = server.register("ada").await;
    assert_eq!(header(&tokens)["kid"], kid(&database, "active").as_str());
}

#[actix_web::test]
async fn a_pending_key_that_is_revoked_never_signs() {
    let database = Database::new();
    let (active, pending) = (kid(&database, "active"), kid(&database, "pending"));
    run(&database, &["keys", "revoke", &pending]).said();
    assert_eq!(kid(&database, "active"), active);
    assert_eq!(kid(&database, "revoked"), pending);
    assert_ne!(kid(&database, "pending"), pending);
    assert!(
        list(&database)
            .iter()
            .all(|key| key["kid"] != pending.as_str() || key["activated_at"].is_null())
    );
}

/// One key id in 64 begins with a hyphen, and one in 4096 with two.
#[test]
fn a_key_is_not_taken_for_an_option() {
    let database = Database::new();
    for command in ["rotate", "revoke"] {
        for kid in ["-z", "-hz", "--z"] {
            let complaint = run(&database, &["keys", command, kid]).complained();
            assert!(
                complaint.contains(&format!("no published key is named {kid}")),
                "{complaint}"
            );
        }
    }
}

#[test]
fn commands_that_cannot_reach_the_database_say_so() {
    for arguments in [
        &["keys", "list"][..],
        &["keys", "rotate"],
        &["users", "disable", "ada"],
    ] {
        let mut all = arguments.to_vec();
        all.extend(["--database-url", "postgres://user:canary@127.0.0.1:1/none"]);
        let complaint = run(&Database::not_migrated(), &all).complained();
        assert!(
            complaint.contains("127.0.0.1") && !complaint.contains("canary"),
            "{complaint}"
        );
    }
}
