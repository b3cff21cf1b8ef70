//! What people write and search for, and where they are in a list, nearly right.

use fuzzing::{Outcome, check, text};
use notes_api::notes::{
    content::{Body, Title},
    note::NoteId,
    page::{Cursor, PageSize},
    search_query::SearchQuery,
};
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn a_title_is_one_visible_line_and_kept_as_it_is() {
    let good = ["Shopping", " 日本語 🦀 ", "José\u{301}"];
    check("title", &text(good), |input| {
        let read = Title::parse(input.clone());
        let right = input.chars().count() <= 200
            && !input.contains(|c: char| c.is_control())
            && !input.trim().is_empty();
        prop_assert_eq!(read.is_ok(), right);
        if let Ok(title) = &read {
            prop_assert_eq!(title.as_str(), input);
        }
        Ok(Outcome::accepted_if(right))
    });
}

#[test]
fn a_body_is_kept_as_it_is() {
    let good = ["", "Milk,\neggs\tand 🦀.", "a\u{1}\u{7f}"];
    check("body", &text(good), |input| {
        let read = Body::parse(input.clone());
        let right = input.chars().count() <= 100_000 && !input.contains('\0');
        prop_assert_eq!(read.is_ok(), right);
        if let Ok(body) = &read {
            prop_assert_eq!(body.as_str(), input);
        }
        Ok(Outcome::accepted_if(right))
    });
}

#[test]
fn a_cursor_has_one_spelling() {
    let good = [
        "_____________________w",
        "AZpbLnxNfo-aCxwtPk9aaw",
        "AAAAAAAAAAAAAAAAAAAAAA",
    ];
    check("cursor", &text(good), |input| {
        let read = Cursor::parse(input);
        if let Ok(cursor) = read {
            prop_assert_eq!(&cursor.to_string(), input);
            prop_assert_eq!(Cursor::after(cursor.bound()), cursor);
        }
        Ok(Outcome::accepted_if(read.is_ok()))
    });
}

#[test]
fn a_page_size_has_one_spelling() {
    check("limit", &text(["1", "20", "100"]), |input| {
        let read = PageSize::parse(input).map(PageSize::number);
        let right = (1..=100_u8).find(|number| number.to_string() == *input);
        prop_assert_eq!(read.ok(), right);
        Ok(Outcome::accepted_if(right.is_some()))
    });
}

#[test]
fn an_id_names_the_note_that_it_spells() {
    let good = [
        "019a5b2e-7c4d-7e8f-9a0b-1c2d3e4f5a6b",
        "019A5B2E7C4D7E8F9A0B1C2D3E4F5A6B",
    ];
    let spelled = |text: &str| NoteId::parse(text).map(|id| id.as_uuid());
    check("id of a note", &text(good), |input| {
        let read = spelled(input);
        if let Some(id) = read {
            let digits = |text: &str| text.replace('-', "").to_ascii_lowercase();
            prop_assert_eq!(digits(&id.to_string()), digits(input));
            prop_assert_eq!(spelled(&id.to_string()), Some(id));
        }
        prop_assert!(read.is_none() || Uuid::try_parse(input).is_ok());
        Ok(Outcome::accepted_if(read.is_some()))
    });
}

#[test]
fn no_search_gets_out_of_its_quotes() {
    let good = [
        "milk",
        "a & !b | (c:*) <-> d",
        "'; drop table notes; -- \\",
        "日本語\u{3000}ü",
    ];
    check("search", &text(good), |input| {
        let read = SearchQuery::parse(input);
        prop_assert_eq!(read.is_ok(), input.chars().count() <= 200);
        let Ok(Some(query)) = read else {
            return Ok(Outcome::Refused);
        };
        let query = query.to_tsquery();
        for quoted in query.strip_suffix(":*").unwrap().split(" & ") {
            let word = quoted
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''));
            let word = word.unwrap();
            prop_assert!(!word.is_empty() && input.contains(word));
            let is_syntax =
                |c: char| c.is_ascii_punctuation() || c.is_whitespace() || c.is_control();
            prop_assert!(!word.contains(is_syntax), "{}", query);
        }
        Ok(Outcome::Accepted)
    });
}
