//! Of all that is nearly a refresh token, only what was issued is authentic.

use auth_server::{
    keys::master_key::MasterKeys,
    tokens::refresh_token::{RefreshToken, SessionHandle},
};
use fuzzing::{Outcome, check, text};
use proptest::prelude::*;

use crate::{CURRENT, OLDER, STRANGERS};

#[test]
fn only_what_was_issued_is_authentic() {
    let keys = |text: &str| MasterKeys::parse(text).unwrap();
    let ours = keys(&format!("{CURRENT},{OLDER}"));
    let issue = |keys: &MasterKeys, generation| {
        let token = RefreshToken {
            handle: SessionHandle::generate().unwrap(),
            generation,
        };
        let written = token.issue(keys).expose().to_owned();
        (written, token)
    };
    let issued = [
        issue(&ours, 0),
        issue(&ours, 7),
        issue(&keys(OLDER), i64::MAX),
    ];
    let (forged, _) = issue(&keys(STRANGERS), 0);
    let material = issued.iter().map(|(text, _)| text.clone()).chain([forged]);
    check("refresh token", &text(material), |input| {
        let outcome = RefreshToken::authenticate(input, &ours);
        let expected = issued.iter().find(|(text, _)| text == input);
        prop_assert_eq!(outcome.as_ref(), expected.map(|(_, token)| token));
        Ok(Outcome::accepted_if(outcome.is_some()))
    });
}
