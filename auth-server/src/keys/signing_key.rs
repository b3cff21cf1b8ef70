//! A key that signs access tokens, parsed once.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{self, KeyPair, KeySize, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use shared_claims::PublicKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// An RSA key pair that signs RS256.
#[derive(Clone)]
pub struct SigningKey {
    kid: Arc<str>,
    pair: Arc<KeyPair>,
}

/// A private key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("not an RSA private key of at least 2048 bits")]
pub struct UnusableKey;

/// The size of new keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RsaBits {
    /// 2048 bits: 112 bits of strength, the default.
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl SigningKey {
    /// Makes a new key. This computes for a tenth of a second or more: not on a worker.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`], where the system gives no randomness.
    pub fn generate(bits: RsaBits) -> Result<Self, UnusableKey> {
        let size = match bits {
            RsaBits::Rsa2048 => KeySize::Rsa2048,
            RsaBits::Rsa3072 => KeySize::Rsa3072,
            RsaBits::Rsa4096 => KeySize::Rsa4096,
        };
        Self::new(KeyPair::generate(size).map_err(|_| UnusableKey)?)
    }

    /// Reads a key from its PKCS#8 form, DER.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, UnusableKey> {
        Self::new(KeyPair::from_pkcs8(der).map_err(|_| UnusableKey)?)
    }

    /// Reads a key from its PKCS#1 form (`RSAPrivateKey`, RFC 8017), DER.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`].
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, UnusableKey> {
        Self::new(KeyPair::from_der(der).map_err(|_| UnusableKey)?)
    }

    fn new(pair: KeyPair) -> Result<Self, UnusableKey> {
        let kid = published(pair.public_key())?.kid().into();
        Ok(Self {
            kid,
            pair: Arc::new(pair),
        })
    }

    /// Its name: the RFC 7638 thumbprint of its public half.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its public half as SubjectPublicKeyInfo (RFC 5280), DER.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`], for none that was made or read above.
    pub fn public_key_der(&self) -> Result<Vec<u8>, UnusableKey> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().map_err(|_| UnusableKey)?;
        Ok(der.as_ref().to_vec())
    }

    /// The whole of it as PKCS#8, DER, to be sealed.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`], for none that was made or read above.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, UnusableKey> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| UnusableKey)?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256 (RS256). This computes for a quarter of a
    /// millisecond: not on a worker.
    ///
    /// # Errors
    ///
    /// [`Failure::Signing`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| Failure::Signing)?;
        Ok(signature)
    }
}

/// Reads the public half of a key from its `SubjectPublicKeyInfo`, DER.
///
/// # Errors
///
/// [`UnusableKey`].
pub fn public_key_from_der(der: &[u8]) -> Result<PublicKey, UnusableKey> {
    published(&rsa::PublicKey::from_der(der).map_err(|_| UnusableKey)?)
}

/// A public key in the form of those who verify.
fn published(key: &rsa::PublicKey) -> Result<PublicKey, UnusableKey> {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key);
    PublicKey::from_components(&n, &e).map_err(|_| UnusableKey)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
