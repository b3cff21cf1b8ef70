//! What holds for any token: rubbish neither verifies nor panics, a good token has no second form,
//! and claims come out as they went in.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use serde_json::Value;
use shared_claims::{AccessClaims, KeySet, LocalKeys, Policy, Scopes, Verifier};

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
    fn any_document_makes_a_key_set_or_an_error(document in any_json(), text in ".*") {
        for document in [document.to_string(), serde_json::json!({"keys": document}).to_string(), text] {
            prop_assert!(KeySet::from_jwks(document.as_bytes()).is_ok_and(|set| set.is_empty())
                || KeySet::from_jwks(document.as_bytes()).is_err());
        }
    }
}
