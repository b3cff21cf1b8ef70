//! JSON that is nearly the right one: members lost, doubled, renamed, in another order, of another
//! type.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;

use crate::edit::{Edit, Input, edits};

/// This document, edited by its structure, and now and then as bytes too; some are as good as they
/// were.
pub fn json(good: &Value) -> impl Strategy<Value = Input> + use<> {
    let good = Node::from(good);
    let as_bytes = prop::option::weighted(0.2, edits(3));
    (edits(4), as_bytes).prop_map(move |(edits, as_bytes)| {
        let mut document = good.clone();
        for edit in edits {
            document.edit(edit);
        }
        let mut text = String::new();
        document.write(&mut text);
        let mut bytes = text.into_bytes();
        for edit in as_bytes.into_iter().flatten() {
            let others = [bytes.clone()];
            edit.apply(&mut bytes, &others);
        }
        Input(bytes)
    })
}

/// JSON with its spelling: names may repeat, and a leaf may be no JSON at all.
#[derive(Clone, Debug)]
enum Node {
    Leaf(String),
    List(Vec<Node>),
    /// Names as they are written, with their quotes.
    Object(Vec<(String, Node)>),
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                let member = |(name, value)| (Value::from(name).to_string(), Self::from(value));
                let members = members.iter().map(|(name, value)| (name.as_str(), value));
                Self::Object(members.map(member).collect())
            }
            leaf => Self::Leaf(leaf.to_string()),
        }
    }
}

impl Node {
    fn edit(&mut self, edit: Edit) {
        match self {
            // What is inside is edited as often as what holds it.
            Self::Object(members) if !members.is_empty() => {
                let index = edit.at % members.len();
                if edit.kind.is_multiple_of(2) && !matches!(members[index].1, Self::Leaf(_)) {
                    let inside = edit.inside(members.len());
                    members[index].1.edit(inside);
                } else {
                    edit_members(members, index, edit);
                }
            }
            Self::List(items) if !items.is_empty() && edit.kind < 70 => {
                let index = edit.at % items.len();
                match edit.kind {
                    0..20 => drop(items.remove(index)),
                    20..40 => items.insert(index, items[index].clone()),
                    _ => {
                        let inside = edit.inside(items.len());
                        items[index].edit(inside);
                    }
                }
            }
            _ => self.replace(edit),
        }
    }

    /// Puts something of another type, or of a value at its limits, into this place.
    fn replace(&mut self, edit: Edit) {
        *self = match edit.kind % 10 {
            0 => Self::List(vec![self.clone()]),
            1 => Self::Object(vec![("\"\"".to_owned(), self.clone())]),
            2 => {
                let mut text = String::new();
                self.write(&mut text);
                Self::Leaf(Value::from(text).to_string())
            }
            3 => Self::Leaf(edit.choice.to_string()),
            4 => Self::Leaf(Value::from("x".repeat(edit.extent % 5_000)).to_string()),
            5 if edit.extent.is_multiple_of(10) => {
                let depth = edit.choice % 200;
                Self::Leaf("[".repeat(depth) + &"]".repeat(depth))
            }
            _ => Self::Leaf(LEAVES[edit.choice % LEAVES.len()].to_owned()),
        };
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Leaf(leaf) => text.push_str(leaf),
            Self::List(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    item.write(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    text.push_str(name);
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
        }
    }
}

fn edit_members(members: &mut Vec<(String, Node)>, index: usize, edit: Edit) {
    let other = edit.extent % members.len();
    match edit.kind {
        0..15 => drop(members.remove(index)),
        15..30 => {
            let doubled = members[index].clone();
            members.insert(other, doubled);
        }
        30..37 => members.swap(index, other),
        37..42 => {
            let name = members[other].0.clone();
            members[index].0 = name;
        }
        42..52 => members[index].0 = spelled(&members[index].0, edit.choice),
        52..60 => {
            let name = NAMES[edit.choice % NAMES.len()].to_owned();
            let value = LEAVES[edit.extent % LEAVES.len()].to_owned();
            members.insert(index, (name, Node::Leaf(value)));
        }
        _ => members[index].1.replace(edit),
    }
}

/// The name in another spelling: the same to JSON, or nearly.
fn spelled(name: &str, choice: usize) -> String {
    let inner = name.trim_matches('"');
    match choice % 6 {
        0 => {
            let mut escaped = String::from("\"");
            for unit in inner.encode_utf16() {
                // Writing to a text does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
            escaped + "\""
        }
        1 => format!(" \n\t{name}\r "),
        2 => name.to_uppercase(),
        3 => format!("\"{inner} \""),
        4 => format!("\"{inner}\\u0000\""),
        _ => inner.to_owned(),
    }
}

impl Edit {
    /// The same for something inside of what has so many parts.
    fn inside(self, parts: usize) -> Self {
        Self {
            at: self.at / parts,
            kind: (self.kind + 37) % 100,
            ..self
        }
    }
}

const NAMES: [&str; 16] = [
    "\"\"",
    "\"x\"",
    "\"__proto__\"",
    "\"iss\"",
    "\"aud\"",
    "\"exp\"",
    "\"nbf\"",
    "\"scope\"",
    "\"alg\"",
    "\"crit\"",
    "\"b64\"",
    "\"jwk\"",
    "\"d\"",
    "\"k\"",
    "\"id\"",
    "\"delivery\"",
];

const LEAVES: [&str; 56] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "1.0",
    "1e3",
    "0.1",
    "1E400",
    "1e-400",
    "1800000000",
    "1800000600.5",
    "253402300799",
    "253402300800",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999999999999999999999999",
    "01",
    "+1",
    "1.",
    ".5",
    "0x10",
    "NaN",
    "-Infinity",
    "",
    " ",
    "\"\"",
    "\" \"",
    "\"a\"",
    "\"1800000000\"",
    "\"\\u0000\"",
    "\"\u{0}\"",
    "\"\\ud800\"",
    "\"\\ud83e\\udd94\"",
    "\"\\x\"",
    "\"unended",
    "'a'",
    "\"é\u{301}\"",
    "\"ı\u{212a}\"",
    "\"\u{202e}\u{200b}\u{feff}\"",
    "\"' or ''='\"",
    "\"../../etc/passwd\"",
    "\"RS256\"",
    "\"none\"",
    "[]",
    "[null]",
    "[[]]",
    "{}",
    "{\"a\":1,\"a\":2}",
    "/* */ 1",
    "\u{feff}1",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use serde_json::json;

    use super::*;
    use crate::Members;

    #[test]
    fn documents_are_nearly_right_in_all_ways() {
        let good = json!({"a": "x", "b": [1, {"c": null}], "d": 7});
        let inputs = super::json(&good);
        let mut runner = TestRunner::deterministic();
        let mut seen = HashSet::new();
        let [mut same, mut doubled, mut lost, mut no_json] = [0; 4];
        for _ in 0..10_000 {
            let input = inputs.new_tree(&mut runner).unwrap().current();
            match Members::read(&input) {
                None => no_json += 1,
                Some(members) if !members.are_unique() => doubled += 1,
                Some(members) if members.value("a").is_none() => lost += 1,
                Some(_) => {}
            }
            same += usize::from(serde_json::from_slice(&input).ok().as_ref() == Some(&good));
            seen.insert(input.to_vec());
        }
        for (what, number) in [
            ("as it was", same),
            ("doubled", doubled),
            ("lost", lost),
            ("no JSON", no_json),
        ] {
            assert!(number > 400, "{what}: {number}");
        }
        assert!(seen.len() > 6_000, "{}", seen.len());
    }
}
