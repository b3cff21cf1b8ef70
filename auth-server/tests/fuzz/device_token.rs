//! Of all that is nearly a device token, only what was issued is authentic.

use auth_server::{
    keys::master_key::MasterKeys,
    tokens::{
        device_token::DeviceToken,
        refresh_token::{RefreshToken, SessionHandle},
    },
};
use chrono::DateTime;
use fuzzing::{Outcome, check, text};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{CURRENT, OLDER, STRANGERS};

#[test]
fn only_what_was_issued_is_authentic() {
    let keys = |text: &str| MasterKeys::parse(text).unwrap();
    let ours = keys(&format!("{CURRENT},{OLDER}"));
    let issue = |keys: &MasterKeys| {
        let token = DeviceToken::generate(Uuid::from_u128(7), DateTime::UNIX_EPOCH).unwrap();
        (token.issue(keys).expose().to_owned(), token)
    };
    let issued = [issue(&ours), issue(&ours), issue(&keys(OLDER))];
    let (forged, _) = issue(&keys(STRANGERS));
    let refresh_token = RefreshToken {
        handle: SessionHandle::generate().unwrap(),
        generation: 0,
    };
    let renamed = refresh_token
        .issue(&ours)
        .expose()
        .replace("lkrt_", "lkdt_");
    let material = issued
        .iter()
        .map(|(text, _)| text.clone())
        .chain([forged, renamed]);
    check("device token", &text(material), |input| {
        let outcome = DeviceToken::authenticate(input, &ours);
        let expected = issued.iter().find(|(text, _)| text == input);
        prop_assert_eq!(outcome.as_ref(), expected.map(|(_, token)| token));
        Ok(Outcome::accepted_if(outcome.is_some()))
    });
}
