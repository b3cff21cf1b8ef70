//! `POST /auth/refresh`

use crate::harness::TestServer;

#[actix_web::test]
async fn a_refresh_gives_a_successor_and_a_fresh_access_token() {
    let server = TestServer::start().await;
    let signed_in = server.register("ada").await;

    let refreshed = server
        .refresh(signed_in["refresh_token"].as_str().unwrap())
        .await;

    assert_eq!(refreshed.status, 200);
    assert_ne!(refreshed.body["refresh_token"], signed_in["refresh_token"]);
    assert_ne!(refreshed.body["access_token"], signed_in["access_token"]);
    assert_eq!(refreshed.body["session_id"], signed_in["session_id"]);
}
