//! What bodies have to be like, where the types that they are read into do not say it all.

use utoipa::{
    Modify,
    openapi::{
        AllOfBuilder, Content, ObjectBuilder, OneOfBuilder, OpenApi, PathItem, Ref, RefOr, Schema,
        Type, path::Operation,
    },
};

/// Makes the document as strict as the server is: a body that may be left out may not be `null`, and
/// a login has exactly one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExactBodies;

impl Modify for ExactBodies {
    fn modify(&self, document: &mut OpenApi) {
        let operations = document.paths.paths.values_mut().flat_map(operations);
        for content in operations.flat_map(contents) {
            let schema = content.schema.take();
            content.schema = schema.map(without_null);
        }
        let schemas = &mut document.components.get_or_insert_default().schemas;
        if let Some(credentials) = schemas.remove("LogInRequest") {
            schemas.insert("LogInRequest".to_owned(), with_one_name(credentials));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

fn contents(operation: &mut Operation) -> impl Iterator<Item = &mut Content> {
    let body = operation.request_body.as_mut().and_then(stated_here);
    body.into_iter()
        .flat_map(|body| body.content.values_mut())
        .filter_map(stated_here)
}

fn stated_here<T>(item: &mut RefOr<T>) -> Option<&mut T> {
    match item {
        RefOr::T(item) => Some(item),
        RefOr::Ref(_) => None,
    }
}

/// utoipa describes a body that may be left out as one that may also be `null`.
fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::OneOf(either)) => {
            let reference: Option<Ref> = either.items.iter().find_map(|item| match item {
                RefOr::Ref(reference) => Some(reference.clone()),
                RefOr::T(_) => None,
            });
            reference.map_or(RefOr::T(Schema::OneOf(either)), RefOr::Ref)
        }
        other => other,
    }
}

/// The credentials as they are, and a text under exactly one of the names.
fn with_one_name(credentials: RefOr<Schema>) -> RefOr<Schema> {
    let mut a_name = OneOfBuilder::new();
    for name in ["identifier", "username", "email"] {
        let text = ObjectBuilder::new().schema_type(Type::String);
        a_name = a_name.item(ObjectBuilder::new().property(name, text).required(name));
    }
    RefOr::T(
        AllOfBuilder::new()
            .item(credentials)
            .item(a_name)
            .build()
            .into(),
    )
}
