//! Cookies that carry tokens, read byte for byte.
//!
//! Nothing is decoded. A browser guards the name `__Host-…` to the letter: a neighbouring domain may
//! not set it, but may set `__%48ost-…`, which a decoding parser would take for the same. And a
//! cookie of another application on the host, whatever its bytes, hides none of ours.

use actix_web::http::header::{COOKIE, HeaderMap};

/// More than one cookie of a name: one of them was planted from a neighbouring path or domain, and
/// nothing says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is more than one cookie of this name")]
pub struct RepeatedCookie;

/// The value of the cookie of exactly this name; empty when it is not text, `None` when there is no
/// such cookie.
///
/// # Errors
/// [`RepeatedCookie`].
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, RepeatedCookie> {
    let pairs = headers
        .get_all(COOKIE)
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let mut found = None;
    for pair in pairs {
        let pair = pair.trim_ascii();
        let Some(value) = pair
            .strip_prefix(name.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
        else {
            continue;
        };
        if found
            .replace(std::str::from_utf8(value).unwrap_or_default())
            .is_some()
        {
            return Err(RepeatedCookie);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn found(lines: &[&[u8]]) -> Result<Option<String>, RepeatedCookie> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        read(&headers, "__Host-token").map(|value| value.map(str::to_owned))
    }

    #[test]
    fn the_cookie_of_exactly_that_name_is_read() {
        let value = Ok(Some("abc".to_owned()));
        assert_eq!(found(&[b"__Host-token=abc"]), value);
        assert_eq!(found(&[b"a=1; __Host-token=abc; b=2"]), value);
        assert_eq!(found(&[b"a=1", b"__Host-token=abc"]), value);
    }

    #[test]
    fn look_alikes_are_other_cookies() {
        for line in [
            "__%48ost-token=abc",
            "__host-token=abc",
            "x__Host-token=abc",
            "__Host-tokens=abc",
            "__Host-token",
        ] {
            assert_eq!(found(&[line.as_bytes()]), Ok(None), "{line}");
        }
    }

    #[test]
    fn a_neighbours_cookie_hides_none_of_ours() {
        assert_eq!(
            found(&[b"lang=fran\xe7ais; __Host-token=abc"]),
            Ok(Some("abc".to_owned()))
        );
        assert_eq!(found(&[b"__Host-token=\xe7"]), Ok(Some(String::new())));
    }

    #[test]
    fn of_two_none_is_taken() {
        assert_eq!(
            found(&[b"__Host-token=a; __Host-token=b"]),
            Err(RepeatedCookie)
        );
        assert_eq!(
            found(&[b"__Host-token=a", b"__Host-token=a"]),
            Err(RepeatedCookie)
        );
    }
}
