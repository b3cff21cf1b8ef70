//! What a refresh costs the database.

use serde_json::json;

use crate::harness::TestServer;

#[actix_web::test]
async fn a_rotation_is_one_statement() {
    let (server, proxy) = TestServer::start_watched().await;
    let mut tokens = server.register("ada").await;
    for _ in 0..3 {
        server.database.pass("31 s");
        proxy.take_executed();
        tokens = server.refresh(&tokens).await.ok();
        let executed = proxy.take_executed();
        assert_eq!(executed.len(), 1, "{executed:?}");
        assert!(
            executed[0].starts_with("update sessions set"),
            "{executed:?}"
        );
    }
}

#[actix_web::test]
async fn no_other_answer_to_a_refresh_takes_more_than_two_statements() {
    let (server, proxy) = TestServer::start_watched().await;
    let first = server.register("ada").await;
    let second = server.refresh(&first).await.ok();
    let cases = [
        ("the predecessor, inside the window", "0 s", &first, "Ok"),
        ("the current one, inside the window", "0 s", &second, "Ok"),
        (
            "an expired session",
            "8 d",
            &second,
            "refresh_token_expired",
        ),
        (
            "an expired session's older token",
            "0 s",
            &first,
            "refresh_token_expired",
        ),
    ];
    for (name, pass, tokens, expected) in cases {
        server.database.pass(pass);
        proxy.take_executed();
        let answer = server.refresh(tokens).await;
        let executed = proxy.take_executed();
        assert_eq!(
            answer.body["code"].as_str().unwrap_or("Ok"),
            expected,
            "{name}"
        );
        assert_eq!(executed.len(), 2, "{name}: {executed:?}");
        assert!(executed[0].starts_with("update") && executed[1].starts_with("SELECT"));
    }
    server
        .database
        .execute("update sessions set revoked_at = now(), revoke_reason = 'logout'");
    proxy.take_executed();
    server
        .refresh(&second)
        .await
        .assert_problem(401, "session_revoked");
    assert_eq!(proxy.take_executed().len(), 2);
}

#[actix_web::test]
async fn a_rotation_rewrites_its_row_in_place_and_touches_no_index() {
    let server = TestServer::start_with(&["--refresh-grace", "0"]).await;
    let mut tokens = server.register("ada").await;
    for _ in 0..50 {
        tokens = server.refresh(&tokens).await.ok();
    }
    // Each connection reports what it did when it ends, at the latest.
    server.database.cut_off();
    server.database.restore();
    // Of its partitions, where it has some.
    let counted = server.database.row(
        "select sum(n_tup_ins)::int as added, sum(n_tup_upd)::int as updated,
                sum(n_tup_hot_upd)::int as in_place, sum(pg_relation_size(relid))::int as bytes
         from pg_stat_user_tables
         where relid = 'sessions'::regclass
            or relid in (select inhrelid from pg_inherits where inhparent = 'sessions'::regclass)",
    );
    assert_eq!(
        counted,
        json!({"added": 1, "updated": 50, "in_place": 50, "bytes": 8_192})
    );
}
