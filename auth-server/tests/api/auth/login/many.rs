//! A person has so many sessions at once and no more.

use crate::harness::TestServer;

#[actix_web::test]
async fn one_login_too_many_ends_the_session_that_was_not_used_for_the_longest_time() {
    let server = TestServer::start_with(&["--sessions-per-person", "3"]).await;
    let first = server.register("ada").await;
    let second = server.log_in("ada").await;
    let third = server.log_in("ada").await;
    server.register("grace").await;
    server.database.pass("1 m");
    let first = server.refresh(&first).await.ok();

    let fourth = server.log_in("ada").await;
    server
        .refresh(&second)
        .await
        .assert_problem(401, "session_revoked");
    server.me(&second).await.assert_session_ended();
    for tokens in [&first, &third, &fourth] {
        assert_eq!(server.me(tokens).await.status, 200);
    }
    let reasons = server
        .database
        .rows("select revoke_reason from sessions where revoked_at is not null");
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0]["revoke_reason"], "replaced");
    assert_eq!(server.database.events().last().unwrap(), "session_revoked");
    let listed = server
        .call(reqwest::Method::GET, "/auth/sessions")
        .bearer(&fourth)
        .send()
        .await;
    assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 3);
}
