//! Bodies that are nearly right: what is read has known members only, each once and of its type.

use fuzzing::{Members, Outcome, check, json};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service_runtime::json_object::JsonObject;

use super::{log_in, log_out, me, password, password_advice, refresh, register};

/// What a member has to be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    TextOrNothing,
    OneOf(&'static [&'static str]),
}

use Kind::{OneOf, Text, TextOrNothing};

const DELIVERY: Kind = OneOf(&["cookie", "body"]);

#[test]
fn a_login_has_known_members_only() {
    fuzz::<log_in::LogInRequest>(
        "POST /auth/login",
        &json!({"identifier": "ada", "password": "a lantern", "delivery": "body"}),
        &[
            ("identifier", TextOrNothing),
            ("username", TextOrNothing),
            ("email", TextOrNothing),
            ("password", Text),
            ("new_password", TextOrNothing),
            ("scope", TextOrNothing),
            ("delivery", DELIVERY),
        ],
    );
}

#[test]
fn a_registration_has_known_members_only() {
    fuzz::<register::RegisterRequest>(
        "POST /auth/register",
        &json!({
            "username": "ada",
            "email": "ada@example.org",
            "password": "a lantern",
            "full_name": "Ada Lovelace",
            "delivery": "cookie",
        }),
        &[
            ("username", Text),
            ("email", Text),
            ("password", Text),
            ("full_name", TextOrNothing),
            ("delivery", DELIVERY),
        ],
    );
}

#[test]
fn a_question_about_a_password_has_known_members_only() {
    fuzz::<password_advice::AdviceRequest>(
        "POST /auth/password/advice",
        &json!({
            "password": "a lantern",
            "username": "ada",
            "email": "ada@exam",
            "full_name": "Ada Lovelace",
        }),
        &[
            ("password", Text),
            ("username", TextOrNothing),
            ("email", TextOrNothing),
            ("full_name", TextOrNothing),
        ],
    );
}

#[test]
fn a_refresh_has_a_known_member_only() {
    fuzz::<refresh::RefreshRequest>(
        "POST /auth/refresh",
        &json!({"refresh_token": "lkrt_AAAA"}),
        &[("refresh_token", Text)],
    );
}

#[test]
fn a_logout_has_known_members_only() {
    fuzz::<log_out::LogOutRequest>(
        "POST /auth/logout",
        &json!({"scope": "others", "refresh_token": "lkrt_AAAA"}),
        &[
            ("scope", OneOf(&["this", "others", "all"])),
            ("refresh_token", TextOrNothing),
        ],
    );
}

#[test]
fn a_change_of_the_profile_has_known_members_only() {
    fuzz::<me::ChangeProfileRequest>(
        "PATCH /auth/me",
        &json!({"username": "ada", "full_name": null}),
        &[("username", TextOrNothing), ("full_name", TextOrNothing)],
    );
}

#[test]
fn a_deletion_has_a_known_member_only() {
    fuzz::<me::DeleteAccountRequest>(
        "DELETE /auth/me",
        &json!({"password": "a lantern"}),
        &[("password", Text)],
    );
}

#[test]
fn a_change_of_password_has_known_members_only() {
    fuzz::<password::ChangePasswordRequest>(
        "POST /auth/password",
        &json!({"current_password": "a lantern", "new_password": "another lantern"}),
        &[("current_password", Text), ("new_password", Text)],
    );
}

fn fuzz<T: DeserializeOwned>(name: &str, good: &Value, known: &[(&str, Kind)]) {
    check(name, &json(good), |body| {
        let read = serde_json::from_slice::<JsonObject<T>>(body).is_ok();
        let right = Members::read(body).is_some_and(|members| {
            let is_known = |name| known.iter().any(|(other, _)| *other == name);
            members.are_unique()
                && members.names().all(is_known)
                && known.iter().all(|(name, kind)| fits(&members, name, *kind))
        });
        prop_assert_eq!(read, right);
        Ok(Outcome::accepted_if(read))
    });
}

fn fits(members: &Members, name: &str, kind: Kind) -> bool {
    let absent = !members.names().any(|other| other == name);
    let value = members.value(name);
    match (kind, &value) {
        (Text | TextOrNothing, Some(Value::String(_))) => true,
        (Text, _) => false,
        (TextOrNothing, _) => absent || value == Some(Value::Null),
        (OneOf(texts), Some(Value::String(text))) => texts.contains(&text.as_str()),
        (OneOf(_), _) => absent,
    }
}
