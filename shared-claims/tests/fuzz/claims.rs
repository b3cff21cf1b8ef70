//! The claims of a token, truly signed whatever they say.

use fuzzing::{Members, Outcome, check, json, text};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared_claims::{AccessClaims, MAX_TOKEN_BYTES, Scopes};

use crate::support::{AUDIENCE, ISSUER, claims, encode};
use crate::{NOW, is_date, is_filled_text, issuer, none_repeats, verifier};

const REQUIRED: [&str; 7] = ["iss", "sub", "aud", "exp", "iat", "jti", "sid"];
const OPTIONAL: [&str; 7] = [
    "nbf",
    "client_id",
    "auth_time",
    "scope",
    "preferred_username",
    "email",
    "name",
];

fn good() -> Value {
    let mut good = claims(NOW);
    good["nbf"] = json!(NOW - 1);
    good["department"] = json!({"id": [1, null]});
    good
}

#[test]
fn claims_are_read_as_they_stand_there_or_not_at_all() {
    check("claims", &json(&good()), |payload| {
        let outcome = AccessClaims::from_json(payload);
        let expected = Members::read(payload).filter(are_well_typed);
        prop_assert_eq!(outcome.is_ok(), expected.is_some());
        if let (Ok(read), Some(expected)) = (&outcome, expected) {
            let read = serde_json::to_value(read).unwrap();
            for name in REQUIRED.iter().chain(&OPTIONAL) {
                let nothing = (*name == "scope").then(|| json!(""));
                let read = read.get(*name).cloned().or(nothing.clone());
                prop_assert_eq!(read, expected.value(name).or(nothing), "{}", name);
            }
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn only_right_claims_make_a_good_token() {
    let verifier = verifier().with_cache_capacity(0);
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": issuer().kid}).to_string();
    check("signed claims", &json(&good()), |payload| {
        let token = issuer().sign(&header, &**payload);
        prop_assert!(token.contains(&encode(&**payload)));
        let outcome = verifier.verify(&token, NOW);
        let expected = Members::read(payload).filter(are_well_typed);
        let expected = token.len() <= MAX_TOKEN_BYTES && expected.is_some_and(|it| are_right(&it));
        prop_assert_eq!(outcome.is_ok(), expected, "{:?}", outcome);
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn scopes_come_out_as_they_went_in() {
    let good = ["", "notes:read", "notes:read notes:write", "a b c"];
    check("scopes", &text(good), |input| {
        let outcome = Scopes::parse(input.as_str());
        if let Ok(scopes) = &outcome {
            prop_assert_eq!(scopes.as_str(), input);
            prop_assert_eq!(scopes.iter().collect::<Vec<_>>().join(" "), input.as_str());
            prop_assert!(scopes.iter().all(|scope| scopes.contains(scope)));
            prop_assert!(
                input
                    .bytes()
                    .all(|byte| byte == b' ' || byte.is_ascii_graphic())
            );
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

fn are_well_typed(members: &Members) -> bool {
    let is_right = |name: &str, value: &Value| match name {
        "exp" | "iat" | "nbf" | "auth_time" => is_date(value),
        "aud" => value
            .as_array()
            .is_some_and(|all| !all.is_empty() && all.iter().all(is_filled_text)),
        "iss" | "sub" | "jti" | "sid" => is_filled_text(value),
        "scope" => value
            .as_str()
            .is_some_and(|text| Scopes::parse(text).is_ok()),
        _ => value.is_string(),
    };
    let well_typed = |name: &&str| {
        members
            .value(name)
            .is_some_and(|value| is_right(name, &value))
    };
    let absent = |name: &&str| !members.names().any(|other| other == *name);
    none_repeats(members, &REQUIRED)
        && none_repeats(members, &OPTIONAL)
        && REQUIRED.iter().all(well_typed)
        && OPTIONAL.iter().all(|name| absent(name) || well_typed(name))
}

fn are_right(members: &Members) -> bool {
    let number = |name| members.value(name).and_then(|value| value.as_i64());
    let (Some(exp), Some(iat)) = (number("exp"), number("iat")) else {
        return false;
    };
    members.value("iss") == Some(json!(ISSUER))
        && members
            .value("aud")
            .is_some_and(|all| all.as_array().unwrap().contains(&json!(AUDIENCE)))
        && (1..=3_600).contains(&(exp - iat))
        && exp > NOW - 5
        && iat <= NOW + 5
        && number("nbf").is_none_or(|nbf| nbf <= NOW + 5)
}
