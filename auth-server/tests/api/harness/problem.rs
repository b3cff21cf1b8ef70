//! The OpenAPI document as a promise: every status that a call answers is in it, and every error has
//! the form of all errors.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;
use utoipa::OpenApi;

use super::Answer;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(auth_server::http::ApiDoc::openapi()).unwrap());

/// Fails if the document does not mention the answer's status. What the router answers for methods
/// and paths that are not in it is no matter of the document.
#[track_caller]
pub(super) fn assert_documented(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    let described = &operation["responses"][answer.status.as_str()];
    assert!(
        !described.is_null(),
        "{method} {path} answered {}, which the document does not mention: {}",
        answer.status,
        answer.body
    );
    if let Some(code) = answer.body["code"].as_str() {
        let description = described["description"].as_str().unwrap();
        assert!(
            description.contains(&format!("`{code}`")),
            "{method} {path} answered {code}, the document says: {description}"
        );
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next()?;
    let (_, item) = DOCUMENT["paths"]
        .as_object()?
        .iter()
        .find(|(template, _)| fits(template, path))?;
    let method = match *method {
        Method::HEAD => "get".to_owned(),
        _ => method.as_str().to_lowercase(),
    };
    item.get(method)
}

fn fits(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template
            .split('/')
            .zip(path.split('/'))
            .all(|(expected, found)| expected.starts_with('{') || expected == found)
}
