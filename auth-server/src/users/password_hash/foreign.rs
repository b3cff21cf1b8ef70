//! Hashes that come from elsewhere, told apart by their form: which of them can be compared here.

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

use super::{DJANGO_SHA256, SCHEME, cost_of, split_own};
use crate::keys::pepper::Peppers;

/// A hash that was read to its end and can be compared here.
#[derive(Clone, Eq, PartialEq)]
pub struct ForeignHash(String);

/// What is taken.
#[derive(Debug)]
pub struct Acceptance {
    /// The highest cost: the one that the servers hash at. A dearer hash would tell by the time of a refused
    /// login that there is such a person, and a much dearer one would keep a core busy for minutes.
    pub greatest_cost: u32,
    /// The peppers of this installation, where they are at hand.
    pub peppers: Option<Peppers>,
}

/// Why a hash is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ForeignHashError {
    /// It says of itself that no password fits it: Django's `!…`, and the `*` of password files.
    #[error("This person has no password that could be right.")]
    Unusable,
    /// Another algorithm made it.
    #[error("The password is kept with {}, which is not compared here.", .0.name)]
    Algorithm(&'static Algorithm),
    /// It begins like one of bcrypt's, and is not: it was cut, or changed.
    #[error("The bcrypt hash is not whole.")]
    Broken,
    /// Its cost is above [`Acceptance::greatest_cost`].
    #[error("The bcrypt hash has the cost {cost}, and AUTH_BCRYPT_COST is {greatest}.")]
    CostTooHigh {
        /// What it has.
        cost: u32,
        /// What is taken.
        greatest: u32,
    },
    /// It was made with a pepper of another installation, or of one that is not told.
    #[error("The hash was made by Latchkey with a pepper that is not known here.")]
    PepperUnknown,
    /// Nothing is known that keeps passwords in this form. It may be the password itself.
    #[error("The password hash is of no known form.")]
    Unknown,
}

/// Something that keeps passwords, and that Latchkey does not know how to compare.
#[derive(Debug, Eq, PartialEq)]
pub struct Algorithm {
    /// How its hashes begin.
    prefix: &'static str,
    /// The stable name of the refusal.
    pub code: &'static str,
    /// For people.
    pub name: &'static str,
}

const fn algorithm(prefix: &'static str, code: &'static str, name: &'static str) -> Algorithm {
    Algorithm { prefix, code, name }
}

/// Django's names first, then those of crypt(3), passlib, werkzeug, phpass and Firebase.
static REFUSED: [Algorithm; 24] = [
    algorithm(
        "pbkdf2_sha256$",
        "hash_pbkdf2_sha256",
        "PBKDF2 with SHA-256",
    ),
    algorithm("pbkdf2_sha1$", "hash_pbkdf2_sha1", "PBKDF2 with SHA-1"),
    algorithm("pbkdf2:", "hash_pbkdf2", "PBKDF2"),
    algorithm("$pbkdf2", "hash_pbkdf2", "PBKDF2"),
    algorithm("argon2", "hash_argon2", "Argon2"),
    algorithm("$argon2", "hash_argon2", "Argon2"),
    algorithm("scrypt", "hash_scrypt", "scrypt"),
    algorithm("$scrypt$", "hash_scrypt", "scrypt"),
    algorithm("$fbscrypt$", "hash_firebase_scrypt", "Firebase's scrypt"),
    algorithm("$7$", "hash_scrypt", "scrypt"),
    algorithm("md5$", "hash_md5", "MD5"),
    algorithm("$1$", "hash_md5_crypt", "MD5-crypt"),
    algorithm("$apr1$", "hash_md5_crypt", "MD5-crypt"),
    algorithm("$P$", "hash_phpass", "phpass"),
    algorithm("$H$", "hash_phpass", "phpass"),
    algorithm("sha1$", "hash_sha1", "SHA-1"),
    algorithm("{SHA}", "hash_sha1", "SHA-1"),
    algorithm("{SSHA}", "hash_sha1", "SHA-1"),
    algorithm("$5$", "hash_sha256_crypt", "SHA-256-crypt"),
    algorithm("$6$", "hash_sha512_crypt", "SHA-512-crypt"),
    algorithm("$y$", "hash_yescrypt", "yescrypt"),
    algorithm(
        "$bcrypt-sha256$",
        "hash_passlib_bcrypt_sha256",
        "passlib's bcrypt of an HMAC",
    ),
    // Letters outside ASCII were hashed wrongly: crypt_blowfish's bug of 2011, kept under this name.
    algorithm("$2x$", "hash_bcrypt_2x", "the broken bcrypt $2x$"),
    algorithm("$2$", "hash_bcrypt_2", "the first bcrypt $2$"),
];

