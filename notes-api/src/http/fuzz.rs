//! Bodies, queries, entity tags and keys that are nearly right.

use std::collections::BTreeSet;

use actix_web::{http::header::HeaderValue, web::Query};
use fuzzing::{Members, Outcome, bytes, check, json, text};
use proptest::prelude::*;
use serde_json::json;
use service_runtime::json_object::JsonObject;

use super::{
    entity_tag::EntityTags,
    idempotency_key::{GivenKey, Malformed},
    input::{ListParameters, NoteContent},
};
use crate::notes::page::{Cursor, PageSize};

#[test]
fn a_body_has_known_members_only_each_once_and_of_its_type() {
    let good = json!({"title": "Shopping", "body": "Milk, eggs, and a birthday card."});
    check("note", &json(&good), |body| {
        let read = serde_json::from_slice::<JsonObject<NoteContent>>(body);
        let right = Members::read(body).filter(|members| {
            let mut names: Vec<&str> = members.names().collect();
            names.sort_unstable();
            names == ["body", "title"]
                && ["title", "body"]
                    .iter()
                    .all(|name| members.value(name).is_some_and(|value| value.is_string()))
        });
        prop_assert_eq!(read.is_ok(), right.is_some());
        let content = read
            .ok()
            .and_then(|JsonObject(content)| content.parse().ok());
        if let (Some(content), Some(right)) = (&content, right) {
            prop_assert_eq!(Some(json!(content.title.as_str())), right.value("title"));
            prop_assert_eq!(Some(json!(content.body.as_str())), right.value("body"));
        }
        Ok(Outcome::accepted_if(content.is_some()))
    });
}

#[test]
fn a_query_is_read_within_its_bounds() {
    let good = [
        "query=birth&limit=20&cursor=AZpbLnxNfo-aCxwtPk9aaw",
        "limit=100",
        "query=%E6%97%A5%20milk+eggs",
    ];
    check("query of a list", &text(good), |input| {
        let read = Query::<ListParameters>::from_query(input);
        let listing = read.ok().and_then(|parameters| parameters.parse().ok());
        if let Some(listing) = &listing {
            prop_assert!((1..=PageSize::MAX).contains(&listing.size.number()));
            let names: Vec<&str> = input
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split('=').next().unwrap_or_default())
                .collect();
            let given = |wanted: &str| names.iter().filter(|name| **name == wanted).count();
            prop_assert!(
                ["query", "limit", "cursor"]
                    .iter()
                    .all(|name| given(name) <= 1)
            );
            if given("cursor") == 0 && !input.contains('%') {
                prop_assert_eq!(listing.start, Cursor::START);
            }
            if let Some(search) = &listing.search {
                let quotes = search.to_tsquery().matches('\'').count();
                prop_assert!(quotes >= 2 && quotes.is_multiple_of(2));
            }
        }
        Ok(Outcome::accepted_if(listing.is_some()))
    });
}

#[test]
fn entity_tags_mean_the_same_when_they_are_written_again() {
    let good = [
        "\"1\"",
        "W/\"22\"",
        "*",
        "\"1\", W/\"22\" ,\t\"abc\"",
        "\"9223372036854775807\"",
    ];
    let lines = prop::collection::vec(bytes(good), 0..3);
    check("entity tags", &lines, |lines| {
        let mut values = Vec::new();
        for line in lines {
            let Ok(value) = HeaderValue::from_bytes(line) else {
                return Ok(Outcome::Refused);
            };
            values.push(value);
        }
        let read = EntityTags::parse(values.iter());
        if let Ok(Some(EntityTags::These(tags))) = &read {
            let all: Vec<u8> = lines.iter().flat_map(|line| line.to_vec()).collect();
            let written: Vec<String> = tags
                .iter()
                .map(|tag| {
                    let weak = if tag.weak { "W/" } else { "" };
                    let version = tag.version.map(|version| version.number().to_string());
                    format!("{weak}\"{}\"", version.unwrap_or_else(|| "other".into()))
                })
                .collect();
            let of_notes = tags
                .iter()
                .zip(&written)
                .filter(|(tag, _)| tag.version.is_some());
            let different: BTreeSet<&String> = of_notes.map(|(_, text)| text).collect();
            for text in different {
                let stands_there = all.windows(text.len()).any(|part| part == text.as_bytes());
                prop_assert!(stands_there, "{}", text);
            }
            let again = HeaderValue::try_from(written.join(", ")).unwrap();
            prop_assert_eq!(&EntityTags::parse([&again].into_iter()), &read);
        }
        Ok(Outcome::accepted_if(matches!(read, Ok(Some(_)))))
    });
}

#[test]
fn a_key_is_the_uuid_that_one_line_spells() {
    let good = [
        "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"",
        "8E03978E-40D5-43E8-BC93-6894A57F9324",
        "00000000-0000-0000-0000-000000000000",
    ];
    let lines = prop::collection::vec(bytes(good), 0..3);
    check("idempotency key", &lines, |lines| {
        let mut values = Vec::new();
        for line in lines {
            let Ok(value) = HeaderValue::from_bytes(line) else {
                return Ok(Outcome::Refused);
            };
            values.push(value);
        }
        let read = GivenKey::parse(&values);
        prop_assert_eq!(read == Ok(GivenKey(None)), lines.is_empty());
        let spelled = match lines.as_slice() {
            [line] => {
                let quoted = line
                    .strip_prefix(b"\"")
                    .and_then(|line| line.strip_suffix(b"\""));
                Some(quoted.unwrap_or(line).to_ascii_lowercase()).filter(|text| is_uuid(text))
            }
            _ => None,
        };
        let key = match read {
            Ok(GivenKey(Some(key))) => Some(key.as_uuid().to_string().into_bytes()),
            Ok(GivenKey(None)) | Err(Malformed) => None,
        };
        prop_assert_eq!(&key, &spelled);
        Ok(Outcome::accepted_if(key.is_some()))
    });
}

/// Whether these are five groups of hexadecimal digits.
fn is_uuid(text: &[u8]) -> bool {
    let lengths = text.split(|byte| *byte == b'-').map(<[u8]>::len);
    let is_digit = |byte: &u8| *byte == b'-' || byte.is_ascii_hexdigit();
    lengths.eq([8, 4, 4, 4, 12]) && text.iter().all(is_digit)
}
