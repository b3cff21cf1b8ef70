//! notes-api checks tokens by itself: no call to the auth server, no database of anyone.

use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use diesel::Connection;
use local_run::postgres::Service;
use local_run::wait;

use crate::harness::client::{Client, altered};
use crate::harness::system::{System, shared, start};

#[tokio::test]
async fn checking_tokens_takes_neither_the_auth_server_nor_its_database() {
    let mut system = start(|_| {}).await;
    let ada = system.client().register().await;
    let replicas: Vec<Client> = system
        .stack
        .notes_apis
        .iter()
        .map(|replica| Client::new(replica.url()))
        .collect();

    let asked_before = requests_to_auth_servers(&system);
    assert_ne!(asked_before, 0, "requests are counted");
    check_tokens(&replicas, &ada.access_token).await;
    check_tokens(&[system.client()], &ada.access_token).await;
    assert_eq!(requests_to_auth_servers(&system), asked_before);

    assert_ne!(system.auth_database().connections_of("latchkey_auth"), 0);
    assert_eq!(system.auth_database().connections_of("latchkey_notes"), 0);

    for auth_server in &mut system.stack.auth_servers {
        auth_server.stop().unwrap();
    }
    system.auth_database().close_for_everyone();
    check_tokens(&replicas, &ada.access_token).await;
    check_tokens(&[system.client()], &ada.access_token).await;
    let client = system.client();
    let written = client.write_note(&ada.access_token, "Harbour").await;
    written.assert_status(201);
    assert_eq!(requests_to_auth_servers(&system), asked_before);
    for notes_api in &replicas {
        notes_api
            .get("/health/ready")
            .send()
            .await
            .assert_status(200);
    }
}

/// R62.
#[tokio::test]
async fn the_roles_of_notes_api_cannot_read_auth_data() {
    let system = shared().await;
    let server = system.stack.postgres.server();
    let auth = Service::Auth.database();
    for url in [
        server.service_url(Service::Notes, auth),
        server.owner_url(Service::Notes, auth),
    ] {
        let refusal = diesel::PgConnection::establish(&url).err().unwrap();
        assert!(
            refusal.to_string().contains("permission denied"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_notes_api_that_starts_first_waits_for_the_keys() {
    let mut system = start(|settings| settings.notes_apis = 1).await;
    let ada = system.client().register().await;
    let stack = &mut system.stack;
    stack.notes_apis[0].stop().unwrap();
    for auth_server in &mut stack.auth_servers {
        auth_server.stop().unwrap();
    }

    let notes_api = &mut stack.notes_apis[0];
    notes_api.launch().unwrap();
    let client = Client::new(notes_api.url());
    let port = notes_api.port();
    wait::until("listening", Duration::from_secs(30), || {
        Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok())
    })
    .unwrap();
    let cold = client.get("/health/ready").send().await;
    cold.assert_problem(503, "not_ready");
    let missing = cold.body["errors"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{}", cold.body);
    let early = client.get("/notes").bearer(&ada.access_token).send().await;
    early.assert_problem(503, "unavailable");
    assert!(early.headers.contains_key("retry-after"));

    stack.auth_servers[0].start().unwrap();
    notes_api.wait_until_ready().unwrap();
    let served = client.get("/notes").bearer(&ada.access_token).send().await;
    served.assert_status(200);
}

/// A good token passes and bad ones do not, many times.
async fn check_tokens(clients: &[Client], token: &str) {
    for client in clients {
        for _ in 0..20 {
            let served = client.get("/notes").bearer(token).send().await;
            served.assert_status(200);
            let refused = client.get("/notes").bearer(&altered(token)).send().await;
            refused.assert_problem(401, "invalid_token");
        }
    }
}

/// As the auth servers log them, through the gateway or past it.
fn requests_to_auth_servers(system: &System) -> usize {
    let replicas = system.stack.auth_servers.iter();
    replicas
        .map(|replica| {
            let log = std::fs::read_to_string(replica.log()).unwrap();
            let answers = log.lines().filter(|line| line.contains(" request] "));
            // Those of the harness itself, which asks until a replica is ready, and what is fetched in the
            // background, whoever calls.
            let aside = ["/health/", "/.well-known/"];
            answers
                .filter(|line| !aside.iter().any(|path| line.contains(path)))
                .count()
        })
        .sum()
}
