//! How passwords are kept: `bcrypt(base64(HMAC-SHA-384(pepper, password)))` behind a prefix that
//! names the scheme and the pepper, `lk1.<pepper>$2b$…`.
//!
//! bcrypt alone reads 72 bytes and stops at NUL; the HMAC takes any length and any byte, and its
//! base64 form is 64 characters without NUL. The pepper is not in the dump of a database, so that a
//! dump alone does not let anyone guess. This is the only file that knows bcrypt.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ring::hmac;
use zeroize::Zeroizing;

use super::password::{NewPassword, PresentedPassword};
use crate::keys::pepper::{PepperId, Peppers};

/// Hashes and verifies passwords at one cost.
#[derive(Clone, Copy, Debug)]
pub struct PasswordHasher {
    cost: u32,
}

/// What a comparison showed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The password is right. `outdated` says that the stored hash is of an older scheme, pepper or
    /// cost and should be replaced now, while the password is at hand.
    Match {
        /// Whether to hash anew.
        outdated: bool,
    },
    /// The password is wrong, over-long, or there is no such person.
    Mismatch,
}

/// The password could not be hashed: the system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("hashing failed: {0}")]
pub struct HashingError(#[from] bcrypt::BcryptError);

const SCHEME: &str = "lk1.";

/// The salt and checksum of a hash that no password has. Comparing with it costs what comparing
/// with a real one costs, so that time does not tell who has an account.
const NOBODY: &str = "abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01232";

impl PasswordHasher {
    /// A hasher of the given bcrypt cost (base-2 logarithm of the rounds).
    #[must_use]
    pub fn new(cost: u32) -> Self {
        Self { cost }
    }

    /// Hashes a new password under the current pepper. This computes for a quarter of a second at
    /// the default cost: behind the hashing gate only.
    ///
    /// # Errors
    ///
    /// [`HashingError`].
    pub fn hash(self, password: &NewPassword, peppers: &Peppers) -> Result<String, HashingError> {
        self.hash_exposed(password.expose(), peppers)
    }

    /// Hashes a password that has just been verified, for [`Verdict::Match`] with `outdated`.
    ///
    /// # Errors
    ///
    /// [`HashingError`].
    pub fn rehash(
        self,
        verified: &PresentedPassword,
        peppers: &Peppers,
    ) -> Result<String, HashingError> {
        self.hash_exposed(verified.expose().unwrap_or_default(), peppers)
    }

    fn hash_exposed(self, password: &str, peppers: &Peppers) -> Result<String, HashingError> {
        let (id, pepper) = peppers.current();
        let hashed = bcrypt::hash(peppered(password, pepper), self.cost)?;
        Ok(format!("{SCHEME}{id}{hashed}"))
    }

    /// Compares a presented password with a stored hash, or with nobody's where there is none. All
    /// refusals take the time of one comparison at the present cost, so that neither who has an account
    /// nor whose hash is of an older cost is told by time.
    #[must_use]
    pub fn verify(
        self,
        presented: &PresentedPassword,
        stored: Option<&str>,
        peppers: &Peppers,
    ) -> Verdict {
        let stored = stored.and_then(|text| StoredHash::parse(text, peppers));
        let (Some(password), Some(stored)) = (presented.expose(), stored) else {
            spend(self.cost);
            return Verdict::Mismatch;
        };
        let matches = match stored.pepper {
            Some((_, pepper)) => bcrypt::verify(peppered(password, pepper), stored.bcrypt),
            None => bcrypt::verify(password, stored.bcrypt),
        };
        let cost = cost_of(stored.bcrypt);
        match (matches, cost) {
            (Ok(true), _) => {
                let current = stored.pepper.map(|(id, _)| id) == Some(peppers.current().0);
                Verdict::Match {
                    outdated: !current || cost != Some(self.cost),
                }
            }
            // The comparison took the time of the stored hash's cost.
            (Ok(false), Some(cost)) => {
                (cost..self.cost).for_each(spend);
                Verdict::Mismatch
            }
            // A stored hash that bcrypt cannot read fits no password.
            (Err(_), _) | (Ok(false), None) => {
                spend(self.cost);
                Verdict::Mismatch
            }
        }
    }
}

/// Spends the time of one comparison at that cost. From a cost *s* up to one below *c* they add up to
/// what is left of a comparison at cost *c*: each step doubles.
fn spend(cost: u32) {
    let outcome = bcrypt::verify("", &format!("$2b${cost:02}${NOBODY}"));
    debug_assert!(
        matches!(outcome, Ok(false)),
        "nobody's hash is well-formed: {outcome:?}"
    );
}

struct StoredHash<'a> {
    /// None for a hash that came from an older system.
    pepper: Option<(PepperId, &'a hmac::Key)>,
    bcrypt: &'a str,
}

impl<'a> StoredHash<'a> {
    fn parse(text: &'a str, peppers: &'a Peppers) -> Option<Self> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Some(Self {
                pepper: None,
                bcrypt: text,
            });
        };
        let (id, _) = rest.split_once('$')?;
        let (id, bcrypt) = (id.parse::<PepperId>().ok()?, &rest[id.len()..]);
        Some(Self {
            pepper: Some((id, peppers.find(id)?)),
            bcrypt,
        })
    }
}

