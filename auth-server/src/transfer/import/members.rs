//! The members of one record by their names, whatever it was written in.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What a record holds. Cells of CSV are text, or absent where they are empty.
#[derive(Default)]
pub struct Members(BTreeMap<String, Value>);

/// Every name that means something, in order: see the table in docs/import.md. Mongo's `_id` stands here because
/// it is left out on purpose, with whatever else goes by a name of ours and cannot be used.
const KNOWN: [&str; 30] = [
    "_id",
    "banned_until",
    "createdAt",
    "created_at",
    "date_joined",
    "deleted",
    "deletedAt",
    "deleted_at",
    "disabled",
    "displayName",
    "display_name",
    "email",
    "encrypted_password",
    "firstName",
    "first_name",
    "fullName",
    "full_name",
    "id",
    "isActive",
    "is_active",
    "lastName",
    "last_name",
    "name",
    "password",
    "passwordHash",
    "password_hash",
    "pepper",
    "raw_user_meta_data",
    "userName",
    "username",
];

/// Whether a name means something.
#[must_use]
pub fn is_known(name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok()
}

impl Members {
    /// Reads a JSON object. A row of Django's `dumpdata` is read as its fields.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub fn from_json(line: &[u8]) -> Result<Self, Refusal> {
        let text = str::from_utf8(line).map_err(|_| Refusal::NotUtf8)?;
        match serde_json::from_str::<Object>(text) {
            Ok(Object::Whole(members)) => Ok(Self(members).unwrapped()),
            Ok(Object::RepeatedMember) => Err(Refusal::RepeatedMember),
            Err(error) => Err(Refusal::NotAnObject {
                column: error.column(),
            }),
        }
    }

    /// Adds a cell of CSV.
    pub fn add_cell(&mut self, name: &str, text: &str) {
        let value = match text {
            "" => Value::Null,
            text => Value::String(text.to_owned()),
        };
        self.0.insert(name.to_owned(), value);
    }

    /// The first of these members that has a value: neither null nor an empty text.
    #[must_use]
    pub fn find(&self, names: &[&'static str]) -> Option<(&'static str, &Value)> {
        names.iter().find_map(|name| {
            let value = self.0.get(*name)?;
            let is_empty = value.is_null() || value.as_str() == Some("");
            (!is_empty).then_some((*name, value))
        })
    }

    /// The first of these members that has a value, which has to be text.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotText`].
    pub fn text(&self, names: &[&'static str]) -> Result<Option<&str>, Refusal> {
        match self.find(names) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok(Some(text)),
            Some((name, _)) => Err(Refusal::NotText(name)),
        }
    }

    /// An object among the members; in CSV it is JSON within a cell.
    #[must_use]
    pub fn object(&self, name: &'static str) -> Option<Map<String, Value>> {
        match self.find(&[name])?.1 {
            Value::Object(object) => Some(object.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }

    /// The names of what is left out.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| !is_known(name))
    }

    /// `{"model": "auth.user", "pk": 7, "fields": {…}}`.
    fn unwrapped(mut self) -> Self {
        if !self.0.contains_key("model") {
            return self;
        }
        let Some(Value::Object(fields)) = self.0.remove("fields") else {
            return self;
        };
        let mut members: BTreeMap<String, Value> = fields.into_iter().collect();
        if let Some(key) = self.0.remove("pk") {
            members.insert("id".to_owned(), key);
        }
        Self(members)
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members(hidden)")
    }
}

enum Object {
    Whole(BTreeMap<String, Value>),
    RepeatedMember,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
        let mut members = BTreeMap::new();
        let mut repeated = false;
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            repeated |= members.insert(name, value).is_some();
        }
        if repeated {
            return Ok(Object::RepeatedMember);
        }
        Ok(Object::Whole(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_are_known_are_in_order() {
        assert!(KNOWN.is_sorted());
        assert!(KNOWN.into_iter().all(is_known) && !is_known("role"));
    }
}
