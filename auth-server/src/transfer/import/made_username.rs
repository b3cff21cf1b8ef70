//! Usernames for people who had none: made from their e-mail address, in such a way that the same file makes
//! the same names.

use std::fmt::Write;

use ring::digest;

use crate::users::{email::Email, username::Username};

/// Characters of a username at the most.
const LONGEST: usize = 32;

/// The names that a person of this address may get: the first that is free. The second one is as good as their
/// own, for it ends with a digest of the address.
#[must_use]
pub fn candidates(email: &Email) -> Vec<Username> {
    let local = email.as_str().split('@').next().unwrap_or_default();
    // What stands behind a plus is the person's own note on the address.
    let name = local.split('+').next().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let name: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();

    let mut suffix = String::from("-");
    let digest = digest::digest(&digest::SHA256, email.as_str().as_bytes());
    for byte in &digest.as_ref()[..4] {
        let _ = write!(suffix, "{byte:02x}");
    }
    let plain: String = name.chars().take(LONGEST).collect();
    let stem: String = name.chars().take(LONGEST - suffix.len()).collect();
    let names = [plain, stem + &suffix].into_iter();
    names
        .filter_map(|name| Username::parse(&name).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(address: &str) -> Vec<String> {
        let names = candidates(&Email::parse(address).unwrap());
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_is_what_the_address_says_before_its_domain() {
        for (address, names) in [
            (
                "Ada.Lovelace@example.org",
                &["ada.lovelace", "ada.lovelace-7799473f"][..],
            ),
            ("ada+notes@example.org", &["ada", "ada-fbb535a3"]),
            ("o'neill@example.org", &["o_neill", "o_neill-dc7551e0"]),
            // Too short to be a username by itself.
            ("jo@example.org", &["jo-b6be3cb5"]),
            ("+x@example.org", &["-8f8db7a0"]),
        ] {
            assert_eq!(made(address), names, "{address}");
        }
    }

    proptest! {
        #[test]
        fn everyone_gets_a_name_of_their_own(
            local in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}",
        ) {
            let (Ok(here), Ok(there)) = (
                Email::parse(&format!("{local}@example.org")),
                Email::parse(&format!("{local}@example.com")),
            ) else {
                return Ok(());
            };
            let (mut here, mut there) = (candidates(&here), candidates(&there));
            prop_assert_ne!(here.pop(), there.pop());
            prop_assert_eq!(here.pop(), there.pop());
        }
    }
}
