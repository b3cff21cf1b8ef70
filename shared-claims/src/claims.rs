//! The claims of an access token (RFC 9068 §2.2), as the auth server writes and services read them.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use crate::json::{non_empty, numeric_date, read_object};

/// The claims of an access token; the fields have their names on the wire.
///
/// Reading is strict: a date is a whole number of seconds since 1970 between 0 and the year 9999
/// (no string, no fraction, no negative), `aud` is an array, required strings are not empty,
/// optional members are absent rather than `null`, and a member that appears twice is an error.
/// Members that this type does not know are ignored (RFC 7519 §4).
///
/// `Debug` leaves out what identifies the person to a reader of logs.
#[derive(Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct AccessClaims {
    /// Issuer: the auth server's public URL, compared exactly (RFC 7519 §4.1.1).
    #[serde(deserialize_with = "non_empty")]
    pub iss: String,
    /// Subject: the id of the person the token speaks for.
    #[serde(deserialize_with = "non_empty")]
    pub sub: String,
    /// Audience: the services that may accept the token; at least one.
    #[serde(deserialize_with = "audiences")]
    pub aud: Vec<String>,
    /// Expiry, in seconds since 1970; from this instant on the token is refused.
    #[serde(deserialize_with = "numeric_date")]
    pub exp: i64,
    /// When the token was issued, in seconds since 1970.
    #[serde(deserialize_with = "numeric_date")]
    pub iat: i64,
    /// The instant before which the token is refused, in seconds since 1970.
    #[serde(
        default,
        deserialize_with = "optional_numeric_date",
        skip_serializing_if = "Option::is_none"
    )]
    pub nbf: Option<i64>,
    /// The id of this very token.
    #[serde(deserialize_with = "non_empty")]
    pub jti: String,
    /// The id of the session the token belongs to (OpenID Connect Front-Channel Logout 1.0 §3).
    #[serde(deserialize_with = "non_empty")]
    pub sid: String,
    /// The client that asked for the token (RFC 8693 §4.3).
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub client_id: Option<String>,
    /// When the person last proved who they are, in seconds since 1970.
    #[serde(
        default,
        deserialize_with = "optional_numeric_date",
        skip_serializing_if = "Option::is_none"
    )]
    pub auth_time: Option<i64>,
    /// What the token permits.
    #[serde(default, skip_serializing_if = "Scopes::is_empty")]
    pub scope: Scopes,
    /// The name the person signs in with.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub preferred_username: Option<String>,
    /// The person's e-mail address.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub email: Option<String>,
    /// The person's full name.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
}

impl AccessClaims {
    /// Reads claims from the payload of a token, which has to be a JSON object.
    ///
    /// This says nothing about who wrote them: use [`Verifier`](crate::Verifier).
    ///
    /// # Errors
    /// [`InvalidClaims`] when a required claim is missing or any known one is not as
    /// [`AccessClaims`] wants it.
    pub fn from_json(payload: &[u8]) -> Result<Self, InvalidClaims> {
        read_object(payload).ok_or(InvalidClaims)
    }
}

impl fmt::Debug for AccessClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessClaims")
            .field("iss", &self.iss)
            .field("sub", &self.sub)
            .field("aud", &self.aud)
            .field("exp", &self.exp)
            .field("iat", &self.iat)
            .field("nbf", &self.nbf)
            .field("jti", &self.jti)
            .field("sid", &self.sid)
            .field("client_id", &self.client_id)
            .field("auth_time", &self.auth_time)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A payload that is no set of access token claims. It says no more, since the reason would quote
/// the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a required claim is missing, or a claim is mistyped")]
pub struct InvalidClaims;

/// What a token permits: scope names separated by single spaces (RFC 6749 §3.3). No scope at all
/// is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(Arc<str>);

impl Scopes {
    /// Parses scope names separated by single spaces; the empty text is the empty set.
    ///
    /// # Errors
    /// [`InvalidScope`] for a name that RFC 6749 §3.3 does not allow or a stray space.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidScope> {
        let text = text.into();
        if text.is_empty() || text.split(' ').all(is_scope_token) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidScope)
        }
    }

    /// Whether the scope of exactly this name is among them.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        // By bytes, which is several times as fast as by characters, and each token that comes in is asked.
        let mut held = self.0.as_bytes().split(|byte| *byte == b' ');
        !scope.is_empty() && held.any(|name| name == scope.as_bytes())
    }

    /// The names, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// Whether nothing is permitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A text that is no list of scope names in the sense of RFC 6749 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scopes are names of printable ASCII, without quote and backslash, between single spaces")]
pub struct InvalidScope;

fn is_scope_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

fn audiences<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let audiences = Vec::<String>::deserialize(deserializer)?;
    if audiences.is_empty() || audiences.iter().any(String::is_empty) {
        return Err(D::Error::custom("empty audience"));
    }
    Ok(audiences)
}

fn optional_numeric_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    numeric_date(deserializer).map(Some)
}

/// An optional member that is there has a value: `null` is not one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}
