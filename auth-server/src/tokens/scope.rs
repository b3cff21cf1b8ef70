//! What access tokens permit (RFC 6749 section 3.3).

use std::collections::HashSet;

use shared_claims::Scopes;

/// What an administrator's tokens permit: everything under `/auth/admin`.
pub const ADMIN_SCOPE: &str = "auth:admin";

/// What the access tokens of a session are to permit, as asked for at its login: the usual, less, or the
/// administration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SessionScope(Option<Scopes>);

/// What was asked for is not for this server to give, or not together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "The scope has names that this server does not give, a name twice, or auth:admin beside another."
)]
pub struct InvalidScope;

impl SessionScope {
    /// All that a server usually gives.
    pub const USUAL: Self = Self(None);

    /// Reads what someone asks for, of what a server usually gives. The scope `auth:admin` stands alone: tokens
    /// that carry it are for the auth server only, and those for other services do not carry it, so that none of
    /// them holds a token that administers.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`].
    pub fn parse(text: &str, usual: &Scopes) -> Result<Self, InvalidScope> {
        let scope = Scopes::parse(text).map_err(|_| InvalidScope)?;
        let names: HashSet<&str> = scope.iter().collect();
        let is_repeated = names.len() < scope.iter().count();
        let is_given =
            scope.as_str() == ADMIN_SCOPE || names.iter().all(|name| usual.contains(name));
        if scope.is_empty() || is_repeated || !is_given {
            return Err(InvalidScope);
        }
        Ok(Self(Some(scope)))
    }

    /// Whether it administers. Whether the person may is another question.
    #[must_use]
    pub fn is_administration(&self) -> bool {
        self.as_str() == Some(ADMIN_SCOPE)
    }

    /// As stored with the session; `None` for the usual.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_ref().map(Scopes::as_str)
    }
}

/// What the tokens of a session permit now. What the server no longer gives is left out, however long ago the
/// session was opened.
#[must_use]
pub fn granted(stored: Option<&str>, usual: &Scopes) -> Scopes {
    let Some(stored) = stored else {
        return usual.clone();
    };
    let names = stored.split(' ');
    let given: Vec<&str> = names
        .filter(|name| *name == ADMIN_SCOPE || usual.contains(name))
        .collect();
    Scopes::parse(given.join(" ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Scopes {
        Scopes::parse("notes:read notes:write").unwrap()
    }

    #[test]
    fn part_of_the_usual_may_be_asked_for() {
        for text in ["notes:read", "notes:write notes:read"] {
            let scope = SessionScope::parse(text, &usual()).unwrap();
            assert_eq!(granted(scope.as_str(), &usual()).as_str(), text);
            assert!(!scope.is_administration());
        }
        assert_eq!(granted(SessionScope::USUAL.as_str(), &usual()), usual());
    }

    #[test]
    fn the_administration_stands_alone() {
        let scope = SessionScope::parse("auth:admin", &usual()).unwrap();
        assert!(scope.is_administration());
        assert_eq!(granted(scope.as_str(), &usual()).as_str(), "auth:admin");
        for text in [
            "auth:admin notes:read",
            "notes:read auth:admin",
            "auth:admin auth:admin",
            "AUTH:ADMIN",
            "auth:admin ",
            "auth:administration",
            "notes:delete",
            "notes:read  notes:write",
            "notes:read notes:read",
            "",
        ] {
            assert_eq!(
                SessionScope::parse(text, &usual()),
                Err(InvalidScope),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_longer_given_is_left_out() {
        let less = Scopes::parse("notes:read").unwrap();
        assert_eq!(granted(Some("notes:read notes:write"), &less), less);
        assert!(granted(Some("notes:write"), &less).is_empty());
    }
}
