//! Every way of getting a false document of the revocation feed past a service, or of making it
//! forget a true one.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared_claims::{FeedPolicy, KeySet, RevocationClaims, Revocations, VerifyError};

use crate::revocation_document::{self, publish};
use crate::support::{AUDIENCE, ISSUER, Issuer};
use crate::{NOW, issuer, stranger};

const SID: &str = "018f6b6e-5c1a-7000-8000-000000000003";

fn good_payload() -> Value {
    revocation_document::payload(NOW - 60, &[SID], &[])
}

fn payload_with(name: &str, value: Value) -> String {
    let mut payload = good_payload();
    payload[name] = value;
    payload.to_string()
}

fn header_with(name: &str, value: Value) -> String {
    let mut header = json!({"alg": "RS256", "typ": "revocations+jwt", "kid": issuer().kid});
    header[name] = value;
    header.to_string()
}

/// What the issuer signs under a good header.
fn signed(payload: &str) -> String {
    issuer().sign(&header_with("cty", json!("x")), payload)
}

fn read(document: impl AsRef<[u8]>) -> Result<RevocationClaims, VerifyError> {
    FeedPolicy::new(ISSUER).verify(
        document.as_ref(),
        &issuer().key_set(),
        &Revocations::default(),
        NOW,
    )
}

#[track_caller]
fn refused(attack: &str, document: impl AsRef<[u8]>, error: VerifyError) {
    assert_eq!(read(document).unwrap_err(), error, "{attack}");
}

#[test]
fn a_good_document_passes() {
    let claims = read(publish(issuer(), &good_payload())).unwrap();
    assert_eq!(serde_json::to_value(&claims).unwrap(), good_payload());
    assert!(read(signed(&good_payload().to_string())).is_ok());
    let empty = read(publish(
        issuer(),
        &revocation_document::payload(NOW, &[], &[]),
    ))
    .unwrap();
    assert!(Revocations::from(&empty).is_empty());
}

#[test]
fn a_document_that_can_say_more_is_still_read() {
    assert!(read(signed(&payload_with("users", json!({"a": [1]})))).is_ok());
}

#[test]
fn what_was_signed_for_another_purpose_is_no_document() {
    let access_token = issuer().mint(&crate::claims());
    refused("an access token", access_token, VerifyError::WrongType);
    let typs = [
        "at+jwt",
        "JWT",
        "",
        "Revocations+jwt",
        "application/revocations+jwt",
    ];
    for typ in typs {
        let document = issuer().sign(&header_with("typ", json!(typ)), good_payload().to_string());
        refused(typ, document, VerifyError::WrongType);
    }
    // And the other way around.
    crate::refused(
        "a document in the place of a token",
        &publish(issuer(), &good_payload()),
        VerifyError::WrongType,
    );
    let mut both = good_payload();
    for (name, value) in crate::claims().as_object().unwrap() {
        both[name] = value.clone();
    }
    assert_eq!(both["aud"], json!([AUDIENCE]));
    crate::refused(
        "a document with the claims of a token",
        &publish(issuer(), &both),
        VerifyError::WrongType,
    );
}

