//! The database takes no writes: the server is connected to a standby.

use crate::harness::{TestServer, eventually, registration};

#[actix_web::test]
async fn a_standby_is_no_database_and_its_connections_are_given_up() {
    let server = TestServer::start().await;
    server.database.cut_off();
    server.database.set_read_only(true);
    server.database.restore();
    let body = registration("ada");
    for _ in 0..3 {
        let refused = server.post("/auth/register", &body).await;
        refused.assert_unavailable();
        let ready = server.get("/health/ready").await;
        ready.assert_problem(503, "not_ready");
    }
    server.database.set_read_only(false);
    eventually("a connection that takes writes", async || {
        server.post("/auth/register", &body).await.status == 201
    })
    .await;
}
