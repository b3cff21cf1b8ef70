//! slowhttptest against the gateway: slow heads, slow bodies, slow reading, overlapping ranges. Someone
//! else's calls are answered meanwhile, and the tool itself finds the service available.

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::harness::client::{Client, SignedIn};
use crate::harness::in_full;
use crate::harness::system::start_alone;

/// The attacker's is 127.0.0.1: what is counted by client is counted apart.
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The longest answer that there is.
const LONG: &str = "/api-docs/swagger-ui-bundle.js";

/// Someone else's calls are this far apart: 200 a second at the most, of the 500 that the gateway allows.
const BETWEEN_CALLS: Duration = Duration::from_millis(5);

/// What someone found while the attack went on.
#[derive(Default)]
struct Calls {
    answered: usize,
    failed: Vec<String>,
    slowest: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_served_while_slow_clients_do_their_worst() {
    let mut system = start_alone(|settings| {
        settings.set_auth("AUTH_THROTTLE", "on");
        settings.rate_limit = true;
    })
    .await;
    let url = system.stack.url();
    let client = Client::calling_from(url.clone(), ANOTHER);
    let mut ada = client.register().await;
    client
        .write_note(&ada.access_token, "Harbour")
        .await
        .assert_status(201);
    let (connections, seconds) = if in_full() {
        ("1000", "60")
    } else {
        ("400", "12")
    };
    for (name, path, options) in [
        ("slow heads", "/notes", &["-H", "-i", "2"][..]),
        ("slow bodies", "/notes", &["-B", "-i", "2", "-s", "500000"]),
        (
            "slow reading",
            LONG,
            &["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32"],
        ),
        ("ranges", LONG, &["-R", "-a", "5", "-b", "3000"]),
    ] {
        let mut attack = Command::new("slowhttptest");
        attack.args(options).args(["-u", &format!("{url}{path}")]);
        attack.args(["-c", connections, "-r", "200", "-l", seconds, "-p", "3"]);
        let attack = tokio::task::spawn_blocking(move || attack.output().unwrap());
        let calls = call_until(|| attack.is_finished(), &client, &mut ada).await;
        let verdict = verdict(&attack.await.unwrap());
        let total = calls.answered + calls.failed.len();
        println!(
            "{name}: {connections} connections; {total} calls of someone else, {} failed, the slowest \
             took {:?}; the tool says: service available: {verdict}",
            calls.failed.len(),
            calls.slowest
        );
        assert!(
            calls.failed.len() * 1000 <= total,
            "{name}: {} of {total} failed, such as {:?}",
            calls.failed.len(),
            calls.failed.first()
        );
        assert!(calls.answered > 0, "{name}");
        assert_eq!(verdict, "YES", "{name}");
    }
    system.stack.ensure_running().unwrap();
    let limited = |line: &String| line.contains(" status=429 ");
    assert!(
        system.access_log().iter().any(limited),
        "there was no limit"
    );
}

/// Asks for one's profile, one's notes and fresh tokens in turn.
async fn call_until(is_over: impl Fn() -> bool, client: &Client, person: &mut SignedIn) -> Calls {
    let mut calls = Calls::default();
    let mut pace = interval(BETWEEN_CALLS);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !is_over() {
        for what in ["/auth/me", "/notes", "/auth/refresh"] {
            pace.tick().await;
            let since = Instant::now();
            let call = match what {
                "/auth/refresh" => client
                    .post(what)
                    .json(&json!({"refresh_token": person.refresh_token})),
                _ => client.get(what).bearer(&person.access_token),
            };
            let outcome = match call.try_send().await {
                Ok(answer) if answer.status == 200 => Ok(answer.body),
                Ok(answer) => Err(format!("{what}: {} {}", answer.status, answer.body)),
                Err(error) => Err(format!("{what}: {error}")),
            };
            calls.slowest = calls.slowest.max(since.elapsed());
            match outcome {
                Ok(body) => {
                    match what {
                        "/auth/me" => assert_eq!(body["username"], json!(person.username)),
                        "/notes" => assert_eq!(body["notes"][0]["title"], json!("Harbour")),
                        _ => {
                            let text = |member: &str| body[member].as_str().unwrap().to_owned();
                            person.access_token = text("access_token");
                            person.refresh_token = text("refresh_token");
                        }
                    }
                    calls.answered += 1;
                }
                Err(failure) => calls.failed.push(failure),
            }
        }
    }
    calls
}

/// The tool's last word, which it writes in colours.
#[track_caller]
fn verdict(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");
    let last = said.rsplit("service available:").next().unwrap_or_default();
    let word = ["YES", "NO"].into_iter().find(|word| {
        let line = last.lines().next().unwrap_or_default();
        line.contains(word)
    });
    word.unwrap_or_else(|| panic!("no verdict in {said}\n{complaints}"))
        .to_owned()
}