#[test]
fn a_signature_has_to_be_there_and_the_issuers() {
    let good = publish(issuer(), &good_payload());
    let (input, _) = good.rsplit_once('.').unwrap();
    refused("unsigned", format!("{input}."), VerifyError::Malformed);
    refused("no signature", input, VerifyError::Malformed);
    refused("cut", format!("{input}.AAAA"), VerifyError::BadSignature);
    for alg in ["none", "HS256", "RS384", "PS256", "ES256"] {
        let header = header_with("alg", json!(alg));
        let document = issuer().sign(&header, good_payload().to_string());
        refused(alg, document, VerifyError::UnsupportedAlgorithm);
    }
    refused(
        "of a stranger",
        publish(stranger(), &good_payload()),
        VerifyError::UnknownKey,
    );
    refused(
        "of a stranger under the name of our key",
        stranger().sign(&header_with("cty", json!("x")), good_payload().to_string()),
        VerifyError::BadSignature,
    );
    for (attack, header, error) in [
        (
            "critical",
            header_with("crit", json!(["exp"])),
            VerifyError::CriticalHeader,
        ),
        (
            "no kid",
            header_with("kid", json!("")),
            VerifyError::MissingKeyId,
        ),
    ] {
        refused(
            attack,
            issuer().sign(&header, good_payload().to_string()),
            error,
        );
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for rubbish in [
        "",
        ".",
        "..",
        "null",
        "{}",
        "<!doctype html><title>Sign in</title>",
        "a.b.c",
    ] {
        refused(rubbish, rubbish, VerifyError::Malformed);
    }
    refused("binary", [0xff, 0xfe, b'.'], VerifyError::Malformed);
    let good = publish(issuer(), &good_payload());
    refused("a new line", format!("{good}\n"), VerifyError::Malformed);
}

#[test]
fn the_length_is_bounded() {
    let good = publish(issuer(), &good_payload());
    let bounded = |bytes| {
        FeedPolicy::new(ISSUER)
            .with_max_document_bytes(bytes)
            .verify(
                good.as_bytes(),
                &issuer().key_set(),
                &Revocations::default(),
                NOW,
            )
    };
    assert!(bounded(good.len()).is_ok());
    assert_eq!(bounded(good.len() - 1), Err(VerifyError::TokenTooLong));
}

#[test]
fn members_are_required_and_of_their_type() {
    for (name, wrong) in [
        ("iss", json!(1)),
        ("iss", json!([ISSUER])),
        ("iss", json!("")),
        ("iat", json!("1800000000")),
        ("iat", json!(1.5)),
        ("iat", json!(-1)),
        ("exp", json!("soon")),
        ("exp", json!(1e300)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(253_402_300_800_i64)),
        ("sessions", json!([])),
        ("sessions", json!([SID])),
        ("sessions", json!({SID: "1800000000"})),
        ("sessions", json!({SID: null})),
        ("sessions", json!({SID: 1.0})),
        ("sessions", json!({SID: -1})),
        ("sessions", json!({SID: [1]})),
        ("sessions", json!({"": NOW})),
        ("keys", json!("none")),
        ("keys", json!({"k": true})),
        ("keys", json!({"": NOW})),
    ] {
        let attack = format!("{name} is {wrong}");
        let document = signed(&payload_with(name, wrong));
        refused(&attack, document, VerifyError::InvalidClaims);
    }
    for name in ["iss", "iat", "exp", "sessions", "keys"] {
        refused(
            name,
            signed(&payload_with(name, json!(null))),
            VerifyError::InvalidClaims,
        );
        let mut without = good_payload();
        without.as_object_mut().unwrap().remove(name);
        refused(
            name,
            signed(&without.to_string()),
            VerifyError::InvalidClaims,
        );
    }
    let array = json!([ISSUER, NOW, NOW + 300, {}, {}]).to_string();
    refused("an array", signed(&array), VerifyError::InvalidClaims);
}

#[test]
fn a_member_that_appears_twice_is_refused() {
    for (member, twice) in [
        (
            "an id",
            format!(r#""sessions":{{"{SID}":{NOW},"{SID}":1}}"#),
        ),
        (
            "an id, spelled out",
            format!(r#""sessions":{{"s":{NOW},"\u0073":1}}"#),
        ),
        (
            "sessions",
            format!(r#""sessions":{{"{SID}":{NOW}}},"sessions":{{}}"#),
        ),
    ] {
        let document = format!(
            r#"{{"iss":"{ISSUER}","iat":{NOW},"exp":{},"keys":{{}},{twice}}}"#,
            NOW + 300
        );
        refused(member, signed(&document), VerifyError::InvalidClaims);
    }
}

#[test]
fn another_issuers_feed_is_refused() {
    for issuer in ["https://latchkey.example/", "https://LATCHKEY.example", "x"] {
        let document = signed(&payload_with("iss", json!(issuer)));
        refused(issuer, document, VerifyError::WrongIssuer);
    }
}

#[test]
fn a_document_proves_something_only_in_its_time() {
    let lived = |iat: i64, exp: i64| {
        let mut payload = good_payload();
        payload["iat"] = json!(iat);
        payload["exp"] = json!(exp);
        read(signed(&payload.to_string())).map(|_| ())
    };
    assert_eq!(lived(NOW - 304, NOW - 4), Ok(()));
    assert_eq!(lived(NOW - 305, NOW - 5), Err(VerifyError::Expired));
    assert_eq!(lived(0, 300), Err(VerifyError::Expired));
    assert_eq!(lived(NOW + 5, NOW + 305), Ok(()));
    assert_eq!(lived(NOW + 6, NOW + 306), Err(VerifyError::IssuedInFuture));
    assert_eq!(lived(NOW, NOW), Err(VerifyError::InvalidClaims));
    assert_eq!(lived(NOW, NOW - 1), Err(VerifyError::InvalidClaims));
    assert_eq!(lived(NOW, NOW + 3600), Ok(()));
    assert_eq!(lived(NOW, NOW + 3601), Err(VerifyError::LifetimeTooLong));
}

#[test]
fn a_document_of_a_revoked_key_is_refused() {
    let policy = FeedPolicy::new(ISSUER);
    let jwk = |issuer: &Issuer| json!(issuer.key_set().to_jwks())["keys"][0].clone();
    let jwks = json!({"keys": [jwk(issuer()), jwk(stranger())]});
    let both = KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap();
    let nothing = Revocations::default();
    let revokes = publish(
        stranger(),
        &revocation_document::payload(NOW, &[], &[&issuer().kid]),
    );
    let claims = policy
        .verify(revokes.as_bytes(), &both, &nothing, NOW)
        .unwrap();
    let known = policy.learn(&nothing, &claims, NOW);
    let by_the_thief = publish(
        issuer(),
        &revocation_document::payload(NOW, &[], &[&stranger().kid]),
    );
    for keys in [both, stranger().key_set()] {
        assert_eq!(
            policy.verify(by_the_thief.as_bytes(), &keys, &known, NOW),
            Err(VerifyError::KeyRevoked)
        );
    }
}

#[test]
fn an_older_document_adds_and_never_removes() {
    let policy = FeedPolicy::new(ISSUER);
    let learn = |known: &Revocations, iat: i64, sids: &[&str]| {
        let document = publish(issuer(), &revocation_document::payload(iat, sids, &[]));
        let claims = policy
            .verify(document.as_bytes(), &issuer().key_set(), known, NOW)
            .unwrap();
        policy.learn(known, &claims, NOW)
    };
    let known = learn(&Revocations::default(), NOW, &["newer"]);
    let known = learn(&known, NOW - 120, &["older"]);
    assert!(known.is_session_revoked("newer") && known.is_session_revoked("older"));
    let known = learn(&known, NOW + 1, &[]);
    assert!(known.is_session_revoked("newer") && known.is_session_revoked("older"));
}

#[test]
fn an_entry_leaves_when_both_clocks_are_past_it() {
    let policy = FeedPolicy::new(ISSUER);
    let claims = |iat: i64, leaves: i64| RevocationClaims {
        iat,
        sessions: BTreeMap::from([(SID.to_owned(), leaves)]),
        ..RevocationClaims::default()
    };
    let nothing = Revocations::default();
    for (iat, now, kept) in [
        (NOW, NOW, true),
        (NOW + 4, NOW + 4, true),
        (NOW + 5, NOW + 5, false),
        // The document is an old one, or this clock is fast.
        (NOW + 4, NOW + 300, true),
        // This clock is slow.
        (NOW + 9, NOW + 4, true),
    ] {
        let known = policy.learn(&nothing, &claims(iat, NOW), now);
        assert_eq!(known.is_session_revoked(SID), kept, "{iat} {now}");
    }
    // Of two instants the later one counts, whichever came first.
    let (sooner, later) = (claims(NOW, NOW + 10), claims(NOW, NOW + 20));
    for (first, second) in [(&sooner, &later), (&later, &sooner)] {
        let known = policy.learn(&policy.learn(&nothing, first, NOW), second, NOW);
        assert!(known.clone().prune(NOW + 19).is_session_revoked(SID));
        assert!(known.prune(NOW + 20).is_empty());
    }
}
