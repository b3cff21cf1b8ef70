//! `Set-Cookie`, read as a browser reads it (RFC 6265 section 5.2).

use std::collections::BTreeMap;

/// One line of `Set-Cookie`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SetCookie {
    /// The name.
    pub(crate) name: String,
    /// The value.
    pub(crate) value: String,
    /// Names of the attributes in lower case, and their values.
    pub(crate) attributes: BTreeMap<String, String>,
}

impl SetCookie {
    /// The name of the one that holds the refresh token.
    pub(crate) const REFRESH: &str = "__Host-refresh_token";
    /// The name of the one that tells pages that there is a refresh token.
    pub(crate) const SIGNED_IN: &str = "__Host-signed-in";
    /// The name of the one that holds the device token.
    pub(crate) const DEVICE: &str = "__Host-device";
    /// The name of the one that holds the access token.
    pub(crate) const ACCESS: &str = "__Host-access_token";

    pub(super) fn parse(line: &str) -> Self {
        let mut parts = line.split(';').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim(), value.trim().to_owned())
        });
        let (name, value) = parts.next().unwrap();
        Self {
            name: name.to_owned(),
            value,
            attributes: parts
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
        }
    }

    /// Asserts that only this origin gets it, over TLS, from its own pages, and no script reads it.
    #[track_caller]
    pub(crate) fn assert_locked_down(&self, max_age: &str) {
        self.assert_attributes(&[
            ("httponly", ""),
            ("max-age", max_age),
            ("path", "/"),
            ("samesite", "Strict"),
            ("secure", ""),
        ]);
    }

    /// Asserts that it takes an earlier one back.
    #[track_caller]
    pub(crate) fn assert_cleared(&self) {
        self.assert_locked_down("0");
        assert_eq!(self.value, "");
    }

    /// Asserts that it tells pages of this origin that someone is signed in, and nothing else.
    #[track_caller]
    pub(crate) fn assert_says_signed_in(&self, max_age: &str) {
        self.assert_readable(max_age);
        assert_eq!(self.value, "1");
    }

    /// Asserts that it takes that back.
    #[track_caller]
    pub(crate) fn assert_says_signed_out(&self) {
        self.assert_readable("0");
        assert_eq!(self.value, "");
    }

    #[track_caller]
    fn assert_readable(&self, max_age: &str) {
        assert_eq!(self.name, Self::SIGNED_IN);
        self.assert_attributes(&[
            ("max-age", max_age),
            ("path", "/"),
            ("samesite", "Strict"),
            ("secure", ""),
        ]);
    }

    #[track_caller]
    fn assert_attributes(&self, expected: &[(&str, &str)]) {
        let found: Vec<(&str, &str)> = self
            .attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expected, "{}", self.name);
        assert!(self.name.starts_with("__Host-"));
    }
}
