//! How passwords are kept: `bcrypt(base64(HMAC-SHA-384(pepper, password)))` behind a prefix that
//! names the scheme and the pepper, `lk1.<pepper>$2b$…`.
//!
//! bcrypt alone reads 72 bytes and stops at NUL; the HMAC takes any length and any byte, and its
//! base64 form is 64 characters without NUL. The pepper is not in the dump of a database, so that a
//! dump alone does not let anyone guess. This is the only file that calls bcrypt.
//!
//! What older systems kept is compared as they compared it, and replaced at the next login: bcrypt of the
//! password itself, `$2b$…`, and Django's bcrypt of its SHA-256, `bcrypt_sha256$$2b$…`.

pub mod foreign;

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ring::{digest, hmac};
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
const DJANGO_SHA256: &str = "bcrypt_sha256$";

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
    ///
    /// A stored hash of a cost above the present one would take longer; an import takes none.
    #[must_use]
    pub fn verify(
        self,
        presented: &PresentedPassword,
        stored: Option<&str>,
        peppers: &Peppers,
    ) -> Verdict {
        self.compare(presented, stored, peppers).0
    }

    /// Says what a comparison showed, and how much bcrypt it took.
    fn compare(
        self,
        presented: &PresentedPassword,
        stored: Option<&str>,
        peppers: &Peppers,
    ) -> (Verdict, Rounds) {
        let stored = stored.and_then(|text| StoredHash::parse(text, peppers));
        let (Some(password), Some(stored)) = (presented.expose(), stored) else {
            return (Verdict::Mismatch, spend(self.cost));
        };
        // bcrypt repeats its key with a NUL between, so that such a password would be as good as its half.
        if matches!(stored.scheme, Scheme::Plain) && password.contains('\0') {
            return (Verdict::Mismatch, spend(self.cost));
        }
        let matches = bcrypt::verify(&*stored.scheme.input(password), stored.bcrypt);
        let (Ok(matches), Some(cost)) = (matches, cost_of(stored.bcrypt)) else {
            // A stored hash that bcrypt cannot read fits no password.
            return (Verdict::Mismatch, spend(self.cost));
        };
        if matches {
            let current =
                matches!(stored.scheme, Scheme::Peppered(id, _) if id == peppers.current().0);
            // bcrypt has not read the rest of it: one that was mistyped there would be kept for good.
            let is_whole =
                !matches!(stored.scheme, Scheme::Plain) || password.len() <= READ_BY_BCRYPT;
            let outdated = is_whole && (!current || cost != self.cost);
            (Verdict::Match { outdated }, Rounds::of(cost))
        } else {
            let rest = (cost..self.cost).map(spend);
            let rounds = rest.fold(Rounds::of(cost), Rounds::plus);
            (Verdict::Mismatch, rounds)
        }
    }
}

/// Bytes of a password that bcrypt reads.
const READ_BY_BCRYPT: usize = 72;

/// How often bcrypt's key schedule was run: what its time is proportional to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Rounds(u64);

impl Rounds {
    fn of(cost: u32) -> Self {
        Self(1 << cost)
    }

    fn plus(self, more: Self) -> Self {
        Self(self.0 + more.0)
    }
}

/// Spends the time of one comparison at that cost. From a cost *s* up to one below *c* they add up to
/// what is left of a comparison at cost *c*: each step doubles.
fn spend(cost: u32) -> Rounds {
    let outcome = bcrypt::verify("", &format!("$2b${cost:02}${NOBODY}"));
    debug_assert!(
        matches!(outcome, Ok(false)),
        "nobody's hash is well-formed: {outcome:?}"
    );
    Rounds::of(cost)
}

struct StoredHash<'a> {
    scheme: Scheme<'a>,
    bcrypt: &'a str,
}

/// What was given to bcrypt.
enum Scheme<'a> {
    /// The password and a pepper of ours.
    Peppered(PepperId, &'a hmac::Key),
    /// The password itself.
    Plain,
    /// Its SHA-256 in hexadecimal, as Django does.
    Sha256,
}

impl<'a> StoredHash<'a> {
    fn parse(text: &'a str, peppers: &'a Peppers) -> Option<Self> {
        if let Some(bcrypt) = text.strip_prefix(DJANGO_SHA256) {
            let scheme = Scheme::Sha256;
            return Some(Self { scheme, bcrypt });
        }
        let Some((id, bcrypt)) = split_own(text) else {
            let scheme = Scheme::Plain;
            return Some(Self {
                scheme,
                bcrypt: text,
            });
        };
        let scheme = Scheme::Peppered(id?, peppers.find(id?)?);
        Some(Self { scheme, bcrypt })
    }
}

impl Scheme<'_> {
    fn input(&self, password: &str) -> Zeroizing<String> {
        match self {
            Self::Peppered(_, pepper) => peppered(password, pepper),
            Self::Plain => Zeroizing::new(password.to_owned()),
            Self::Sha256 => sha256(password),
        }
    }
}

/// The number of the pepper, if it is one, and the bcrypt hash of what looks like a hash of ours.
fn split_own(text: &str) -> Option<(Option<PepperId>, &str)> {
    let rest = text.strip_prefix(SCHEME)?;
    let (id, bcrypt) = rest.split_at(rest.find('$').unwrap_or(rest.len()));
    Some((id.parse().ok(), bcrypt))
}

fn sha256(password: &str) -> Zeroizing<String> {
    let digest = digest::digest(&digest::SHA256, password.as_bytes());
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in digest.as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn peppered(password: &str, pepper: &hmac::Key) -> Zeroizing<String> {
    let tag = hmac::sign(pepper, password.as_bytes());
    Zeroizing::new(STANDARD_NO_PAD.encode(tag))
}

fn cost_of(bcrypt: &str) -> Option<u32> {
    bcrypt.split('$').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests;
