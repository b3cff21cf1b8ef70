//! R31. Whether the time of a refused login tells who has an account. In full, `make test-timing`; there
//! the same test has to fail against a server whose dummy hash was taken out.

mod statistics;

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use e2e::in_full;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, PASSWORD, new_username};
use crate::harness::system::{System, start_alone};
use statistics::{auc, median};

/// Not counted: connections are opened, statements prepared.
const WARM_UP: usize = 20;

/// What a form of the test wants.
struct Form {
    tries: usize,
    /// By how much no AUC may differ from one half.
    auc: f64,
    /// By how much no two medians may differ.
    medians: Option<Duration>,
}

impl Form {
    fn tells_apart(&self, pair: &Pair) -> bool {
        let medians_differ = self.medians.is_some_and(|bound| pair.apart > bound);
        (pair.auc - 0.5).abs() > self.auc || medians_differ
    }
}

const FULL: Form = Form {
    tries: 2_000,
    auc: 0.05,
    medians: Some(Duration::from_millis(1)),
};

/// What is noticed in a minute, on a machine that does other things too: a missing hash.
const SHORT: Form = Form {
    tries: 60,
    auc: 0.25,
    medians: None,
};

/// A kind of refusal, and how long each of them took.
struct Class {
    name: &'static str,
    body: Value,
    durations: Vec<Duration>,
}

impl Class {
    fn new(name: &'static str, identifier: &str, password: &str) -> Self {
        Self {
            name,
            body: json!({"identifier": identifier, "password": password}),
            durations: Vec::new(),
        }
    }

    fn median(&self) -> Duration {
        median(&self.durations)
    }
}

#[tokio::test]
async fn the_time_of_a_refusal_tells_nothing() {
    let form = if in_full() { FULL } else { SHORT };
    let system = start_alone(|settings| {
        settings.auth_servers = 1;
        settings.notes_apis = 1;
        // Guesses are counted, and never too many.
        settings.set_auth("AUTH_THROTTLE", "on");
        for name in [
            "ADDRESS_BURST",
            "ACCOUNT_FREE",
            "FLOOD_BURST",
            "FLOOD_PER_MINUTE",
        ] {
            settings.set_auth(&format!("AUTH_THROTTLE_{name}"), "1000000");
        }
    })
    .await;
    // Straight to the server: what the gateway adds is noise.
    let server = Client::new(system.stack.auth_servers[0].url());
    let mut classes = classes(&system).await;
    // Refused before anything is looked up or hashed: the statistics have to notice that one.
    let mut control = Class::new("control", "nobody", PASSWORD);
    control.body["username"] = json!("nobody");

    for round in 0..WARM_UP + form.tries {
        let mut order: Vec<&mut Class> = classes.iter_mut().chain([&mut control]).collect();
        order.sort_by_cached_key(|_| RandomState::new().hash_one(round));
        for class in order {
            let call = server.post("/auth/login").json(&class.body);
            let began = Instant::now();
            let answer = call.send().await;
            let took = began.elapsed();
            expect_refusal(&answer, class.name);
            if round >= WARM_UP {
                class.durations.push(took);
            }
        }
    }

    println!("{} tries of each class, interleaved", form.tries);
    for class in classes.iter().chain([&control]) {
        let median = milliseconds(class.median());
        println!("{:>20}: median {median:.3} ms", class.name);
    }
    let pairs = pairs(&classes);
    for pair in &pairs {
        println!("{}", pair.shown);
    }
    let noticed = auc(&classes[0].durations, &control.durations);
    println!("{} and {}: AUC {noticed:.3}", classes[0].name, control.name);

    let told_apart: Vec<&str> = pairs
        .iter()
        .filter(|pair| form.tells_apart(pair))
        .map(|pair| pair.shown.as_str())
        .collect();
    assert!(told_apart.is_empty(), "TOLD APART: {told_apart:?}");
    assert!(noticed > 0.95, "the control is not noticed: {noticed}");
}

/// The refusals that must not be told apart.
async fn classes(system: &System) -> Vec<Class> {
    let client = system.client();
    let ada = client.register().await;
    let grace = client.register().await;
    system.operate(&["users", "disable", &grace.username]);
    let over_long = "x".repeat(1_025);
    vec![
        Class::new(
            "wrong password",
            &ada.username,
            "a lantern in the 8th harbour",
        ),
        Class::new("unknown name", &new_username(), PASSWORD),
        Class::new("disabled", &grace.username, PASSWORD),
        Class::new("over-long password", &ada.username, &over_long),
    ]
}

fn expect_refusal(answer: &Answer, class: &str) {
    if class == "control" {
        answer.assert_status(422);
    } else {
        answer.assert_problem(401, "invalid_credentials");
    }
}

/// How well two classes can be told apart.
struct Pair {
    auc: f64,
    /// How far apart their medians are.
    apart: Duration,
    shown: String,
}

fn pairs(classes: &[Class]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (place, one) in classes.iter().enumerate() {
        for other in &classes[place + 1..] {
            let auc = auc(&one.durations, &other.durations);
            let apart = one.median().abs_diff(other.median());
            let shown = format!(
                "{} and {}: AUC {auc:.3}, medians {:.3} ms apart",
                one.name,
                other.name,
                milliseconds(apart)
            );
            pairs.push(Pair { auc, apart, shown });
        }
    }
    pairs
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
