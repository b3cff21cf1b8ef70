//! Whose notes.

/// The person that a note belongs to: the subject of their access tokens, in whatever form their
/// issuer gives it. 1 to 255 characters, none of them NUL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owner(String);

/// A subject that no note can belong to: too long, or one that Postgres cannot store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the subject is longer than 255 characters or holds NUL")]
pub struct UnusableSubject;

impl Owner {
    /// The longest subject, in Unicode scalar values (OpenID Connect Core 1.0 §2 has the same).
    pub const MAX_CHARACTERS: usize = 255;

    /// Reads the subject of a verified token.
    ///
    /// # Errors
    ///
    /// [`UnusableSubject`].
    pub fn parse(subject: &str) -> Result<Self, UnusableSubject> {
        let length = subject.chars().count();
        if !(1..=Self::MAX_CHARACTERS).contains(&length) || subject.contains('\0') {
            return Err(UnusableSubject);
        }
        Ok(Self(subject.to_owned()))
    }

    /// The subject.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_of_any_form_will_do_within_bounds() {
        for subject in ["1", "01890000-0000-7000-8000-000000000000", "auth0|ü"] {
            assert_eq!(Owner::parse(subject).unwrap().as_str(), subject);
        }
        assert!(Owner::parse(&"a".repeat(255)).is_ok());
        for subject in ["", "a\0b", &"a".repeat(256)] {
            assert_eq!(Owner::parse(subject), Err(UnusableSubject), "{subject:?}");
        }
    }
}
