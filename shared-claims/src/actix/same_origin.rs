//! Cross-site request forgery: which requests may act by a cookie that the browser attached.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};

use super::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Passes a request that a page of our own sent, as its browser testifies. To be asked for each
/// request that changes something and is authenticated by a cookie.
///
/// `Sec-Fetch-Site: same-origin` passes. Without that header (older browsers, plain HTTP), or with
/// `same-site` in it (a front end on a sister domain), `Origin` has to be one of the allowed
/// origins, to the letter (`https://app.example.com`). Pages can set neither header. A client that
/// sends neither is refused: programs have no need of cookies.
///
/// # Errors
/// 403 `cross_site_request`.
pub fn check(headers: &HeaderMap, allowed_origins: &[String]) -> Result<(), Problem> {
    let passes = match only(headers, &SEC_FETCH_SITE) {
        Header::Once(b"same-origin") => true,
        Header::Once(b"same-site") | Header::Absent => match only(headers, &ORIGIN) {
            Header::Once(origin) => allowed_origins
                .iter()
                .any(|allowed| allowed.as_bytes() == origin),
            Header::Absent | Header::Repeated => false,
        },
        Header::Once(_) | Header::Repeated => false,
    };
    if passes {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site_request",
            "a request that is authenticated by a cookie has to come from our own pages",
        ))
    }
}

enum Header<'h> {
    Absent,
    Once(&'h [u8]),
    Repeated,
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Header<'h> {
    let mut values = headers.get_all(name).map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => Header::Once(value),
        (Some(_), Some(_)) => Header::Repeated,
    }
}
