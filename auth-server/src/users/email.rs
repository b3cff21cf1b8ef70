//! E-mail addresses.

use std::fmt;

/// An e-mail address in its canonical form: ASCII local part in lower case, domain in its ASCII
/// (punycode) form. Two spellings of one address are one account, and no look-alike is another's.
#[derive(Clone, Eq, PartialEq)]
pub struct Email(String);

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("This is not an e-mail address that we can write to.")]
pub struct EmailError;

impl Email {
    /// Reads an address and makes it canonical.
    ///
    /// The local part is ASCII (RFC 5321, dot-atom): mapping the case of other letters is how one
    /// account is taken over through another's look-alike (`ı` upper-cases to `I`). The domain goes
    /// through UTS 46, which maps each spelling of a domain to the one that DNS knows.
    ///
    /// # Errors
    ///
    /// [`EmailError`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        if !is_dot_atom(local) || local.len() > 64 {
            return Err(EmailError);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError)?;
        if !domain.contains('.') || domain.ends_with('.') {
            return Err(EmailError);
        }
        let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
        if canonical.len() > 254 {
            return Err(EmailError);
        }
        Ok(Self(canonical))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_dot_atom(local: &str) -> bool {
    let is_atom_character =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_character))
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Email::parse(text)
            .ok()
            .map(|email| email.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_address_are_one_address() {
        let cases = [
            ("Ada@Example.ORG", "ada@example.org"),
            ("ada+notes@example.org", "ada+notes@example.org"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@exa\u{FF4D}ple.org", "ada@example.org"),
            ("ada@\u{212A}elvin.org", "ada@kelvin.org"),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn look_alikes_of_a_local_part_are_refused() {
        for text in [
            "adaı@example.org",
            "m\u{0131}ke@example.org",
            "\u{212A}im@example.org",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let too_long = format!("{}@example.org", "a".repeat(65));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@example.org.",
            "a b@example.org",
            "ada@exa mple.org",
            ".ada@example.org",
            "ada..l@example.org",
            "a@b@example.org",
            "ada\0@example.org",
            "ada@example.org\n",
            "ada@-example.org",
            "<ada@example.org>",
            &too_long,
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_address_parses_to_itself(text in "[a-zA-Z0-9._+-]{1,20}@\\PC{1,20}\\.[a-z]{2,5}") {
            if let Some(once) = canonical(&text) {
                prop_assert_eq!(canonical(&once), Some(once.clone()));
                prop_assert!(once.is_ascii());
            }
        }
    }
}
