//! What outlives the end of every process, and what follows from the number of replicas: nothing.

use std::collections::HashSet;
use std::time::Duration;

use crate::harness::system::start;

/// R04.
#[tokio::test]
async fn reuse_is_detected_after_everything_was_killed_and_started_again() {
    let mut system = start(|settings| settings.set_auth("AUTH_REFRESH_GRACE", "200ms")).await;
    let client = system.client();
    let (ada, bea) = (client.register().await, client.register().await);
    let note = client.write_note(&bea.access_token, "Harbour").await;

    let first = client.refresh(&ada.refresh_token).await;
    let database = system.auth_database();
    database.wait_for_the_end_of_the_window(ada.session, Duration::from_millis(200));
    let second = client.refresh(first.text("refresh_token")).await;
    let second = second.text("refresh_token").to_owned();
    assert_ne!(second, first.text("refresh_token"));

    system.kill_everything();
    system.start_again(|_| {});

    let client = system.client();
    let replayed = client.refresh(&ada.refresh_token).await;
    replayed.assert_problem(401, "refresh_token_reused");
    let ended = client.refresh(&second).await;
    ended.assert_problem(401, "session_revoked");
    let row = system.auth_database().session(ada.session);
    assert_eq!(row.revoke_reason.as_deref(), Some("reuse"));

    // Who did nothing wrong notices nothing: the token of before is good, the note is there.
    let read = client
        .get(note.header("location"))
        .bearer(&bea.access_token);
    assert_eq!(read.send().await.body, note.body);
    client.refresh(&bea.refresh_token).await.assert_status(200);
}

#[tokio::test]
async fn replicas_are_added_by_configuration_alone() {
    let mut system = start(|settings| {
        settings.auth_servers = 1;
        settings.notes_apis = 1;
    })
    .await;
    let ada = system.client().register().await;

    system.start_again(|settings| {
        settings.auth_servers = 3;
        settings.notes_apis = 3;
    });
    let client = system.client();
    let lines_before = system.access_log().len();
    for _ in 0..30 {
        let list = client.get("/notes").bearer(&ada.access_token).send().await;
        list.assert_status(200);
        client.refresh(&ada.refresh_token).await.assert_status(200);
    }

    let lines = system.access_log().split_off(lines_before);
    let upstreams: HashSet<&str> = lines
        .iter()
        .filter_map(|line| line.split(" upstream=").nth(1)?.split(' ').next())
        .collect();
    let stack = &system.stack;
    for replica in stack.auth_servers.iter().chain(&stack.notes_apis) {
        let address = format!("127.0.0.1:{}", replica.port());
        assert!(
            upstreams.contains(address.as_str()),
            "{} is idle",
            replica.name()
        );
    }
    let row = system.auth_database().session(ada.session);
    assert_eq!((row.generation, row.revoke_reason), (1, None));
}
