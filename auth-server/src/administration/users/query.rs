//! What people are found by.

use uuid::Uuid;

/// Which people to list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UserQuery {
    /// Everyone.
    All,
    /// The one of this id.
    Id(Uuid),
    /// Those whose username or e-mail address begins with this.
    Beginning(String),
}

/// Why a text is nothing to look for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("What is looked for has 254 characters at the most, and no control characters.")]
pub struct UserQueryError;

impl UserQuery {
    /// Reads what someone looks for: nothing, for everyone; an id; or how a name begins, of which none is longer than
    /// 254 characters or has control characters.
    ///
    /// # Errors
    ///
    /// [`UserQueryError`].
    pub fn parse(text: &str) -> Result<Self, UserQueryError> {
        if text.chars().count() > 254 || text.chars().any(char::is_control) {
            return Err(UserQueryError);
        }
        let text = text.trim().to_lowercase();
        Ok(if text.is_empty() {
            Self::All
        } else {
            id_of(&text).map_or(Self::Beginning(text), Self::Id)
        })
    }
}

/// Reads an id as it is written with its hyphens. Without them it could be somebody's username.
#[must_use]
pub fn id_of(text: &str) -> Option<Uuid> {
    const WITH_HYPHENS: usize = 36;
    let id = (text.len() == WITH_HYPHENS).then(|| Uuid::try_parse(text));
    id?.ok()
}
