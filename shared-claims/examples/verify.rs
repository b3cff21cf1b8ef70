//! Verifies compact tokens from standard input, one a line, and prints `ok <payload>` or
//! `error <code>` for each: the seam for test vectors from outside.
//!
//! `cargo run -p shared-claims --example verify -- --jwks FILE < tokens`

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser;
use serde_json::{Value, json};
use shared_claims::{
    AccessClaims, JwksError, KeySet, LocalKeys, Policy, Verifier, VerifyError,
    verify_signature_only,
};

/// Verifies compact tokens from standard input, one a line.
#[derive(Parser)]
struct Arguments {
    /// The file with the issuer's JWKS.
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,

    /// The expected issuer; without it, a token has to name one, whichever it is.
    #[arg(long)]
    issuer: Option<String>,

    /// The audience that a token has to name; without it, any.
    #[arg(long)]
    audience: Option<String>,

    /// The instant to verify at, in seconds since 1970; without it, the present one.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,

    /// Check only form, algorithm, critical headers and signature, as of any RS256 JWS. Keys then
    /// need no key id, and neither do tokens if there is just one usable key.
    #[arg(long)]
    signature_only: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let file = arguments.jwks.display();
    let document = fs::read(&arguments.jwks).map_err(|error| format!("{file}: {error}"))?;
    let keys = read_keys(&document, &arguments).map_err(|error| format!("{file}: {error}"))?;
    answer(&keys, &arguments, io::stdin().lock(), io::stdout().lock())?;
    Ok(())
}

fn read_keys(document: &[u8], arguments: &Arguments) -> Result<KeySet, JwksError> {
    if arguments.signature_only {
        KeySet::from_jwks(&with_key_ids(document))
    } else {
        KeySet::from_jwks(document)
    }
}

/// One line of output for each line of input.
fn answer(
    keys: &KeySet,
    arguments: &Arguments,
    input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let source = Arc::new(LocalKeys::new(keys.clone()));
    for line in input.split(b'\n') {
        let line = line?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let outcome = match std::str::from_utf8(line) {
            Err(_) => Err(VerifyError::Malformed),
            Ok(token) if arguments.signature_only => verify_signature_only(token, keys),
            Ok(token) => verify(token, &source, arguments),
        };
        match outcome {
            Ok(payload) => writeln!(output, "ok {}", on_one_line(&payload))?,
            Err(error) => writeln!(output, "error {}", error.code())?,
        }
    }
    Ok(())
}

/// Verifies as a service would. Where no issuer or audience is expected, the token's own takes the
/// place of the expectation: the claim is then checked for everything but its value.
fn verify(
    token: &str,
    source: &Arc<LocalKeys>,
    arguments: &Arguments,
) -> Result<Vec<u8>, VerifyError> {
    let unverified_payload = token
        .split('.')
        .nth(1)
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok())
        .unwrap_or_default();
    let (issuer, audience) = match AccessClaims::from_json(&unverified_payload) {
        Ok(unverified) => (
            unverified.iss,
            unverified.aud.into_iter().next().unwrap_or_default(),
        ),
        Err(_) => Default::default(),
    };
    let policy = Policy::new(
        arguments.issuer.clone().unwrap_or(issuer),
        arguments.audience.clone().unwrap_or(audience),
    );
    let now = arguments.now.unwrap_or_else(unix_now);
    Verifier::new(policy, source.clone())
        .with_cache_capacity(0)
        .verify(token, now)?;
    Ok(unverified_payload)
}

/// Gives a name to keys that have none, since outside vectors often do without.
fn with_key_ids(document: &[u8]) -> Vec<u8> {
    let Ok(mut jwks) = serde_json::from_slice::<Value>(document) else {
        return document.to_vec();
    };
    let keys = jwks
        .get_mut("keys")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for (index, key) in keys.filter_map(Value::as_object_mut).enumerate() {
        key.entry("kid")
            .or_insert_with(|| json!(format!("unnamed key {index}")));
    }
    jwks.to_string().into_bytes()
}

/// JSON and plain text stay what they are, but for line breaks; anything else is shown as a JSON
/// string.
fn on_one_line(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(payload).is_ok();
    let is_plain = std::str::from_utf8(payload).is_ok() && !text.contains(char::is_control);
    let line = if is_json || is_plain {
        text.into_owned()
    } else {
        json!(text).to_string()
    };
    line.chars()
        .map(|character| match character {
            // Outside its strings JSON takes any white space for another, and inside there is
            // none of these.
            '\n' | '\r' => " ".to_owned(),
            // What some readers take for the end of a line.
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                format!("\\u{:04x}", u32::from(character))
            }
            _ => character.to_string(),
        })
        .collect()
}

fn unix_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the edge where the time enters")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0, |elapsed| {
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.2.
    const RFC_7515_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw\
        -4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OM\
        g0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC\
        o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyu\
        XpoQ";
    const RFC_7515_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODA\
        sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9\
        g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAyn\
        RFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j\
        zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVm\
        tVrBp0igcN_IoypGlUPQGe77Rw";

    fn output(arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        let fixed = ["verify", "--jwks", "unread"];
        let arguments = Arguments::parse_from(fixed.iter().chain(arguments));
        let document = json!({"keys": [{"kty": "RSA", "n": RFC_7515_N, "e": "AQAB"}]});
        let keys = read_keys(document.to_string().as_bytes(), &arguments).unwrap();
        let mut output = Vec::new();
        answer(&keys, &arguments, input.as_ref(), &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn the_vector_of_rfc_7515_has_the_right_signature() {
        let payload = r#"{"iss":"joe",   "exp":1300819380,   "http://example.com/is_root":true}"#;
        assert_eq!(
            output(&["--signature-only"], RFC_7515_TOKEN),
            format!("ok {payload}\n")
        );
    }

    #[test]
    fn every_line_has_its_answer() {
        let token = RFC_7515_TOKEN.as_bytes();
        let input = [token, b"\r\n\n x\n\xff\n", token, b"=\n"].concat();
        let output = output(&["--signature-only"], input);
        let codes: Vec<_> = output.lines().map(|line| line.split_at(5).0).collect();
        assert_eq!(codes, ["ok {\"", "error", "error", "error", "error"]);
    }

    #[test]
    fn a_key_without_a_name_verifies_no_access_token() {
        assert_eq!(output(&[], RFC_7515_TOKEN), "error keys_unavailable\n");
    }

    #[test]
    fn any_payload_is_shown_on_one_line() {
        for (payload, line) in [
            (&b"{\"a\":\r\n1}"[..], "{\"a\":  1}"),
            (
                "{\"a\":\"\u{2028}\u{85}\"}".as_bytes(),
                "{\"a\":\"\\u2028\\u0085\"}",
            ),
            ("It\u{2019}s text".as_bytes(), "It\u{2019}s text"),
            (b"two\nlines", "\"two\\nlines\""),
            (b"\xff\x00", "\"\u{fffd}\\u0000\""),
            (b"", ""),
        ] {
            assert_eq!(on_one_line(payload), line);
        }
    }
}
