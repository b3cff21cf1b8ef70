//! What holds for any token: rubbish neither verifies nor panics, a good token has no second form,
//! and claims come out as they went in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/revocation_document.rs"]
mod revocation_document;
mod support;

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use serde_json::Value;
use shared_claims::{
    AccessClaims, FeedPolicy, KeySet, LocalKeys, Policy, RevocationClaims, Revocations, Scopes,
    Verifier, VerifyError,
};

use revocation_document::{payload, publish};
use support::{AUDIENCE, ISSUER, Issuer, claims, encode};

const NOW: i64 = 1_800_000_000;

fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(Issuer::generate)
}

fn verifier() -> &'static Verifier {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        let keys = Arc::new(LocalKeys::new(issuer().key_set()));
        Verifier::new(Policy::new(ISSUER, AUDIENCE), keys)
    })
}

fn good_token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| issuer().mint(&claims(NOW)))
}

/// JSON of any shape, as an issuer out of its mind might sign it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn stranger() -> &'static Issuer {
    static STRANGER: OnceLock<Issuer> = OnceLock::new();
    STRANGER.get_or_init(Issuer::generate)
}

fn read(document: &[u8]) -> Result<RevocationClaims, VerifyError> {
    let nothing = Revocations::default();
    FeedPolicy::new(ISSUER).verify(document, &issuer().key_set(), &nothing, NOW)
}

/// A good document of the revocation feed, with ids of any form.
fn feed() -> impl Strategy<Value = RevocationClaims> {
    let uuid = any::<u128>().prop_map(|bits| {
        let hex = format!("{bits:032x}");
        let groups = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        groups.join("-")
    });
    let id = prop_oneof![uuid, "[a-c]", ".{1,40}"].boxed();
    let entries = prop::collection::btree_map(id, NOW - 600..NOW + 900, 0..8).boxed();
    (NOW - 200..NOW, entries.clone(), entries).prop_map(|(iat, sessions, keys)| RevocationClaims {
        iss: ISSUER.into(),
        iat,
        exp: iat + 300,
        sessions,
        keys,
    })
}

fn knows_all_of(known: &Revocations, document: &RevocationClaims) -> bool {
    let RevocationClaims { sessions, keys, .. } = document;
    sessions.keys().all(|sid| known.is_session_revoked(sid))
        && keys.keys().all(|kid| known.is_key_revoked(kid))
}

/// The entries of which a token could be verified at this instant.
fn still_of_use(document: &RevocationClaims, now: i64) -> RevocationClaims {
    let mut live = document.clone();
    live.sessions.retain(|_, leaves| *leaves > now - 5);
    live.keys.retain(|_, leaves| *leaves > now - 5);
    live
}

