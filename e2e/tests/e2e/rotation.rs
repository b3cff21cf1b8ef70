//! One successor for each refresh token, however many ask for it and wherever (R01, R05).

use std::collections::{HashSet, VecDeque};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local_run::wait;
use serde_json::json;

use crate::harness::client::{Answer, Client, SignedIn};
use crate::harness::database::SessionRow;
use crate::harness::system::{System, shared, start_alone};

const PARALLEL: usize = 64;
const GRACE: Duration = Duration::from_millis(200);
/// Sessions that take turns, so that the windows of the others pass while one has its round.
const SESSIONS: usize = 4;

/// R01. 500 rounds in full, and as many as take a few seconds otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_parallel_refreshes_through_two_replicas_all_get_the_one_successor_round_after_round()
{
    let system = start_alone(|settings| settings.set_auth("AUTH_REFRESH_GRACE", "200ms")).await;
    let replicas = auth_servers(&system);
    let wanted = if e2e::in_full() { 500 } else { 100 };
    // The first round finds its connections open.
    let turns = replicas.iter().cycle().take(PARALLEL);
    join_all(turns.map(|replica| replica.get("/health/live").send())).await;
    let started = Instant::now();
    let too_slow = rounds(&system, wanted, async |token| {
        let started = Instant::now();
        let turns = replicas.iter().cycle().take(PARALLEL);
        join_all(turns.map(|replica| timed(started, replica.refresh(token)))).await
    })
    .await;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "rotation: {wanted} rounds of {PARALLEL} refreshes, window {GRACE:?}, 2 replicas: 1 successor and \
         1 generation each, nobody logged out; {too_slow} further rounds had requests that took longer \
         than the window; {seconds:.0} s"
    );
}

/// R05.
#[tokio::test]
async fn a_slow_tab_survives_a_fast_one_that_refreshes_twice() {
    let system = start_alone(|settings| settings.set_auth("AUTH_REFRESH_GRACE", "200ms")).await;
    let [fast, slow] = auth_servers(&system);
    rounds(&system, 10, async |token| {
        let started = Instant::now();
        let first = timed(started, fast.refresh(token)).await;
        let successor = first.1.text("refresh_token").to_owned();
        let second = timed(started, fast.refresh(&successor)).await;
        let late = timed(started, slow.refresh(token)).await;
        vec![first, second, late]
    })
    .await;
}

/// R01, with the window that people have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_refreshes_have_one_successor_with_the_default_window() {
    let system = shared().await;
    let through_the_gateway = [system.client()];
    for _ in 0..5 {
        let ada = system.client().register().await;
        for clients in [&through_the_gateway[..], &auth_servers(&system)] {
            let turns = clients.iter().cycle().take(PARALLEL);
            let refreshed = turns.map(|client| refresh(client, &ada.refresh_token));
            let successors: HashSet<String> = join_all(refreshed).await.into_iter().collect();
            assert_eq!(successors.len(), 1);
        }
        assert_eq!(system.auth_database().session(ada.session), living(1));
    }
}

/// R05. The rotation is committed, and whoever asked for it hangs up without having read the answer.
#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let system = shared().await;
    let client = system.client();
    let ada = client.register().await;
    let body = json!({"refresh_token": ada.refresh_token}).to_string();
    let length = body.len();

    let address = client.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head =
        "POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    write!(connection, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
    wait::until("rotating", Duration::from_secs(30), || {
        let row = system.auth_database().session(ada.session);
        Ok((row.generation == 1).then_some(()))
    })
    .unwrap();
    drop(connection);

    let again = refresh(&client, &ada.refresh_token).await;
    assert_eq!(refresh(&client, &ada.refresh_token).await, again);
    assert_eq!(refresh(&client, &again).await, again);
    assert_eq!(system.auth_database().session(ada.session), living(1));
}

/// Does `attempt` with the current refresh token of a session, again and again: each time all answers hold
/// one and the same successor, and the session is one generation further. Gives back how many attempts
/// were too slow.
///
/// Whoever comes later than the grace window is a thief to the server. So on a machine that cannot serve an
/// attempt within the window, an attempt may fail by an answer that took longer than the window, and by no
/// other; it is then made again in a new session.
async fn rounds(
    system: &System,
    wanted: usize,
    attempt: impl AsyncFn(&str) -> Vec<(Duration, Answer)>,
) -> usize {
    let (client, database) = (system.client(), system.auth_database());
    let mut sessions = VecDeque::new();
    // In full the figure counts, and the machine has nothing else to do.
    let excused = if e2e::in_full() { wanted / 100 } else { wanted };
    let (mut done, mut too_slow) = (0, 0);
    while done < wanted {
        if sessions.len() < SESSIONS {
            let SignedIn {
                session,
                refresh_token,
                ..
            } = client.register().await;
            sessions.push_front((session, 0, refresh_token));
        }
        let (session, generation, refresh_token) = sessions.pop_front().unwrap();
        if generation > 0 {
            database.wait_for_the_end_of_the_window(session, GRACE);
        }
        let answers = attempt(&refresh_token).await;
        let Some(successor) = one_successor(&answers) else {
            too_slow += 1;
            assert!(
                too_slow <= excused,
                "this machine is too slow for {GRACE:?}"
            );
            continue;
        };
        assert_ne!(successor, refresh_token);
        assert_eq!(database.session(session), living(generation + 1));
        sessions.push_back((session, generation + 1, successor));
        done += 1;
    }
    too_slow
}

/// The successor that all answers hold; `None` where one came too late to hold any.
fn one_successor(answers: &[(Duration, Answer)]) -> Option<String> {
    let (refreshed, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|(_, answer)| answer.status == 200);
    for (elapsed, answer) in &refused {
        assert!(*elapsed >= GRACE, "after {elapsed:?}: {}", answer.body);
    }
    let successors: HashSet<&str> = refreshed
        .iter()
        .map(|(_, answer)| answer.text("refresh_token"))
        .collect();
    assert!(successors.len() <= 1, "{} successors", successors.len());
    let successor = successors.into_iter().next()?;
    refused.is_empty().then(|| successor.to_owned())
}

async fn timed(started: Instant, answer: impl Future<Output = Answer>) -> (Duration, Answer) {
    let answer = answer.await;
    (started.elapsed(), answer)
}

async fn refresh(client: &Client, token: &str) -> String {
    let answer = client.refresh(token).await;
    answer.assert_status(200);
    answer.text("refresh_token").to_owned()
}

fn auth_servers(system: &System) -> [Client; 2] {
    let replicas = system.stack.auth_servers.iter();
    let clients: Vec<Client> = replicas.map(|replica| Client::new(replica.url())).collect();
    clients.try_into().ok().unwrap()
}

fn living(generation: i64) -> SessionRow {
    SessionRow {
        generation,
        revoke_reason: None,
    }
}
