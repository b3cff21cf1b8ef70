//! What people type: names in their canonical form or not at all, and passwords as they are.

use auth_server::users::{
    email::Email,
    full_name::FullName,
    identifier::Identifier,
    password::{NewPassword, NewPasswordError},
    username::Username,
};
use fuzzing::{Outcome, check, text};
use proptest::prelude::*;
use secrecy::SecretString;

const ADDRESSES: [&str; 6] = [
    "ada@example.org",
    "Ada.Lovelace+notes@Mail.Example.ORG",
    "ada@bücher.example",
    "ada@xn--bcher-kva.example",
    "!#$%&'*+-/=?^_`{|}~@a.b",
    "ada@日本語.example",
];

#[test]
fn an_address_has_one_canonical_form() {
    check("e-mail address", &text(ADDRESSES), |input| {
        let outcome = Email::parse(input);
        if let Ok(email) = &outcome {
            let canonical = email.as_str();
            for spelling in [canonical, &input.to_ascii_uppercase()] {
                prop_assert!(Email::parse(spelling).as_ref() == Ok(email));
            }
            prop_assert!(canonical.len() <= 254);
            let is_plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
            prop_assert!(canonical.bytes().all(is_plain), "{}", canonical);
            let (local, domain) = canonical.split_once('@').unwrap();
            prop_assert!(!local.is_empty() && local.len() <= 64);
            prop_assert!(local.eq_ignore_ascii_case(input.rsplit_once('@').unwrap().0));
            let is_label = |label: &str| {
                (1..=63).contains(&label.len())
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            prop_assert!(
                domain.contains('.') && domain.split('.').all(is_label),
                "{}",
                domain
            );
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn a_username_has_one_canonical_form() {
    check(
        "username",
        &text(["ada", "Ada.L-1_x", "a".repeat(32).as_str()]),
        |input| {
            let outcome = Username::parse(input);
            let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            let right = (3..=32).contains(&input.len()) && input.bytes().all(is_ours);
            prop_assert_eq!(outcome.is_ok(), right);
            if let Ok(username) = &outcome {
                prop_assert_eq!(username.as_str(), input.to_ascii_lowercase());
                prop_assert!(Username::parse(username.as_str()).as_ref() == Ok(username));
            }
            Ok(Outcome::accepted_if(right))
        },
    );
}

#[test]
fn who_is_named_is_named_by_username_or_by_address() {
    let good = ADDRESSES.into_iter().chain(["ada", "Ada.L-1_x"]);
    check("identifier", &text(good), |input| {
        let outcome = Identifier::parse(input);
        let expected = if input.contains('@') {
            Email::parse(input).ok().map(Identifier::Email)
        } else {
            Username::parse(input).ok().map(Identifier::Username)
        };
        prop_assert_eq!(&outcome, &expected);
        Ok(Outcome::accepted_if(outcome.is_some()))
    });
}

#[test]
fn a_full_name_is_one_visible_line() {
    let good = ["Ada Lovelace", "  Ада Лавлейс ", "𝕬𝖉𝖆", "José\u{301}"];
    check("full name", &text(good), |input| {
        let outcome = FullName::parse(input);
        let trimmed = input.trim();
        let right = (1..=200).contains(&trimmed.chars().count())
            && !trimmed.contains(|c: char| c.is_control());
        prop_assert_eq!(outcome.is_ok(), right);
        if let Ok(name) = &outcome {
            prop_assert_eq!(name.as_str(), trimmed);
            prop_assert!(FullName::parse(name.as_str()).as_ref() == Ok(name));
        }
        Ok(Outcome::accepted_if(right))
    });
}

#[test]
fn a_new_password_is_kept_as_it_is_or_refused() {
    let good = [
        "correct horse battery staple",
        "ada lovelace",
        "пароль лежит под ковром",
    ];
    let context = ["ada.lovelace", "ada@example.org", "Ada Lovelace"];
    check("new password", &text(good), |input| {
        let outcome = NewPassword::accept(SecretString::from(input.clone()), &context);
        let fits = (8..=1_024).contains(&input.chars().count());
        match &outcome {
            Ok(password) => prop_assert!(fits && password.expose() == input),
            Err(NewPasswordError::Length) => prop_assert!(!fits),
            Err(NewPasswordError::Guessable { advice }) => {
                prop_assert!(fits && advice.starts_with("This password is too easy"));
            }
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

/// Found by the test above, in builds that check arithmetic: the estimate panicked from 21 words on.
#[test]
fn a_password_of_many_words_is_estimated_too() {
    let text = SecretString::from("lo".repeat(25));
    assert!(NewPassword::accept(text, &["lo"]).is_err());
    let text = SecretString::from(format!("ada {}ttery staple", "lo".repeat(60)));
    assert!(!matches!(
        NewPassword::accept(text, &["ada.lovelace", "ada@example.org", "Ada Lovelace"]),
        Err(NewPasswordError::Length)
    ));
}
