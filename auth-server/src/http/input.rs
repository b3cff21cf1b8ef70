//! What clients send: secrets that do not print, and fields that are checked together, so that a
//! form shows all its errors at once.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use shared_claims::actix::{FieldError, Problem};

use super::error::validation_failed;

/// A password or a token in a body. It does not print.
#[derive(Clone, Debug)]
pub(super) struct Secret(pub(super) SecretString);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

/// Collects what is wrong with the fields of one body.
#[derive(Debug, Default)]
pub(super) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Keeps the value, or notes what is wrong with the field.
    pub(super) fn check<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.0
                    .push(FieldError::new(field, "invalid", error.to_string()));
                None
            }
        }
    }

    /// Reads a parameter, if it was given, or notes that it cannot be read.
    pub(super) fn parse<'t, T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        given: Option<&'t str>,
        parse: impl FnOnce(&'t str) -> Result<T, E>,
    ) -> Option<T> {
        self.check(field, given.map(parse).transpose()).flatten()
    }

    /// Notes what is wrong.
    pub(super) fn note(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// The problem that lists them all; for the branch in which there is at least one.
    pub(super) fn into_problem(self) -> Problem {
        validation_failed(self.0)
    }

    /// Passes where nothing was noted.
    pub(super) fn none_or_problem(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_problem())
        }
    }
}

/// Tells a member that is `null` from one that is left out.
#[expect(
    clippy::option_option,
    reason = "outside: whether the member is there; inside: null"
)]
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
