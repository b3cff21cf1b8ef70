//! Passwords as people choose them: what is long enough, and what is too easy to guess.

use secrecy::{ExposeSecret, SecretString};

/// A password that someone typed to prove who they are. Nothing is known of its quality; it is only
/// compared.
#[derive(Clone, Debug)]
pub struct PresentedPassword(SecretString);

impl From<SecretString> for PresentedPassword {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl PresentedPassword {
    /// The longest password, in characters.
    pub const MAX_CHARACTERS: usize = 1_024;

    /// The password, or nothing for one that is longer than any password can be.
    #[must_use]
    pub fn expose(&self) -> Option<&str> {
        let text = self.0.expose_secret();
        (text.chars().count() <= Self::MAX_CHARACTERS).then_some(text)
    }
}

/// A password that was accepted as someone's new one.
#[derive(Clone, Debug)]
pub struct NewPassword(SecretString);

/// Why a password is not accepted as a new one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NewPasswordError {
    /// Shorter than 8 or longer than 1,024 characters.
    #[error("A password has 8 to 1024 characters.")]
    Length,
    /// Too easy to guess; the advice says how to do better.
    #[error("{advice}")]
    Guessable {
        /// For the person, in English.
        advice: String,
    },
}

/// The estimate looks at this many characters only: its cost grows faster than the length, and what
/// is hard to guess after fifty characters stays so.
const ESTIMATED_CHARACTERS: usize = 50;

impl NewPassword {
    /// Accepts a password of 8–1,024 characters that is not easily guessed (`zxcvbn` score of at
    /// least 3), also by someone who knows the words in `context`: the person's names, the site's.
    /// There are no rules of composition (NIST SP 800-63B-4).
    ///
    /// This computes for milliseconds: not on a worker.
    ///
    /// # Errors
    ///
    /// A [`NewPasswordError`].
    pub fn accept(text: SecretString, context: &[&str]) -> Result<Self, NewPasswordError> {
        let exposed = text.expose_secret();
        if !(8..=PresentedPassword::MAX_CHARACTERS).contains(&exposed.chars().count()) {
            return Err(NewPasswordError::Length);
        }
        let estimated: String = exposed.chars().take(ESTIMATED_CHARACTERS).collect();
        let known = guesses(context);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let estimate = zxcvbn::zxcvbn(&estimated, &known);
        if estimate.score() < zxcvbn::Score::Three {
            return Err(NewPasswordError::Guessable {
                advice: advice(&estimate),
            });
        }
        Ok(Self(text))
    }

    /// The password, for hashing.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What someone who knows these texts would try: each of them, its parts, and the parts run together.
fn guesses(context: &[&str]) -> Vec<String> {
    let is_sign = |c: char| !c.is_alphanumeric();
    context
        .iter()
        .flat_map(|text| {
            let whole = std::iter::once(text.to_string());
            let halves = text
                .split('@')
                .flat_map(|half| [half.to_owned(), half.replace(is_sign, "")]);
            whole
                .chain(halves)
                .chain(text.split(is_sign).map(str::to_owned))
        })
        .filter(|guess| guess.chars().count() >= 3)
        .chain(["latchkey".to_owned()])
        .collect()
}

fn advice(estimate: &zxcvbn::Entropy) -> String {
    let mut sentences = vec!["This password is too easy to guess.".to_owned()];
    if let Some(feedback) = estimate.feedback() {
        sentences.extend(feedback.warning().map(|warning| warning.to_string()));
        sentences.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Result<NewPassword, NewPasswordError> {
        NewPassword::accept(
            SecretString::from(text.to_owned()),
            &[
                "ada.lovelace",
                "ada.lovelace@analytical.example",
                "Augusta Ada King",
            ],
        )
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(accept("kurz7ch").unwrap_err(), NewPasswordError::Length);
        assert_eq!(
            accept(&"ж".repeat(1_025)).unwrap_err(),
            NewPasswordError::Length
        );
        let longest: String = (0..1_024_u32)
            .filter_map(|number| char::from_u32(0x4E00 + number * 7_919 % 20_000))
            .collect();
        assert!(accept(&longest).is_ok());
    }

    #[test]
    fn no_rules_of_composition() {
        for text in [
            "correct horse battery staple",
            "пароль лежит под ковром",
            "🦔🦔🐳🌵🧭🎻🪁🫖 hush",
        ] {
            assert!(accept(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn guessable_and_context_passwords_are_refused_with_advice() {
        for text in [
            "password",
            "12345678",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "Ada.Lovelace",
            "lovelace1815",
            "analytical1",
            "latchkey1",
            "augustaking",
        ] {
            match accept(text) {
                Err(NewPasswordError::Guessable { advice }) => {
                    assert!(advice.starts_with("This password is too easy"), "{advice}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
