//! JSON Web Keys (RFC 7517): a public key as it is published, and which keys are taken.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
    RSAKeyParameters, RSAKeyType, ThumbprintHash,
};
use serde::Serialize;
use std::fmt;

/// The sizes of an RSA modulus that are taken, in bits.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Exponents of more bytes have no use but to make a verification slow.
const MAX_EXPONENT_BYTES: usize = 4;

/// A JSON Web Key Set as it is published: `{"keys": [...]}`, each key with `kty`, `use`, `alg`,
/// `kid`, `n` and `e`.
///
/// It is made from public keys only, so there is nothing private in it to leave out
/// (see [`KeySet::to_jwks`](crate::KeySet::to_jwks)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwks {
    pub(crate) keys: Vec<Jwk>,
}

/// An RSA public key that verifies RS256 signatures, parsed once.
pub struct PublicKey {
    kid: String,
    thumbprint: String,
    jwk: Jwk,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// A key from its modulus and exponent, both big-endian without leading zeros. Its `kid` is
    /// its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// [`KeyError`] when the numbers are no key that may be used.
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let key = parse(modulus, exponent)?;
        let mut jwk = public_jwk(modulus, exponent);
        let thumbprint = jwk
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| KeyError::NotAKey)?;
        jwk.common.key_id = Some(thumbprint.clone());
        Ok(Self {
            kid: thumbprint.clone(),
            thumbprint,
            jwk,
            key,
        })
    }

    /// A key from a JWK, under the `kid` that stands there.
    ///
    /// # Errors
    /// [`KeyError`] says which of the conditions failed: RSA of 2048 to 8192 bits with an odd
    /// exponent of 3 or more, a `kid`, `use` absent or `sig`, `alg` absent or `RS256`, `key_ops`
    /// absent or with `verify`.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else {
            return Err(KeyError::NotRsa);
        };
        let CommonParameters {
            public_key_use,
            key_algorithm,
            key_operations,
            ..
        } = &jwk.common;
        if public_key_use
            .as_ref()
            .is_some_and(|usage| *usage != PublicKeyUse::Signature)
        {
            return Err(KeyError::NotForSignatures);
        }
        // A key is for one algorithm (RFC 8725 §3.1): one that is for PS256 verifies no RS256.
        if key_algorithm.is_some_and(|algorithm| algorithm != KeyAlgorithm::RS256) {
            return Err(KeyError::OtherAlgorithm);
        }
        if key_operations
            .as_ref()
            .is_some_and(|all| !all.contains(&KeyOperations::Verify))
        {
            return Err(KeyError::NotForSignatures);
        }
        let kid = jwk.common.key_id.clone().filter(|kid| !kid.is_empty());
        let kid = kid.ok_or(KeyError::MissingKeyId)?;
        let modulus = URL_SAFE_NO_PAD
            .decode(&rsa.n)
            .map_err(|_| KeyError::NotAKey)?;
        let exponent = URL_SAFE_NO_PAD
            .decode(&rsa.e)
            .map_err(|_| KeyError::NotAKey)?;
        let mut key = Self::from_components(&modulus, &exponent)?;
        key.jwk.common.key_id = Some(kid.clone());
        key.kid = kid;
        Ok(key)
    }

    /// The name by which tokens refer to this key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The RFC 7638 thumbprint (SHA-256, base64url): who the key *is*, whatever its `kid`.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The key as it is published.
    #[must_use]
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

/// Keys are equal when they are the same key under the same name.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.kid == other.kid && self.thumbprint == other.thumbprint
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Why a key of a JWKS is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a JWK at all, or numbers that make no RSA key.
    ///
    /// Likely cause: a broken publisher; padding or leading zeros in `n` or `e`.
    #[error("not a well-formed key")]
    NotAKey,
    /// A key of another type.
    ///
    /// Likely cause: an issuer that publishes elliptic curve keys too, or, far worse, a shared
    /// secret (`oct`).
    #[error("not an RSA key")]
    NotRsa,
    /// An RSA key below 2048 or above 8192 bits.
    #[error("not between 2048 and 8192 bits")]
    Size,
    /// An exponent that is even, below 3 or above 32 bits.
    #[error("not a sound exponent")]
    Exponent,
    /// `use` is not `sig`, or `key_ops` does not hold `verify`.
    #[error("not for verifying signatures")]
    NotForSignatures,
    /// `alg` is there and not RS256.
    #[error("for another algorithm")]
    OtherAlgorithm,
    /// `kid` is absent or empty.
    #[error("without a key id")]
    MissingKeyId,
    /// The key has private members: somebody published a secret.
    ///
    /// Likely cause: an accident at the issuer. The key is to be treated as stolen.
    #[error("with private members, so to be treated as stolen")]
    Private,
    /// Another key has the same `kid`, and nothing says which of them is meant.
    #[error("one of several keys of the same key id")]
    AmbiguousKeyId,
}

fn parse(modulus: &[u8], exponent: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let (Some(modulus_top), Some(exponent_top)) = (modulus.first(), exponent.first()) else {
        return Err(KeyError::NotAKey);
    };
    // Leading zeros are forbidden by RFC 7518 §6.3.1; they would give one key two thumbprints.
    if *modulus_top == 0 || *exponent_top == 0 {
        return Err(KeyError::NotAKey);
    }
    let bits = modulus.len() * 8 - modulus_top.leading_zeros() as usize;
    if !MODULUS_BITS.contains(&bits) {
        return Err(KeyError::Size);
    }
    if modulus.last().is_some_and(|low| low % 2 == 0) {
        return Err(KeyError::NotAKey);
    }
    // With an exponent of 1 every text is its own signature, and an even one has no inverse.
    let odd = exponent.last().is_some_and(|low| low % 2 == 1);
    if !odd || exponent == [1] || exponent.len() > MAX_EXPONENT_BYTES {
        return Err(KeyError::Exponent);
    }
    RsaPublicKeyComponents {
        n: modulus,
        e: exponent,
    }
    .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
    .map_err(|_| KeyError::NotAKey)
}

fn public_jwk(modulus: &[u8], exponent: &[u8]) -> Jwk {
    Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::RS256),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::RSA(RSAKeyParameters {
            key_type: RSAKeyType::RSA,
            n: URL_SAFE_NO_PAD.encode(modulus),
            e: URL_SAFE_NO_PAD.encode(exponent),
        }),
    }
}
