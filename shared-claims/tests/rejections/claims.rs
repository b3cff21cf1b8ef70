//! The claims: there, of the right type, and about us.

use serde_json::{Value, json};
use shared_claims::{AccessClaims, Scopes, VerifyError};

use crate::support::{AUDIENCE, ISSUER};
use crate::{accepted, claims, claims_with, issuer, refused, verify};

const REQUIRED_STRINGS: [&str; 4] = ["iss", "sub", "jti", "sid"];
const OPTIONAL_STRINGS: [&str; 4] = ["client_id", "preferred_username", "email", "name"];
const DATES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

#[test]
fn required_claims_are_required() {
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        refused(
            &format!("no {name}"),
            &issuer().mint(&claims),
            VerifyError::InvalidClaims,
        );
    }
    let mut least = claims();
    for name in OPTIONAL_STRINGS.iter().chain(&["auth_time", "scope"]) {
        least.as_object_mut().unwrap().remove(*name);
    }
    accepted("only what is required", &issuer().mint(&least));
}

#[test]
fn no_claim_has_another_type() {
    let strings = || {
        REQUIRED_STRINGS
            .iter()
            .chain(&OPTIONAL_STRINGS)
            .chain(&["scope"])
    };
    let wrong_strings = [
        json!(null),
        json!(0),
        json!(true),
        json!([]),
        json!(["x"]),
        json!({}),
        json!(1.5),
    ];
    let wrong_dates = [
        json!(null),
        json!("1800000600"),
        json!(""),
        json!(1_800_000_600.0),
        json!(1_800_000_600.5),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(253_402_300_800_u64),
        json!([1_800_000_600]),
        json!({}),
        json!(true),
    ];
    let wrong_audiences = [
        json!(AUDIENCE),
        json!(null),
        json!(0),
        json!({"0": AUDIENCE}),
        json!([AUDIENCE, 1]),
        json!([AUDIENCE, null]),
        json!([AUDIENCE, ""]),
        json!([[AUDIENCE]]),
        json!([]),
    ];
    let strings = strings().flat_map(|name| wrong_strings.iter().map(move |value| (name, value)));
    let dates = DATES
        .iter()
        .flat_map(|name| wrong_dates.iter().map(move |value| (name, value)));
    let audiences = wrong_audiences.iter().map(|value| (&"aud", value));
    for (name, value) in strings.chain(dates).chain(audiences) {
        let token = issuer().mint(&claims_with(name, value.clone()));
        refused(
            &format!("{name}: {value}"),
            &token,
            VerifyError::InvalidClaims,
        );
    }
    for name in REQUIRED_STRINGS {
        let token = issuer().mint(&claims_with(name, json!("")));
        refused(&format!("empty {name}"), &token, VerifyError::InvalidClaims);
    }
}

#[test]
fn numbers_that_json_can_write_and_a_date_cannot_be() {
    let text = claims().to_string();
    let exp = claims()["exp"].to_string();
    for number in [
        "18e8",
        "1.8e9",
        "1800000600.0",
        "1E400",
        "-0",
        "1e-1",
        "99999999999999999999999",
    ] {
        let payload = text.replace(&exp, number);
        let token = issuer().sign(&crate::header().to_string(), payload);
        refused(number, &token, VerifyError::InvalidClaims);
    }
}

#[test]
fn a_claim_appears_once() {
    let text = claims().to_string();
    let inner = text.trim_matches(['{', '}']);
    for name in claims().as_object().unwrap().keys() {
        let value = &claims()[name];
        for payload in [
            format!("{{{inner},\"{name}\":{value}}}"),
            format!("{{\"{name}\":{value},{inner}}}"),
        ] {
            let token = issuer().sign(&crate::header().to_string(), payload);
            refused(&format!("{name} twice"), &token, VerifyError::InvalidClaims);
        }
    }
}

