//! Calls and their answers.

use reqwest::{
    Method, Response, StatusCode,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;

use super::{SetCookie, problem::assert_documented};

/// A call in the making.
pub(crate) struct Call {
    method: Method,
    path: String,
    request: reqwest::RequestBuilder,
}

impl Call {
    pub(super) fn new(method: Method, path: &str, request: reqwest::RequestBuilder) -> Self {
        Self {
            method,
            path: path.to_owned(),
            request,
        }
    }

    /// With a JSON body.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body as it stands.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    /// With a header, next to those of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With the access token of an earlier answer.
    pub(crate) fn bearer(self, tokens: &Value) -> Self {
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        self.bearer_token(&token)
    }

    /// With a header that may not be text.
    pub(crate) fn header_bytes(mut self, name: &str, value: HeaderValue) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With an access token.
    pub(crate) fn bearer_token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With the refresh cookie, from a page of ours.
    pub(crate) fn refresh_cookie(self, value: &str) -> Self {
        self.bare_refresh_cookie(value)
            .header("sec-fetch-site", "same-origin")
    }

    /// With the refresh cookie, and nothing said of the page.
    pub(crate) fn bare_refresh_cookie(self, value: &str) -> Self {
        self.header("cookie", &format!("{}={value}", SetCookie::REFRESH))
    }

    /// Sends it, and checks that the document knows of the answer.
    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let answer = Answer::read(response).await;
        assert_documented(&self.method, &self.path, &answer);
        answer
    }
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its JSON; null for an empty body, a string for any other text.
    pub(crate) body: Value,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = match text.as_str() {
            "" => Value::Null,
            _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body of an answer that has to be 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }

    /// Asserts that this is a problem of that status and code.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.body["status"], status);
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
    }

    /// The body of a problem but for its request's id: what is the same for all problems that are alike.
    #[track_caller]
    pub(crate) fn problem_but_for_its_id(&self) -> Value {
        let mut body = self.body.clone();
        let id = body.as_object_mut().unwrap().remove("request_id");
        assert!(id.is_some(), "{}", self.body);
        body
    }

    /// Asserts 503 `unavailable`, which tells when to try again.
    #[track_caller]
    pub(crate) fn assert_unavailable(&self) {
        self.assert_problem(503, "unavailable");
        assert!(self.header("retry-after").parse::<u32>().is_ok());
    }

    /// Asserts 422, and that exactly these fields were found wrong in that way.
    #[track_caller]
    pub(crate) fn assert_invalid(&self, expected: &[(&str, &str)]) {
        self.assert_problem(422, "validation_failed");
        let errors = self.body["errors"].as_array().unwrap();
        let found: Vec<_> = errors
            .iter()
            .map(|error| {
                assert!(!error["message"].as_str().unwrap().is_empty());
                (
                    error["field"].as_str().unwrap(),
                    error["code"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    /// Asserts 204 without a body.
    #[track_caller]
    pub(crate) fn assert_no_content(&self) {
        assert_eq!(self.status, StatusCode::NO_CONTENT, "{}", self.body);
        assert_eq!(self.body, Value::Null);
    }

    /// Asserts 401 for an access token whose session has ended, with the challenge of RFC 6750.
    #[track_caller]
    pub(crate) fn assert_session_ended(&self) {
        self.assert_problem(401, "session_revoked");
        assert!(
            self.header("www-authenticate")
                .starts_with(r#"Bearer realm="auth-server", error="invalid_token""#)
        );
    }

    /// A string member of the body.
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {}", self.body))
    }

    /// A header's text.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.find_header(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// A header's text, if there is one.
    pub(crate) fn find_header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }

    /// The cookies that it sets.
    pub(crate) fn cookies(&self) -> Vec<SetCookie> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|line| SetCookie::parse(line.to_str().unwrap()))
            .collect()
    }

    /// The cookies that it sets, but for the one by which a device is known: that one lets nobody in.
    pub(crate) fn token_cookies(&self) -> Vec<SetCookie> {
        let mut cookies = self.cookies();
        cookies.retain(|cookie| cookie.name != SetCookie::DEVICE);
        cookies
    }

    /// Asserts that it takes the cookies of a session back, and sets no other.
    #[track_caller]
    pub(crate) fn assert_cookies_cleared(&self) {
        let [refresh, signed_in] = self.cookies().try_into().unwrap();
        assert_eq!(refresh.name, SetCookie::REFRESH);
        refresh.assert_cleared();
        signed_in.assert_says_signed_out();
    }

    /// The refresh cookie that it sets.
    #[track_caller]
    pub(crate) fn refresh_cookie(&self) -> SetCookie {
        self.cookies()
            .into_iter()
            .find(|cookie| cookie.name == SetCookie::REFRESH)
            .unwrap_or_else(|| panic!("no refresh cookie in {:?}", self.headers))
    }
}
