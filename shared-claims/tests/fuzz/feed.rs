//! Documents of the revocation feed: only what the issuer signed is believed, and as it stands there.

use fuzzing::{Members, Outcome, bytes, check, json};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared_claims::{FeedPolicy, Revocations};

use crate::revocation_document::{payload, publish};
use crate::support::{ISSUER, Issuer, claims};
use crate::{NOW, is_date, issuer, none_repeats};

fn good() -> Value {
    payload(NOW, &["s-1", "s-2"], &["k"])
}

#[test]
fn only_what_was_published_is_believed() {
    let published = publish(issuer(), &good());
    let material = [
        published.clone(),
        publish(&Issuer::generate(), &good()),
        issuer().mint(&claims(NOW)),
    ];
    let keys = issuer().key_set();
    let nothing = Revocations::default();
    check("revocation feed", &bytes(material), |input| {
        let outcome = FeedPolicy::new(ISSUER).verify(input, &keys, &nothing, NOW);
        prop_assert_eq!(outcome.is_ok(), **input == *published.as_bytes());
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn a_signed_document_is_read_as_it_stands_there_or_not_at_all() {
    let header = json!({"alg": "RS256", "typ": "revocations+jwt", "kid": issuer().kid}).to_string();
    let keys = issuer().key_set();
    let nothing = Revocations::default();
    check("signed revocations", &json(&good()), |payload| {
        let document = issuer().sign(&header, &**payload);
        let outcome = FeedPolicy::new(ISSUER).verify(document.as_bytes(), &keys, &nothing, NOW);
        let expected = Members::read(payload).filter(are_right);
        prop_assert_eq!(outcome.is_ok(), expected.is_some(), "{:?}", outcome);
        if let (Ok(read), Some(expected)) = (&outcome, expected) {
            let read = serde_json::to_value(read).unwrap();
            for name in ["iss", "iat", "exp", "sessions", "keys"] {
                prop_assert_eq!(read.get(name).cloned(), expected.value(name));
            }
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

fn are_right(members: &Members) -> bool {
    let is_list = |name| {
        members.object(name).is_some_and(|list| {
            list.are_unique()
                && list
                    .names()
                    .all(|id| !id.is_empty() && list.value(id).is_some_and(|date| is_date(&date)))
        })
    };
    let date = |name| {
        members
            .value(name)
            .filter(is_date)
            .and_then(|it| it.as_i64())
    };
    let (Some(iat), Some(exp)) = (date("iat"), date("exp")) else {
        return false;
    };
    none_repeats(members, &["iss", "iat", "exp", "sessions", "keys"])
        && members.value("iss") == Some(json!(ISSUER))
        && is_list("sessions")
        && is_list("keys")
        && (1..=3_600).contains(&(exp - iat))
        && exp > NOW - 5
        && iat <= NOW + 5
}