#[test]
fn the_payload_is_one_json_object() {
    let good = claims().to_string();
    let array = Value::Array(claims().as_object().unwrap().values().cloned().collect());
    // In the order of the fields, which a derived reader would take for the struct itself.
    let ordered = json!([
        ISSUER,
        "s",
        [AUDIENCE],
        1_800_000_600,
        1_800_000_000,
        1_800_000_000,
        "j",
        "s",
        "c",
        1_800_000_000,
        "",
        "p",
        "e",
        "n"
    ]);
    assert!(
        serde_json::from_value::<AccessClaims>(ordered.clone()).is_ok(),
        "the row is in order"
    );
    for (attack, payload) in [
        ("no JSON", "rubbish".to_owned()),
        ("an array of values", array.to_string()),
        ("an array of values in order", ordered.to_string()),
        ("an array around", format!("[{good}]")),
        ("a string", json!(good).to_string()),
        ("null", "null".to_owned()),
        ("text behind", format!("{good}x")),
        ("two objects", format!("{good}{good}")),
        ("a nested token", issuer().mint(&claims())),
    ] {
        let token = issuer().sign(&crate::header().to_string(), payload);
        refused(attack, &token, VerifyError::InvalidClaims);
    }
    for (attack, member) in [
        ("a value", &b"\"other\":\"\xff\""[..]),
        ("a name", b"\"\xff\":1"),
        ("a name within a value", b"\"other\":{\"\xe9d\":[1,null]}"),
    ] {
        let payload = [b"{", member, b",", &good.as_bytes()[1..]].concat();
        let token = issuer().sign(&crate::header().to_string(), payload);
        let attack = format!("{attack} that is not UTF-8 in a claim that is ignored");
        refused(&attack, &token, VerifyError::InvalidClaims);
    }
}

#[test]
fn the_issuer_is_compared_to_the_letter() {
    for iss in [
        "https://attacker.example",
        "https://latchkey.example/",
        "https://latchkey.example:443",
        "https://LATCHKEY.example",
        "http://latchkey.example",
        " https://latchkey.example",
        "https://latchkey.example\0",
        "https://latchkey.example.attacker.example",
    ] {
        let token = issuer().mint(&claims_with("iss", json!(iss)));
        refused(iss, &token, VerifyError::WrongIssuer);
    }
}

#[test]
fn a_token_for_another_service_is_refused() {
    for aud in [
        json!(["billing"]),
        json!(["notes"]),
        json!(["notes-api "]),
        json!(["NOTES-API"]),
        json!(["*"]),
    ] {
        let token = issuer().mint(&claims_with("aud", aud.clone()));
        refused(&aud.to_string(), &token, VerifyError::WrongAudience);
    }
    let several = issuer().mint(&claims_with("aud", json!(["billing", AUDIENCE])));
    accepted("one of several", &several);
}

#[test]
fn unknown_claims_are_ignored() {
    let token = issuer().mint(&claims_with(
        "https://example.org/department",
        json!({"id": [1, null]}),
    ));
    accepted("an unknown claim", &token);
}

#[test]
fn scopes_are_whole_names() {
    let claims = verify(&issuer().mint(&claims())).unwrap();
    assert!(claims.scope.contains("notes:read"));
    for absent in [
        "notes",
        "notes:",
        "notes:rea",
        "notes:read ",
        "notes:read notes:write",
        "NOTES:READ",
        "",
    ] {
        assert!(!claims.scope.contains(absent), "{absent}");
    }
    let none = verify(&issuer().mint(&claims_with("scope", json!("")))).unwrap();
    assert!(none.scope.is_empty());
    assert!(!none.scope.contains(""));
    for text in [
        " ", "a  b", " a", "a ", "a\tb", "a\nb", "a\"b", "a\\b", "é", "a\0",
    ] {
        assert!(Scopes::parse(text).is_err(), "{text:?}");
        let token = issuer().mint(&claims_with("scope", json!(text)));
        refused(text, &token, VerifyError::InvalidClaims);
    }
}

#[test]
fn claims_do_not_print_the_person() {
    let shown = format!("{:?}", verify(&issuer().mint(&claims())).unwrap());
    assert!(shown.contains("018f6b6e-5c1a-7000-8000-000000000001"));
    for personal in ["ada", "Ada", "Lovelace", "example.org"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
