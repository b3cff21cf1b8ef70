//! Access tokens in a cookie, and the forgeries that come with cookies.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use shared_claims::actix::same_origin;

use crate::{Answer, COOKIE, answer, authenticator, by_header, good_token, issuer};

const OUR_ORIGIN: &str = "https://latchkey.example";

async fn by_cookie(request: TestRequest) -> Answer {
    let origins = vec![OUR_ORIGIN.to_owned()];
    answer(
        authenticator(issuer().key_set()).with_access_cookie(COOKIE, origins),
        request,
    )
    .await
}

fn bearing_cookie(method: Method) -> TestRequest {
    let cookie = format!("theme=dark; {COOKIE}={}; lang=en", good_token());
    TestRequest::with_uri("/subject")
        .method(method)
        .append_header(("Cookie", cookie))
}

#[actix_web::test]
async fn a_cookie_is_taken_where_the_service_was_told_its_name() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        assert_eq!(
            by_cookie(bearing_cookie(method)).await.status,
            StatusCode::OK
        );
    }
    let answer = by_header(bearing_cookie(Method::GET)).await;
    assert_eq!(answer.problem(), (401, "missing_token".into()));
}

#[actix_web::test]
async fn the_header_wins_over_the_cookie() {
    let bad = bearing_cookie(Method::GET).append_header(("Authorization", "Bearer x"));
    assert_eq!(
        by_cookie(bad).await.problem(),
        (401, "invalid_token".into())
    );

    // What the page itself put into the header was not attached by the browser.
    let token = good_token();
    let good = TestRequest::post()
        .uri("/subject")
        .append_header(("Cookie", format!("{COOKIE}=x")))
        .append_header(("Sec-Fetch-Site", "cross-site"))
        .append_header(("Authorization", format!("Bearer {token}")));
    by_cookie(good).await.is_the_subject();

    let basic = bearing_cookie(Method::GET).append_header(("Authorization", "Basic YTpi"));
    by_cookie(basic).await.is_the_subject();
}

#[actix_web::test]
async fn only_the_very_cookie_is_taken() {
    let token = good_token();
    for (cookie, expected) in [
        (format!("access_token={token}"), (401, "missing_token")),
        (
            format!("__host-access_token={token}"),
            (401, "missing_token"),
        ),
        (format!("x{COOKIE}={token}"), (401, "missing_token")),
        (format!("{COOKIE}2={token}"), (401, "missing_token")),
        (format!("theme={COOKIE}={token}"), (401, "missing_token")),
        (COOKIE.to_owned(), (401, "missing_token")),
        (format!("{COOKIE}="), (400, "invalid_request")),
        (format!("{COOKIE}=\"{token}\""), (400, "invalid_request")),
        (
            format!("{COOKIE}={token}; {COOKIE}={token}"),
            (400, "invalid_request"),
        ),
        (format!("{COOKIE}=x.y.z"), (401, "invalid_token")),
    ] {
        let request = TestRequest::with_uri("/subject").append_header(("Cookie", cookie.as_str()));
        let (status, code) = by_cookie(request).await.problem();
        assert_eq!((status, code.as_str()), expected, "{cookie}");
    }
    let split = TestRequest::with_uri("/subject")
        .append_header(("Cookie", "a=b"))
        .append_header(("Cookie", HeaderValue::from_bytes(b"name=\xe9").unwrap()))
        .append_header(("Cookie", format!("{COOKIE}={token}")));
    by_cookie(split).await.is_the_subject();
}

#[actix_web::test]
async fn a_cookie_changes_nothing_for_another_site() {
    for method in [
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::TRACE,
    ] {
        let forged = bearing_cookie(method.clone()).append_header(("Sec-Fetch-Site", "cross-site"));
        by_cookie(forged)
            .await
            .is_problem(403, "cross_site_request", None);
        let silent = bearing_cookie(method.clone());
        by_cookie(silent)
            .await
            .is_problem(403, "cross_site_request", None);
        let ours = bearing_cookie(method).append_header(("Sec-Fetch-Site", "same-origin"));
        by_cookie(ours).await.is_the_subject();
    }
}

#[test]
fn a_request_is_of_our_own_origin_when_the_browser_says_so() {
    const SITE: &str = "sec-fetch-site";
    const ORIGIN: &str = "origin";
    let allowed = vec![
        OUR_ORIGIN.to_owned(),
        "https://app.latchkey.example".to_owned(),
    ];
    let rows: [(&[(&str, &str)], bool); 22] = [
        (&[(SITE, "same-origin")], true),
        (&[(SITE, "same-origin"), (ORIGIN, OUR_ORIGIN)], true),
        (&[(ORIGIN, OUR_ORIGIN)], true),
        (&[(ORIGIN, "https://app.latchkey.example")], true),
        (
            &[
                (SITE, "same-site"),
                (ORIGIN, "https://app.latchkey.example"),
            ],
            true,
        ),
        (&[], false),
        (&[(SITE, "same-site")], false),
        (
            &[
                (SITE, "same-site"),
                (ORIGIN, "https://blog.latchkey.example"),
            ],
            false,
        ),
        (&[(SITE, "cross-site")], false),
        (&[(SITE, "cross-site"), (ORIGIN, OUR_ORIGIN)], false),
        (&[(SITE, "none")], false),
        (&[(SITE, "none"), (ORIGIN, OUR_ORIGIN)], false),
        (&[(SITE, "")], false),
        (&[(SITE, "Same-Origin")], false),
        (&[(SITE, "same-origin"), (SITE, "cross-site")], false),
        (&[(ORIGIN, "null")], false),
        (&[(ORIGIN, "")], false),
        (&[(ORIGIN, "https://latchkey")], false),
        (&[(ORIGIN, "http://latchkey.example")], false),
        (
            &[(ORIGIN, "https://latchkey.example.attacker.example")],
            false,
        ),
        (&[(ORIGIN, "https://latchkey.example/")], false),
        (
            &[(ORIGIN, OUR_ORIGIN), (ORIGIN, "https://attacker.example")],
            false,
        ),
    ];
    for (row, passes) in rows {
        let mut headers = HeaderMap::new();
        for (name, value) in row {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let outcome = same_origin::check(&headers, &allowed);
        assert_eq!(outcome.is_ok(), passes, "{row:?}");
        if let Err(problem) = outcome {
            assert_eq!(
                (problem.status().as_u16(), problem.code()),
                (403, "cross_site_request")
            );
        }
    }
}
