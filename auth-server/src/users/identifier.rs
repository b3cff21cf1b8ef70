//! What a person types to say who they are.

use super::{email::Email, username::Username};

/// A username or an e-mail address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identifier {
    /// By username.
    Username(Username),
    /// By e-mail address.
    Email(Email),
}

impl Identifier {
    /// Reads an identifier: with an `@` it is an e-mail address, without one a username, which never
    /// has one. A text that is neither names nobody; the caller then proceeds as for a person who
    /// does not exist.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('@') {
            Email::parse(text).ok().map(Self::Email)
        } else {
            Username::parse(text).ok().map(Self::Username)
        }
    }

    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Username(username) => username.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }
}