fn peppered(password: &str, pepper: &hmac::Key) -> Zeroizing<String> {
    let tag = hmac::sign(pepper, password.as_bytes());
    Zeroizing::new(STANDARD_NO_PAD.encode(tag))
}

fn cost_of(bcrypt: &str) -> Option<u32> {
    bcrypt.split('$').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    /// The lowest cost that bcrypt knows; the cost is no subject here.
    const HASHER: PasswordHasher = PasswordHasher { cost: 4 };

    fn peppers(ids: &[PepperId]) -> Peppers {
        let secrets: Vec<[u8; 48]> = ids
            .iter()
            .map(|id| [u8::try_from(*id).unwrap(); 48])
            .collect();
        Peppers::new(
            ids.iter()
                .copied()
                .zip(secrets.iter().map(<[u8; 48]>::as_slice)),
        )
        .unwrap()
    }

    fn presented(text: &str) -> PresentedPassword {
        PresentedPassword::from(SecretString::from(text.to_owned()))
    }

    fn hash(text: &str, peppers: &Peppers) -> String {
        HASHER.rehash(&presented(text), peppers).unwrap()
    }

    #[test]
    fn passwords_are_compared_exactly() {
        let peppers = peppers(&[1]);
        let long = "x".repeat(71);
        let right = [
            "correct horse battery staple",
            "with\0nul and more",
            &format!("{long}yz"),
            &"ü".repeat(1_024),
            "  spaces  ",
        ];
        for password in right {
            let stored = hash(password, &peppers);
            let verify = |text: &str| HASHER.verify(&presented(text), Some(&stored), &peppers);
            assert_eq!(
                verify(password),
                Verdict::Match { outdated: false },
                "{password:?}"
            );
            let near_misses = [
                password.to_uppercase() + "!",
                format!("{password}x"),
                password
                    .chars()
                    .take(password.chars().count() - 1)
                    .collect(),
                password.replace('\0', ""),
                password.split('\0').next().unwrap().to_owned(),
                password.trim().to_owned(),
            ];
            for near_miss in near_misses.iter().filter(|text| *text != password) {
                assert_eq!(verify(near_miss), Verdict::Mismatch, "{near_miss:?}");
            }
        }
    }

    #[test]
    fn no_byte_past_the_71st_is_ignored() {
        let peppers = peppers(&[1]);
        for length in [71, 72, 73, 100] {
            let password = "a".repeat(length);
            let stored = hash(&password, &peppers);
            let other = "a".repeat(length - 1) + "b";
            for wrong in [other, "a".repeat(length + 1), "a".repeat(length - 1)] {
                let verdict = HASHER.verify(&presented(&wrong), Some(&stored), &peppers);
                assert_eq!(verdict, Verdict::Mismatch, "{length}");
            }
        }
    }

    #[test]
    fn an_older_systems_hash_is_accepted_and_outdated() {
        let peppers = peppers(&[1]);
        let stored = bcrypt::hash("an old password", 4).unwrap();
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let stored = stored.replacen("$2b$", prefix, 1);
            let verdict = HASHER.verify(&presented("an old password"), Some(&stored), &peppers);
            assert_eq!(verdict, Verdict::Match { outdated: true }, "{prefix}");
        }
    }

    #[test]
    fn a_new_pepper_or_cost_makes_a_hash_outdated() {
        let stored = hash("a password", &peppers(&[1]));
        let both = peppers(&[1, 2]);
        let outdated = Verdict::Match { outdated: true };
        assert_eq!(
            HASHER.verify(&presented("a password"), Some(&stored), &both),
            outdated
        );
        let dearer = PasswordHasher::new(5);
        assert_eq!(
            dearer.verify(&presented("a password"), Some(&stored), &peppers(&[1])),
            outdated
        );
    }

    #[test]
    fn nobody_has_a_password() {
        let peppers = peppers(&[1]);
        for text in ["", "password"] {
            assert_eq!(
                HASHER.verify(&presented(text), None, &peppers),
                Verdict::Mismatch
            );
        }
    }

    #[test]
    fn a_corrupt_stored_hash_fits_nothing() {
        let peppers = peppers(&[1]);
        let good = hash("a password", &peppers);
        let cut = &good[..good.len() - 1];
        for stored in [
            "",
            "$",
            "lk1.",
            "lk1.1",
            "lk1.9$2b$04$",
            "$2b$99$x",
            "plain text",
            "$2b$04$é",
            cut,
        ] {
            let verdict = HASHER.verify(&presented("a password"), Some(stored), &peppers);
            assert_eq!(verdict, Verdict::Mismatch, "{stored:?}");
        }
    }

    #[test]
    fn an_over_long_password_is_wrong() {
        let text = SecretString::from("x".repeat(1_025));
        assert!(NewPassword::accept(text, &[]).is_err());
        let peppers = peppers(&[1]);
        let stored = hash("", &peppers);
        let verdict = HASHER.verify(&presented(&"x".repeat(1_025)), Some(&stored), &peppers);
        assert_eq!(verdict, Verdict::Mismatch);
    }
}
