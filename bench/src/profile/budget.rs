//! To which part of a request each stack belongs.

use std::fmt;

/// The parts, and what tells them: a stack belongs to the first part of which a frame has one of these in its
/// name.
const PARTS: [(&str, &[&str]); 7] = [
    ("RSA signature", &["SigningKey::sign"]),
    (
        "check of the access token",
        &["Verifier::verify", "Authenticator::"],
    ),
    ("JSON", &["serde_json::"]),
    (
        "statement: Diesel, libpq, and the socket to Postgres",
        &["diesel::", "pq_sys", "PQ"],
    ),
    ("access log", &["env_logger::"]),
    (
        "HTTP and the handlers: parsing, routing, answering, and the sockets to clients",
        &["actix_http::", "actix_web::", "actix_service::"],
    ),
    (
        "runtime: threads that wait, wake each other, and change",
        &["tokio::", "parking_lot", "futex", "epoll", "schedule"],
    ),
];
const REST: &str = "the rest";

/// How much of a request's processor time each part takes.
pub(super) struct Budget {
    parts: Vec<(&'static str, f64)>,
    microseconds: f64,
}

impl Budget {
    /// Of stacks, one a line with its number at the end, and the time of a request.
    pub(super) fn of(folded: &str, microseconds: f64) -> Self {
        let names = PARTS.iter().map(|(name, _)| *name).chain([REST]);
        let mut parts: Vec<(&str, f64)> = names.map(|name| (name, 0.0)).collect();
        for (stack, number) in folded.lines().filter_map(|line| line.rsplit_once(' ')) {
            let number: f64 = number.parse().unwrap_or_default();
            parts[part_of(stack)].1 += number;
        }
        let all: f64 = parts.iter().map(|(_, number)| number).sum();
        for (_, number) in &mut parts {
            *number /= all;
        }
        parts.retain(|(_, share)| *share > 0.0);
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self {
            parts,
            microseconds,
        }
    }
}

fn part_of(stack: &str) -> usize {
    let is_of = |(_, tells): &(&str, &[&str])| tells.iter().any(|name| stack.contains(name));
    PARTS.iter().position(is_of).unwrap_or(PARTS.len())
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| part | µs | |\n|---|--:|--:|")?;
        for (name, share) in &self.parts {
            let microseconds = share * self.microseconds;
            writeln!(f, "| {name} | {microseconds:.1} | {:.1} % |", share * 100.0)?;
        }
        writeln!(f, "| together | {:.1} | |", self.microseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_belongs_to_the_first_part_that_it_passes_through() {
        let folded = "worker;actix_web::x;auth_server::y 3\n\
                      worker;actix_web::x;shared_claims::verifier::Verifier::verify;memcpy 1\n\
                      blocking;tokio::run;auth_server::keys::SigningKey::sign;bn_mul 5\n\
                      blocking;start_thread 1\n";
        assert_eq!(
            Budget::of(folded, 200.0).to_string(),
            "| part | µs | |\n|---|--:|--:|\n\
             | RSA signature | 100.0 | 50.0 % |\n\
             | HTTP and the handlers: parsing, routing, answering, and the sockets to clients | 60.0 | 30.0 % |\n\
             | check of the access token | 20.0 | 10.0 % |\n\
             | the rest | 20.0 | 10.0 % |\n\
             | together | 200.0 | |\n"
        );
    }
}
