//! Secrets that are made once, kept in a file that only its owner can read, and found again.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// A password of 192 random bits, in characters that need no escape in a URL or in SQL.
///
/// # Errors
///
/// When the system has no randomness to give.
pub fn password() -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random::<24>()?))
}

/// A master key for the auth server: 32 random bytes in standard base64.
///
/// # Errors
///
/// When the system has no randomness to give.
pub fn master_key() -> Result<String> {
    Ok(BASE64_STANDARD.encode(random::<32>()?))
}

/// A password that everyone who knows `secret` arrives at, and that does not give `secret` away.
#[must_use]
pub fn derived_password(secret: &str, purpose: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes()))
}

/// The secret in the file `path`; where there is none yet, `make` makes it. The file's mode is 0600.
///
/// # Errors
///
/// When the file can be neither read nor written.
pub fn kept(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let secret = make()?;
            store(path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes whole or not at all: half a master key must not be found by the next run.
fn store(path: &Path, secret: &str) -> Result<()> {
    let partial = path.with_extension("partial");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut file| {
            writeln!(file, "{secret}")?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&partial, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the system has no randomness"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_kept_secret_is_made_once_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let first = kept(&path, password).unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(kept(&path, || panic!("made twice")).unwrap(), first);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn derived_passwords_differ_by_secret_and_purpose() {
        let one = derived_password("secret", "a");
        assert_eq!(one, derived_password("secret", "a"));
        assert_ne!(one, derived_password("secret", "b"));
        assert_ne!(one, derived_password("other", "a"));
    }

    #[test]
    fn a_master_key_is_32_bytes() {
        assert_eq!(
            BASE64_STANDARD.decode(master_key().unwrap()).unwrap().len(),
            32
        );
    }
}
