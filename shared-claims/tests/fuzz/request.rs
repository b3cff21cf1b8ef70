//! What a request carries: the bearer header, cookies, and the headers that tell whose page it is.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::ResponseError;
use actix_web::http::header::{
    AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE,
};
use actix_web::test::TestRequest;
use futures_util::FutureExt;
use fuzzing::{Input, Outcome, bytes, check};
use proptest::prelude::*;
use shared_claims::actix::{Authenticator, cookie, same_origin};

use crate::support::claims;
use crate::{issuer, verifier};

const COOKIE_NAME: &str = "__Host-access_token";
const OWN: &str = "https://latchkey.example";

/// A header line that HTTP can carry; most edits leave one.
fn line(bytes: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(bytes).ok()
}

fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the authenticator goes by the clock"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().try_into().unwrap()
}

#[test]
fn only_one_bearer_header_with_an_issued_token_is_let_in() {
    // Good for as long as the longest run.
    let mut claims = claims(now());
    claims["exp"] = (now() + 3_600).into();
    let token = issuer().mint(&claims);
    let good = [
        format!("Bearer {token}"),
        format!("bearer  {token}"),
        "Basic YWRhOnNlY3JldA==".to_owned(),
    ];
    let authenticator = Authenticator::new(verifier());
    let another = prop::option::weighted(0.1, bytes(good.clone()));
    check(
        "bearer header",
        &(bytes(good), another),
        |(first, another)| {
            let mut request = TestRequest::default();
            let lines: Vec<&Input> = [first].into_iter().chain(another).collect();
            for bytes in &lines {
                let Some(line) = line(bytes) else {
                    return Ok(Outcome::Refused);
                };
                request = request.append_header((AUTHORIZATION, line));
            }
            let request = request.to_http_request();
            let outcome = authenticator.authenticate(&request).now_or_never().unwrap();
            let text = String::from_utf8_lossy(first);
            let (scheme, rest) = text.split_once(' ').unwrap_or((&text, ""));
            let right = lines.len() == 1
                && scheme.eq_ignore_ascii_case("bearer")
                && rest.trim_start_matches(' ') == token;
            prop_assert_eq!(outcome.is_ok(), right);
            if let Err(problem) = &outcome {
                prop_assert!([400, 401].contains(&problem.status().as_u16()));
                let answer = problem.error_response();
                let challenge = answer.headers().get(WWW_AUTHENTICATE).unwrap();
                prop_assert!(
                    challenge
                        .to_str()
                        .unwrap()
                        .starts_with("Bearer realm=\"notes-api\"")
                );
            }
            Ok(Outcome::accepted_if(outcome.is_ok()))
        },
    );
}

#[test]
fn only_the_cookie_of_exactly_that_name_is_read() {
    let names = prop::sample::select(vec![
        COOKIE_NAME,
        COOKIE_NAME,
        "__host-access_token",
        "__%48ost-access_token",
        " __Host-access_token",
        "__Host-access_tokens",
        "x__Host-access_token",
        "lang",
        "",
    ]);
    let pairs = prop::collection::vec((names, bytes(["abc", "a=b", "\"q\""])), 0..4);
    let separator = prop::sample::select(vec![";", "; ", ";;", " ; ", "\n"]);
    check("cookies", &(pairs, separator), |(pairs, separator)| {
        let mut headers = HeaderMap::new();
        let mut header = Vec::new();
        for (place, (name, value)) in pairs.iter().enumerate() {
            header.extend_from_slice(if place == 0 { "" } else { separator }.as_bytes());
            header.extend_from_slice(name.as_bytes());
            header.push(b'=');
            header.extend_from_slice(value);
        }
        for bytes in header.split(|byte| *byte == b'\n') {
            let Some(line) = line(bytes) else {
                return Ok(Outcome::Refused);
            };
            headers.append(COOKIE, line);
        }
        // What an edit put behind a semicolon is a cookie of its own.
        let written: Vec<&[u8]> = header
            .split(|byte| *byte == b';' || *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter_map(|pair| pair.strip_prefix(b"__Host-access_token="))
            .collect();
        let outcome = cookie::read(&headers, COOKIE_NAME);
        match written.as_slice() {
            [] => prop_assert_eq!(outcome, Ok(None)),
            [one] => {
                let text = std::str::from_utf8(one).unwrap_or_default();
                prop_assert_eq!(outcome, Ok(Some(text)));
            }
            _ => prop_assert_eq!(outcome, Err(cookie::RepeatedCookie)),
        }
        Ok(Outcome::accepted_if(written.len() == 1))
    });
}

/// The same token in a cookie: read of a request that only reads, from anybody's page.
#[test]
fn only_one_cookie_with_an_issued_token_is_let_in() {
    let mut claims = claims(now());
    claims["exp"] = (now() + 3_600).into();
    let token = issuer().mint(&claims);
    let good = format!("lang=de; {COOKIE_NAME}={token}; theme=dark");
    let authenticator =
        Authenticator::new(verifier()).with_access_cookie(COOKIE_NAME, vec![OWN.to_owned()]);
    check("access token cookie", &bytes([good]), |input| {
        let Some(line) = line(input) else {
            return Ok(Outcome::Refused);
        };
        let request = TestRequest::default()
            .append_header((COOKIE, line))
            .to_http_request();
        let outcome = authenticator.authenticate(&request).now_or_never().unwrap();
        let pairs = input.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let ours: Vec<&[u8]> = pairs
            .filter_map(|pair| pair.strip_prefix(b"__Host-access_token="))
            .collect();
        prop_assert_eq!(outcome.is_ok(), ours == [token.as_bytes()]);
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

#[test]
fn only_pages_of_ours_pass() {
    const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    let sister = "https://app.latchkey.example";
    let allowed = [OWN.to_owned(), sister.to_owned()];
    let sites = bytes(["same-origin", "same-site", "cross-site", "none"]);
    let origins = bytes([OWN, sister, "https://attacker.example", "null"]);
    let lines = (
        prop::collection::vec(sites, 0..=2),
        prop::collection::vec(origins, 0..=2),
    );
    check("origin and fetch metadata", &lines, |(sites, origins)| {
        let mut headers = HeaderMap::new();
        for (name, lines) in [(SITE, sites), (ORIGIN, origins)] {
            for bytes in lines {
                let Some(line) = line(bytes) else {
                    return Ok(Outcome::Refused);
                };
                headers.append(name.clone(), line);
            }
        }
        let ours = || match origins.as_slice() {
            [one] => allowed.iter().any(|origin| origin.as_bytes() == &**one),
            _ => false,
        };
        let right = match sites.as_slice() {
            [] => ours(),
            [one] => **one == *b"same-origin" || (**one == *b"same-site" && ours()),
            _ => false,
        };
        let outcome = same_origin::check(&headers, &allowed);
        prop_assert_eq!(outcome.is_ok(), right);
        Ok(Outcome::accepted_if(right))
    });
}
