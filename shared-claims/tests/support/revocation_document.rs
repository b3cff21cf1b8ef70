//! Documents of the revocation feed, honest or not.

use serde_json::{Map, Value, json};

use crate::support::{ISSUER, Issuer};

/// A document with this payload, and the header that belongs there.
pub(crate) fn publish(issuer: &Issuer, payload: &Value) -> String {
    let header = json!({"alg": "RS256", "typ": "revocations+jwt", "kid": issuer.kid});
    issuer.sign(&header.to_string(), payload.to_string())
}

/// The payload of a good document that was made at `iat`, with entries that leave a quarter of an
/// hour later.
pub(crate) fn payload(iat: i64, sids: &[&str], kids: &[&str]) -> Value {
    let entries = |ids: &[&str]| -> Map<String, Value> {
        let entry = |id: &&str| ((*id).to_owned(), json!(iat + 900));
        ids.iter().map(entry).collect()
    };
    json!({
        "iss": ISSUER,
        "iat": iat,
        "exp": iat + 300,
        "sessions": entries(sids),
        "keys": entries(kids),
    })
}