/// Digests without salt have no prefix, only their length.
static BARE_MD5: Algorithm = algorithm("", "hash_md5", "MD5");
static BARE_SHA1: Algorithm = algorithm("", "hash_sha1", "SHA-1");

impl ForeignHash {
    /// Reads a hash. `pepper` is the fingerprint of the pepper that a hash of ours was made with.
    ///
    /// # Errors
    ///
    /// A [`ForeignHashError`], which shows nothing of the hash.
    pub fn parse(
        text: &str,
        pepper: Option<&str>,
        acceptance: &Acceptance,
    ) -> Result<Self, ForeignHashError> {
        if text.starts_with(['!', '*']) {
            return Err(ForeignHashError::Unusable);
        }
        let bcrypt = |text: &str| canonical_bcrypt(text, acceptance.greatest_cost);
        if let Some((_, hash)) = split_own(text) {
            let hash = bcrypt(hash)?;
            let id = pepper.and_then(|fingerprint| {
                let peppers = acceptance.peppers.as_ref()?;
                peppers.id_of_fingerprint(fingerprint)
            });
            let id = id.ok_or(ForeignHashError::PepperUnknown)?;
            return Ok(Self(format!("{SCHEME}{id}{hash}")));
        }
        if let Some(hash) = text.strip_prefix(DJANGO_SHA256) {
            return Ok(Self(format!("{DJANGO_SHA256}{}", bcrypt(hash)?)));
        }
        if is_bcrypt(text) {
            return Ok(Self(bcrypt(text)?));
        }
        if let Some(hash) = text.strip_prefix("bcrypt$") {
            return Ok(Self(bcrypt(hash)?));
        }
        Err(find_algorithm(text).map_or(ForeignHashError::Unknown, ForeignHashError::Algorithm))
    }

    /// What stands in place of a hash for someone who has no password: it fits none, and is refused in the time of
    /// one that is wrong.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(NO_PASSWORD.to_owned())
    }

    /// Whether it is [`of_nothing`](Self::of_nothing).
    #[must_use]
    pub fn is_of_nothing(&self) -> bool {
        self.0 == NO_PASSWORD
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignHash(hidden)")
    }
}

/// Stored for someone who has no password.
const NO_PASSWORD: &str = "!";

/// A stored hash and the number of the pepper in it, if it has one; `None` for [`ForeignHash::of_nothing`].
#[must_use]
pub fn to_export(stored: &str) -> Option<(&str, Option<crate::keys::pepper::PepperId>)> {
    (stored != NO_PASSWORD).then(|| (stored, split_own(stored).and_then(|(id, _)| id)))
}

fn is_bcrypt(text: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

fn find_algorithm(text: &str) -> Option<&'static Algorithm> {
    let is_hexadecimal = || text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.len() {
        32 if is_hexadecimal() => Some(&BARE_MD5),
        40 if is_hexadecimal() => Some(&BARE_SHA1),
        _ => REFUSED
            .iter()
            .find(|algorithm| text.starts_with(algorithm.prefix)),
    }
}

/// 16 bytes of salt are 22 characters, of the last of which four bits mean nothing; of a checksum's 23 bytes
/// it is two. Some libraries leave bits there, which the one that compares would refuse at each login.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

fn canonical_bcrypt(text: &str, greatest_cost: u32) -> Result<String, ForeignHashError> {
    const BROKEN: ForeignHashError = ForeignHashError::Broken;
    if !is_bcrypt(text) || text.len() != 60 || !text.is_ascii() {
        return Err(find_algorithm(text).map_or(BROKEN, ForeignHashError::Algorithm));
    }
    let (version_and_cost, rest) = text.split_at(7);
    let digits = &version_and_cost[4..6];
    if !version_and_cost.ends_with('$') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BROKEN);
    }
    let cost = cost_of(text).filter(|cost| (4..=31).contains(cost));
    let cost = cost.ok_or(BROKEN)?;
    let (salt, checksum) = rest.split_at(22);
    let canonical = |part: &str| {
        let bytes = LENIENT.decode(part).map_err(|_| BROKEN)?;
        Ok(LENIENT.encode(bytes))
    };
    let (salt, checksum) = (canonical(salt)?, canonical(checksum)?);
    if cost > greatest_cost {
        return Err(ForeignHashError::CostTooHigh {
            cost,
            greatest: greatest_cost,
        });
    }
    Ok(format!("{version_and_cost}{salt}{checksum}"))
}

#[cfg(test)]
mod tests;
