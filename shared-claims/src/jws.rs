//! The compact form of a signed token (RFC 7515 §3.1), taken apart strictly. Nothing that comes
//! out of here is verified.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::VerifyError;

/// A token in its three parts, none of which is to be believed yet.
pub(crate) struct UnverifiedJws<'t> {
    pub(crate) unverified_header: UnverifiedHeader,
    /// Header and payload as they were signed: the characters, with the dot between them.
    pub(crate) signing_input: &'t str,
    pub(crate) signature: Vec<u8>,
    payload: &'t str,
}

impl<'t> UnverifiedJws<'t> {
    pub(crate) fn parse(token: &'t str) -> Result<Self, VerifyError> {
        // Three parts exactly. A flood of dots (golang-jwt CVE-2025-30204) is refused at the third
        // one without an allocation, and so is an encrypted token in five parts (pac4j
        // CVE-2026-29000).
        let (header, rest) = token.split_once('.').ok_or(VerifyError::Malformed)?;
        let (payload, signature) = rest.split_once('.').ok_or(VerifyError::Malformed)?;
        if header.is_empty() || payload.is_empty() || signature.is_empty() {
            return Err(VerifyError::Malformed);
        }
        let header_json = decode(header)?;
        let signature = decode(signature)?;
        let unverified_header =
            serde_json::from_slice(&header_json).map_err(|_| VerifyError::Malformed)?;
        let signing_input = &token[..header.len() + 1 + payload.len()];
        Ok(Self {
            unverified_header,
            signing_input,
            signature,
            payload,
        })
    }

    /// The payload's bytes. To be believed only after the signature was verified.
    pub(crate) fn decode_payload(&self) -> Result<Vec<u8>, VerifyError> {
        decode(self.payload)
    }
}

/// What this crate reads of a JOSE header. Everything else is ignored, above all the places where
/// a token offers its own key: `jwk`, `jku`, `x5u`, `x5c` (RFC 8725 §3.10).
#[derive(Debug, Default)]
pub(crate) struct UnverifiedHeader {
    pub(crate) alg: Option<String>,
    pub(crate) typ: Option<String>,
    pub(crate) kid: Option<String>,
    /// Whether there is a `crit` or `b64` member, whatever its value.
    pub(crate) demands_extension: bool,
}

/// Unpadded base64url with nothing around it and no stray bits at its end, so that a token has one
/// spelling only.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| VerifyError::Malformed)
}

/// A name in the header, told apart without an allocation for those that are expected.
enum Member {
    Alg,
    Typ,
    Kid,
    Extension,
    Ignored(String),
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a header parameter")
            }

            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(match name {
                    "alg" => Member::Alg,
                    "typ" => Member::Typ,
                    "kid" => Member::Kid,
                    "crit" | "b64" => Member::Extension,
                    other => Member::Ignored(other.to_owned()),
                })
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// Written by hand, because a derived implementation would accept an array, take `"crit": null`
/// for an absent member, and let repeated unknown members pass (RFC 7515 §4: names are unique).
impl<'de> Deserialize<'de> for UnverifiedHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeaderVisitor;

        impl<'de> Visitor<'de> for HeaderVisitor {
            type Value = UnverifiedHeader;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JOSE header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut header = UnverifiedHeader::default();
                let mut ignored = HashSet::new();
                while let Some(member) = map.next_key()? {
                    let repeated = match member {
                        Member::Alg => header.alg.replace(map.next_value()?).is_some(),
                        Member::Typ => header.typ.replace(map.next_value()?).is_some(),
                        Member::Kid => header.kid.replace(map.next_value()?).is_some(),
                        Member::Extension => {
                            map.next_value::<IgnoredAny>()?;
                            header.demands_extension = true;
                            false
                        }
                        Member::Ignored(name) => {
                            map.next_value::<IgnoredAny>()?;
                            !ignored.insert(name)
                        }
                    };
                    if repeated {
                        return Err(A::Error::custom("repeated header parameter"));
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(HeaderVisitor)
    }
}