proptest! {
    #[test]
    fn rubbish_never_verifies(token in ".*") {
        prop_assert!(verifier().verify(&token, NOW).is_err());
    }

    #[test]
    fn nothing_in_the_form_of_a_token_verifies(
        header in prop::collection::vec(any::<u8>(), 0..64),
        payload in prop::collection::vec(any::<u8>(), 0..64),
        signature in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let token = format!("{}.{}.{}", encode(header), encode(payload), encode(signature));
        prop_assert!(verifier().verify(&token, NOW).is_err());
    }

    #[test]
    fn any_json_as_a_header_is_refused(header in any_json()) {
        let token = issuer().sign(&header.to_string(), claims(NOW).to_string());
        prop_assert!(verifier().verify(&token, NOW).is_err());
    }

    #[test]
    fn any_json_as_the_payload_is_refused(payload in any_json()) {
        prop_assert!(verifier().verify(&issuer().mint(&payload), NOW).is_err());
    }

    #[test]
    fn any_json_in_the_place_of_a_claim_is_refused_or_right(
        claim in prop::sample::select(
            claims(NOW).as_object().unwrap().keys().cloned().collect::<Vec<_>>(),
        ),
        value in any_json(),
    ) {
        let mut mutated = claims(NOW);
        mutated[&claim] = value.clone();
        if let Ok(verified) = verifier().verify(&issuer().mint(&mutated), NOW) {
            let read = serde_json::to_value(&*verified).unwrap();
            prop_assert_eq!(read.get(&claim).cloned().unwrap_or_else(|| "".into()), value);
        }
    }

    #[test]
    fn a_good_token_with_one_character_changed_is_refused(
        place in any::<prop::sample::Index>(),
        character in any::<char>(),
    ) {
        let good = good_token();
        let place = place.index(good.len());
        let changed = format!("{}{character}{}", &good[..place], &good[place + 1..]);
        prop_assume!(changed != good);
        prop_assert!(verifier().verify(good, NOW).is_ok());
        prop_assert!(verifier().verify(&changed, NOW).is_err());
    }

    #[test]
    fn a_good_token_with_characters_added_or_lost_is_refused(
        from in any::<prop::sample::Index>(),
        lost in 0_usize..8,
        added in "[A-Za-z0-9_.=-]{0,8}",
    ) {
        let good = good_token();
        let from = from.index(good.len());
        let rest = (from + lost).min(good.len());
        let changed = format!("{}{added}{}", &good[..from], &good[rest..]);
        prop_assume!(changed != good);
        prop_assert!(verifier().verify(&changed, NOW).is_err());
    }

    #[test]
    fn a_token_is_good_from_its_issue_to_its_expiry(
        iat in 10_i64..4_000_000_000,
        lifetime in 1_i64..=3600,
        after in -4000_i64..8000,
    ) {
        let mut claims = claims(iat);
        claims["auth_time"] = iat.into();
        claims["exp"] = (iat + lifetime).into();
        let outcome = verifier().verify(&issuer().mint(&claims), iat + after);
        prop_assert_eq!(outcome.is_ok(), (-5..lifetime + 5).contains(&after));
    }

    #[test]
    fn claims_come_out_as_they_went_in(
        texts in prop::collection::vec(".{1,40}", 8),
        audiences in prop::collection::vec(".{1,20}", 0..4),
        optional in prop::option::of(".{0,40}"),
        nbf in prop::option::of(0..NOW),
        scopes in prop::collection::vec("[!#-\\[\\]-~]{1,12}", 0..5),
    ) {
        let [sub, jti, sid, ..] = &texts[..] else { unreachable!() };
        let claims = AccessClaims {
            iss: ISSUER.into(),
            sub: sub.clone(),
            aud: audiences.into_iter().chain([AUDIENCE.to_owned()]).collect(),
            exp: NOW + 900,
            iat: NOW,
            nbf,
            jti: jti.clone(),
            sid: sid.clone(),
            client_id: optional.clone(),
            auth_time: nbf,
            scope: Scopes::parse(scopes.join(" ")).unwrap(),
            preferred_username: optional.clone(),
            email: optional.clone(),
            name: optional,
        };
        let token = issuer().mint(&serde_json::to_value(&claims).unwrap());
        let verified = verifier().verify(&token, NOW).unwrap();
        prop_assert_eq!(&*verified, &claims);
        prop_assert!(scopes.iter().all(|scope| verified.scope.contains(scope)));
        prop_assert_eq!(verified.scope.iter().collect::<Vec<_>>(), scopes);
    }

    #[test]
    fn no_rubbish_is_a_document_of_the_feed(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        payload in any_json(),
    ) {
        prop_assert!(read(&bytes).is_err());
        let parts = bytes.chunks(200).map(encode).collect::<Vec<_>>().join(".");
        prop_assert!(read(parts.as_bytes()).is_err());
        prop_assert!(read(publish(issuer(), &payload).as_bytes()).is_err());
    }

    #[test]
    fn any_json_in_the_place_of_a_member_of_the_feed_is_refused_or_right(
        member in prop::sample::select(vec!["iss", "iat", "exp", "sessions", "keys"]),
        value in any_json(),
    ) {
        let mut mutated = payload(NOW, &["s"], &["k"]);
        mutated[member] = value.clone();
        if let Ok(claims) = read(publish(issuer(), &mutated).as_bytes()) {
            prop_assert_eq!(&serde_json::to_value(claims).unwrap()[member], &value);
        }
    }

    #[test]
    fn a_document_of_the_feed_says_what_was_written(document in feed()) {
        let text = publish(issuer(), &serde_json::to_value(&document).unwrap());
        prop_assert_eq!(read(text.as_bytes()), Ok(document.clone()));
        let known = Revocations::from(&document);
        prop_assert_eq!(known.len(), document.sessions.len() + document.keys.len());
        prop_assert!(knows_all_of(&known, &document));
        prop_assert!(!known.is_session_revoked("") && !known.is_key_revoked(""));
    }

    #[test]
    fn a_document_that_someone_else_signed_or_changed_is_refused(
        document in feed(),
        place in any::<prop::sample::Index>(),
        character in any::<char>(),
    ) {
        let payload = serde_json::to_value(&document).unwrap();
        let good = publish(issuer(), &payload);
        let place = place.index(good.len());
        let changed = format!("{}{character}{}", &good[..place], &good[place + 1..]);
        prop_assume!(changed != good);
        prop_assert!(read(changed.as_bytes()).is_err());
        prop_assert!(read(publish(stranger(), &payload).as_bytes()).is_err());
    }

    #[test]
    fn what_is_learned_is_never_forgotten_before_its_time(
        documents in prop::collection::vec(feed(), 1..5),
        now in NOW - 300..NOW + 300,
    ) {
        let policy = FeedPolicy::new(ISSUER);
        let mut known = Revocations::default();
        for (index, document) in documents.iter().enumerate() {
            known = policy.learn(&known, document, now);
            for earlier in &documents[..=index] {
                let live = still_of_use(earlier, now);
                prop_assert!(knows_all_of(&known, &live));
            }
            // To hear it again, or in another order, is to learn nothing.
            prop_assert_eq!(&policy.learn(&known, document, now), &known);
        }
        let backwards = documents.iter().rev().fold(Revocations::default(), |known, document| {
            known.union(&Revocations::from(document))
        });
        let forwards = documents.iter().fold(Revocations::default(), |known, document| {
            known.union(&Revocations::from(document))
        });
        prop_assert_eq!(backwards, forwards);
    }

    #[test]
    fn any_document_makes_a_key_set_or_an_error(document in any_json(), text in ".*") {
        for document in [document.to_string(), serde_json::json!({"keys": document}).to_string(), text] {
            prop_assert!(KeySet::from_jwks(document.as_bytes()).is_ok_and(|set| set.is_empty())
                || KeySet::from_jwks(document.as_bytes()).is_err());
        }
    }
}
