//! Calls and their answers.

use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::{Map, Value};

use super::contract::assert_documented;

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

    /// With an access token in place of any other.
    pub(crate) fn bearer(self, token: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        Self {
            request: self.request.headers(headers),
            ..self
        }
    }

    /// With a header, next to those of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With parameters in the URL.
    pub(crate) fn query(mut self, parameters: &[(&str, &str)]) -> Self {
        self.request = self.request.query(parameters);
        self
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

    /// Asserts that this is a problem of that status and code, and has the form of all problems.
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
        let mut members = self.body.as_object().unwrap().clone();
        let id = members.remove("request_id");
        assert_eq!(id.unwrap(), self.header("x-request-id"));
        let errors = members.remove("errors");
        assert_eq!(
            errors.is_some(),
            matches!(status, 422) || code == "not_ready"
        );
        assert_eq!(names(&members), ["code", "detail", "status", "title"]);
        assert_eq!(members["status"], status);
        assert_eq!(members["title"], self.status.canonical_reason().unwrap());
        assert!(!members["detail"].as_str().unwrap().is_empty());
    }

    /// The body of a problem but for its request's id: what is the same for all problems that are alike.
    #[track_caller]
    pub(crate) fn problem_but_for_its_id(&self) -> Value {
        let mut body = self.body.clone();
        // The answer to HEAD has none.
        if let Value::Object(members) = &mut body {
            assert!(members.remove("request_id").is_some(), "{}", self.body);
        }
        body
    }

    /// Asserts 422, and that exactly these fields were found wrong in that way.
    #[track_caller]
    pub(crate) fn assert_invalid(&self, expected: &[(&str, &str)]) {
        self.assert_problem(422, "validation_failed");
        assert_eq!(self.errors(), expected);
    }

    /// Asserts 503 `unavailable`, which tells when to try again.
    #[track_caller]
    pub(crate) fn assert_unavailable(&self) {
        self.assert_problem(503, "unavailable");
        assert!(self.header("retry-after").parse::<u32>().is_ok());
    }

    /// Asserts 401 `invalid_token` with the challenge of RFC 6750.
    #[track_caller]
    pub(crate) fn assert_invalid_token(&self) {
        self.assert_problem(401, "invalid_token");
        let challenge = self.header("www-authenticate");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{challenge}"
        );
    }

    /// Asserts the answer for what does not exist.
    #[track_caller]
    pub(crate) fn assert_not_found(&self) {
        self.assert_problem(404, "not_found");
    }

    /// Asserts 204 without a body.
    #[track_caller]
    pub(crate) fn assert_no_content(&self) {
        assert_eq!(self.status, StatusCode::NO_CONTENT, "{}", self.body);
        assert_eq!(self.body, Value::Null);
    }

    /// The fields or parts that the problem names, and what is wrong with each.
    #[track_caller]
    pub(crate) fn errors(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                assert_eq!(
                    names(error.as_object().unwrap()),
                    ["code", "field", "message"]
                );
                assert!(!error["message"].as_str().unwrap().is_empty());
                (
                    error["field"].as_str().unwrap(),
                    error["code"].as_str().unwrap(),
                )
            })
            .collect()
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
}

/// The names of an object's members, sorted.
pub(crate) fn names(members: &Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
