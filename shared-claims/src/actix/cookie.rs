//! An access token in a cookie, where the service was told the cookie's name.

use actix_web::http::header::{COOKIE, HeaderMap};

use super::bearer::{Malformed, is_b64token};

/// The token in the cookie of this name; `None` when there is no such cookie.
pub(super) fn token<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Malformed> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        // Other applications on the host may have set a cookie that is not ASCII.
        let Ok(pairs) = std::str::from_utf8(header.as_bytes()) else {
            continue;
        };
        for pair in pairs.split(';') {
            let Some((key, value)) = pair.trim_matches([' ', '\t']).split_once('=') else {
                continue;
            };
            if key != name {
                continue;
            }
            // A second one was planted from a neighbouring path or domain: which is the browser's?
            if found.replace(value).is_some() {
                return Err(Malformed("there is more than one access token cookie"));
            }
        }
    }
    match found {
        Some(token) if is_b64token(token) => Ok(Some(token)),
        Some(_) => Err(Malformed("the access token cookie holds no bearer token")),
        None => Ok(None),
    }
}
