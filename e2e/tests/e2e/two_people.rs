//! Of two people neither reaches what is the other's (R25): every operation of both OpenAPI documents
//! that has an id in its path is called with Eve's token and Ada's ids. A new operation is among them by
//! itself, or fails the test until it is said here whose id it wants.

use reqwest::Method;
use serde_json::{Map, Value};

use crate::harness::client::{Answer, Client, SignedIn};
use crate::harness::system::shared;

/// An operation with an id in its path.
struct Operation {
    method: Method,
    path: String,
    /// What the document gives as an example of it.
    body: Option<Value>,
}

#[tokio::test]
async fn nobody_reaches_what_is_another_persons() {
    let system = shared().await;
    let client = system.client();
    let (ada, eve) = (client.register().await, client.register().await);
    let mut tried = 0;
    for document in [
        "/api-docs/auth/openapi.json",
        "/api-docs/notes/openapi.json",
    ] {
        let document = client.get(document).send().await.body;
        for operation in with_an_id(&document) {
            let what = format!("{} {}", operation.method, operation.path);
            // A new one each time: the last call of its owner may delete it.
            let id = something_of(&ada, &client, &operation.path).await;
            let before = seen_by(&ada, &client).await;
            let refused = call(&operation, &id, &eve, &client).await;
            assert!([403, 404].contains(&refused.status), "{what}: {refused:?}");
            assert!(!refused.body.to_string().contains("lantern"), "{what}");
            assert_eq!(seen_by(&ada, &client).await, before, "{what}");
            // It was Eve, and not the call, that was refused.
            let answered = call(&operation, &id, &ada, &client).await;
            assert!(
                (200..300).contains(&answered.status),
                "{what}: {answered:?}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 4, "{tried} operations");
    // Ada's ids are in no list of Eve's, and her cursor leads to none of her notes.
    let ids = seen_by(&ada, &client).await;
    let ids: Vec<&str> = ids
        .iter()
        .filter_map(|object| object["id"].as_str())
        .collect();
    assert!(ids.len() > 2, "{ids:?}");
    let page = client.get("/notes?limit=1").bearer(&ada.access_token);
    let cursor = page.send().await.text("next_cursor").to_owned();
    for path in [
        "/auth/sessions",
        "/auth/events",
        "/notes",
        &format!("/notes?cursor={cursor}"),
    ] {
        let list = client.get(path).bearer(&eve.access_token).send().await;
        list.assert_status(200);
        let list = list.body.to_string();
        assert!(!ids.iter().any(|id| list.contains(id)), "{path}: {list}");
    }
}

/// What administrators may do is no matter between two people: the auth server's own tests tell who may.
fn with_an_id(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .filter(|(path, _)| path.contains('{') && !path.starts_with("/auth/admin/"))
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(|(method, operation)| Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: example(document, operation),
            })
        })
        .collect()
}

/// The examples of all members of the body.
fn example(document: &Value, operation: &Value) -> Option<Value> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let pointer = schema["$ref"].as_str()?.trim_start_matches('#');
    let members = document.pointer(pointer)?["properties"].as_object()?;
    let examples = members
        .iter()
        .filter(|(_, schema)| !schema["example"].is_null())
        .map(|(name, schema)| (name.clone(), schema["example"].clone()));
    Some(Value::Object(examples.collect::<Map<_, _>>()))
}

/// The id of something that the person has, and that the path is for.
async fn something_of(person: &SignedIn, client: &Client, path: &str) -> String {
    match path {
        "/notes/{id}" => {
            let note = client.write_note(&person.access_token, "Harbour").await;
            note.text("id").to_owned()
        }
        "/auth/sessions/{id}" => {
            let session = client.log_in(&person.username).await;
            session.text("session_id").to_owned()
        }
        other => panic!("what is the id in {other}?"),
    }
}

/// All that a person has an id of.
async fn seen_by(person: &SignedIn, client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    for (path, member) in [("/notes", "notes"), ("/auth/sessions", "sessions")] {
        let list = client.get(path).bearer(&person.access_token).send().await;
        list.assert_status(200);
        all.extend(list.body[member].as_array().unwrap().clone());
    }
    all
}

async fn call(operation: &Operation, id: &str, caller: &SignedIn, client: &Client) -> Answer {
    let path = operation.path.replace("{id}", id);
    let call = client.call(operation.method.clone(), &path);
    let call = call.bearer(&caller.access_token);
    match &operation.body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}
