//! A second opinion on a JSON object: its members as they stand there, repeated ones too.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object, in their order.
#[derive(Debug)]
pub struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Reads an object; `None` for anything else.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether each name appears once.
    #[must_use]
    pub fn are_unique(&self) -> bool {
        let mut seen = HashSet::new();
        self.names().all(|name| seen.insert(name))
    }

    /// Whether this name appears more than once.
    #[must_use]
    pub fn repeat(&self, name: &str) -> bool {
        self.names().filter(|other| *other == name).count() > 1
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The object that is the value of the first member of this name.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.text(name)?.as_bytes())
    }

    /// The value of the first member of this name, if it is one that a program can hold.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.text(name)?).ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value.get())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_seen_as_they_stand_there() {
        let members = Members::read(br#"{"a":1,"b":1e400,"a":2}"#).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["a", "b", "a"]);
        assert!(!members.are_unique() && members.repeat("a") && !members.repeat("b"));
        assert_eq!(members.value("a"), Some(json!(1)));
        assert_eq!(members.value("b"), None);
        assert!(members.object("a").is_none());
        let nested = Members::read(br#"{"a":{"b":1,"b":2}}"#).unwrap();
        assert!(!nested.object("a").unwrap().are_unique());
        assert!(Members::read(br#"{"a":1,"b":2}"#).unwrap().are_unique());
        for text in ["[]", "null", "{\"a\":1}x", "{"] {
            assert!(Members::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
