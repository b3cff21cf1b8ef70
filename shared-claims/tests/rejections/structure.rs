//! The form of a token: RFC 7515 §3.1, and nothing that is nearly that.

use serde_json::json;
use shared_claims::{MAX_TOKEN_BYTES, VerifyError};

use crate::support::encode;
use crate::{accepted, claims, claims_with, header, issuer, refused, verify};

/// A good token whose padding claim makes it this long.
fn token_of_length(length: usize) -> String {
    let empty = issuer().mint(&claims_with("padding", json!(""))).len();
    // Three bytes of payload make four characters; the last two letters tune the rest.
    (0..=(length - empty))
        .rev()
        .map(|letters| issuer().mint(&claims_with("padding", json!("x".repeat(letters)))))
        .find(|token| token.len() <= length)
        .unwrap()
}

#[test]
fn eight_kibibytes_are_the_limit() {
    let longest = token_of_length(MAX_TOKEN_BYTES);
    assert!(longest.len() > MAX_TOKEN_BYTES - 2, "{}", longest.len());
    accepted("at the limit", &longest);

    let longer = token_of_length(MAX_TOKEN_BYTES + 4);
    assert!(longer.len() > MAX_TOKEN_BYTES);
    refused(
        "a good token above the limit",
        &longer,
        VerifyError::TokenTooLong,
    );
    refused(
        "dots without end",
        &".".repeat(1 << 20),
        VerifyError::TokenTooLong,
    );
    refused(
        "dots up to the limit",
        &".".repeat(MAX_TOKEN_BYTES),
        VerifyError::Malformed,
    );
}

#[test]
fn a_token_has_three_parts() {
    let good = issuer().mint(&claims());
    accepted("three parts", &good);
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("{good}")
    };
    for (attack, token) in [
        ("nothing", String::new()),
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("unsigned", format!("{header}.{payload}.")),
        ("without payload", format!("{header}..{signature}")),
        ("without header", format!(".{payload}.{signature}")),
        ("only dots", "..".to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("a dot at the end", format!("{good}.")),
        ("a dot at the front", format!(".{good}")),
        (
            "an encrypted token's five parts",
            format!("{header}.{payload}.{signature}.AA.AA"),
        ),
        (
            "JSON serialization",
            json!({"payload": payload, "signature": signature}).to_string(),
        ),
    ] {
        refused(attack, &token, VerifyError::Malformed);
    }
    let jwe = encode(r#"{"alg":"dir","enc":"A256GCM"}"#);
    refused(
        "a JWE",
        &format!("{jwe}..AAAA.AAAA.AAAA"),
        VerifyError::Malformed,
    );
}

#[test]
fn a_token_has_one_spelling() {
    let good = issuer().mint(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("{good}")
    };
    // A signature of 256 bytes leaves four unused bits in its last character.
    let last = signature.chars().next_back().unwrap();
    let twin = char::from(u8::try_from(last).unwrap() + 1);
    for (attack, token) in [
        ("space in front", format!(" {good}")),
        ("space behind", format!("{good} ")),
        ("newline behind", format!("{good}\n")),
        ("NUL behind", format!("{good}\0")),
        ("quoted", format!("\"{good}\"")),
        ("with its scheme", format!("Bearer {good}")),
        (
            "space in the header",
            format!("{header} .{payload}.{signature}"),
        ),
        ("padded header", format!("{header}=.{payload}.{signature}")),
        (
            "padded signature",
            format!("{header}.{payload}.{signature}=="),
        ),
        ("stray bits", format!("{}{twin}", &good[..good.len() - 1])),
        (
            "standard alphabet",
            format!("{header}.{payload}.+/{}", &signature[2..]),
        ),
        (
            "percent encoding",
            format!("{header}.{payload}.%41{}", &signature[3..]),
        ),
        (
            "a letter that is not ASCII",
            format!("{header}.{payload}.ſ{}", &signature[2..]),
        ),
        (
            "full-width dot",
            format!("{header}．{payload}．{signature}"),
        ),
    ] {
        refused(attack, &token, VerifyError::Malformed);
    }
}

#[test]
fn the_payload_has_one_spelling_too() {
    // Signed as it stands: who signs such a thing would have it read in two ways.
    let input = format!(
        "{}.{}=",
        encode(header().to_string()),
        encode(claims().to_string())
    );
    let signature = {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let mut signature = vec![0; 256];
        let encoding = &aws_lc_rs::signature::RSA_PKCS1_SHA256;
        issuer()
            .pair
            .sign(encoding, &random, input.as_bytes(), &mut signature)
            .unwrap();
        encode(signature)
    };
    refused(
        "padded payload",
        &format!("{input}.{signature}"),
        VerifyError::Malformed,
    );
}

#[test]
fn the_header_is_one_json_object() {
    let kid = &issuer().kid;
    let good = format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"{kid}"}}"#);
    accepted(
        "a plain header",
        &issuer().sign(&good, claims().to_string()),
    );
    accepted(
        "white space around",
        &issuer().sign(&format!(" {good}\n"), claims().to_string()),
    );
    let inner = good.trim_matches(['{', '}']);
    for (attack, header) in [
        ("empty text", " ".to_owned()),
        ("no JSON", "RS256".to_owned()),
        ("cut", good[..good.len() - 1].to_owned()),
        ("text behind", format!("{good}x")),
        ("two objects", format!("{good}{good}")),
        (
            "an array of values",
            format!(r#"["RS256","at+jwt","{kid}"]"#),
        ),
        ("an array around", format!("[{good}]")),
        ("null", "null".to_owned()),
        ("a string", format!("{good:?}")),
        ("repeated alg", format!(r#"{{{inner},"alg":"RS256"}}"#)),
        (
            "repeated alg, escaped",
            format!(r#"{{{inner},"\u0061lg":"none"}}"#),
        ),
        ("repeated typ", format!(r#"{{"typ":"JWT",{inner}}}"#)),
        ("repeated kid", format!(r#"{{"kid":"x",{inner}}}"#)),
        (
            "repeated unknown member",
            format!(r#"{{{inner},"x":1,"x":2}}"#),
        ),
        ("alg is no string", good.replace("\"RS256\"", "[\"RS256\"]")),
        ("alg is null", good.replace("\"RS256\"", "null")),
        ("typ is no string", good.replace("\"at+jwt\"", "1")),
        ("a comment", good.replace('{', "{/**/")),
        ("a comma at the end", good.replace('}', ",}")),
        ("single quotes", good.replace('"', "'")),
        (
            "nested deeply",
            format!(r#"{{"x":{}{inner}"#, "[".repeat(4000)),
        ),
        ("a lone surrogate", good.replace(kid.as_str(), r"\ud800")),
    ] {
        refused(
            attack,
            &issuer().sign(&header, claims().to_string()),
            VerifyError::Malformed,
        );
    }
    let mark = [b"\xef\xbb\xbf", good.as_bytes()].concat();
    let latin1 = good.replace(kid.as_str(), "\u{fffd}").into_bytes();
    let latin1: Vec<u8> = latin1.into_iter().filter(|byte| *byte != 0xbf).collect();
    for (attack, header) in [("a byte order mark", mark), ("not UTF-8", latin1)] {
        let token = format!("{}.{}.AAAA", encode(header), encode(claims().to_string()));
        refused(attack, &token, VerifyError::Malformed);
    }
}

#[test]
fn members_that_are_nested_deeply_are_skipped() {
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let header = header().to_string();
    let header = format!(r#"{},"x":{nested}}}"#, header.strip_suffix('}').unwrap());
    assert!(verify(&issuer().sign(&header, claims().to_string())).is_ok());
}
