//! `GET /notes?query=`

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use reqwest::Method;
use serde_json::Value;

use crate::harness::{TestService, titles};

const NOTHING: [&str; 0] = [];

#[actix_web::test]
async fn a_search_finds_all_its_words_in_title_or_body() {
    let service = TestService::start();
    service
        .create("Shopping", "Milk, eggs, and a birthday card.")
        .await;
    service.create("Birthday", "A party with cake.").await;
    service.create("Milk", "").await;

    assert_eq!(service.titles("milk").await, ["Milk", "Shopping"]);
    assert_eq!(service.titles("MILK eggs").await, ["Shopping"]);
    assert_eq!(service.titles("shopping milk").await, ["Shopping"]);
    assert_eq!(service.titles("cake birthday").await, ["Birthday"]);
    assert_eq!(service.titles("milk cake").await, NOTHING);
    assert_eq!(service.titles("").await, ["Milk", "Birthday", "Shopping"]);
    assert_eq!(service.titles(" \t").await.len(), 3);
}

#[actix_web::test]
async fn the_last_word_may_still_be_being_typed() {
    let service = TestService::start();
    service.create("Birthday party", "").await;
    for typed in [
        "b",
        "birth",
        "birthday",
        "birthday ",
        "birthday p",
        "party b",
    ] {
        assert_eq!(service.titles(typed).await, ["Birthday party"], "{typed:?}");
    }
    for typed in ["birthdays", "irth", "birth party", "birthday x"] {
        assert_eq!(service.titles(typed).await, NOTHING, "{typed:?}");
    }
}

#[actix_web::test]
async fn words_are_found_in_any_script_and_spelling() {
    let service = TestService::start();
    service
        .create("Ünïcode", "Жизнь, 日本語 und Straße, हिन्दी")
        .await;
    for typed in [
        "ünïcode",
        "ÜNÏ",
        "жизнь",
        "ЖИЗ",
        "日本",
        "straß",
        "हिन्",
        "u\u{308}ni\u{308}",
    ] {
        assert_eq!(service.titles(typed).await, ["Ünïcode"], "{typed}");
    }
    service.create("decomposed", "cafe\u{301}").await;
    assert_eq!(service.titles("café").await, ["decomposed"]);
}

/// What Postgres's parser would hide: parts of addresses, paths, markup and hyphenated words.
#[actix_web::test]
async fn words_are_what_stands_between_punctuation() {
    let service = TestService::start();
    let body = "mail ada@example.org, see https://example.com/a/path?query=value or /usr/local/bin, \
                <b class=\"strong\">bold</b> &amp; snake_case well-known don't -42 +3.14 [x] C++ #tag";
    service.create("found", body).await;
    for word in [
        "ada",
        "org",
        "path",
        "value",
        "local",
        "bin",
        "strong",
        "bold",
        "amp",
        "snake",
        "case",
        "known",
        "don",
        "42",
        "14",
        "x",
        "c",
        "tag",
        "ada@example.org",
        "/usr/local/b",
        "well-known",
        "don't",
        "<b>",
        "-42",
        "snake_c",
        "#tag",
        "C++",
    ] {
        assert_eq!(service.titles(word).await, ["found"], "{word}");
    }
}

#[actix_web::test]
async fn no_text_is_taken_for_syntax() {
    let service = TestService::start();
    service.create("plain", "a b").await;
    // Each has the words a and b, or those and nothing else that counts.
    for query in [
        "a & b", "a | b", "'a' b", "a:* b:*", "(a) b", "!a b", "a <-> b", "a <2> b", "\"a b\"",
        "a\\ b", "a% b_", "a' b'", "a; b --", "a\0b", "a\u{1f}b", "::a**b", "a&&&&b",
    ] {
        let found = service.titles(query).await;
        let expected = if query.contains('2') {
            &[][..]
        } else {
            &["plain"]
        };
        assert_eq!(found, expected, "{query:?}");
    }
    // These have no word at all: nothing is searched for.
    for query in [
        "&", "'", "''", "!!", ":*", "(", "\\", "%", "_", "\0", "<->", "\"\"",
    ] {
        assert_eq!(service.titles(query).await, ["plain"], "{query:?}");
    }
    // These have none that Postgres indexes: nothing is found.
    for query in ["½", "—", "🦀", "\u{fffd}", "\u{301}"] {
        assert_eq!(service.titles(query).await, NOTHING, "{query:?}");
    }
    service.get("/notes?query=%ff%fe").await.ok();
}

/// R56: whatever a person types, the answer is a page.
#[actix_web::test]
async fn any_text_can_be_searched_for() {
    let service = TestService::start();
    let mut runner = TestRunner::deterministic();
    for texts in [
        ".{0,200}",
        r"[a-c'\\:*&|!()<>\-0-9 \t\n]{0,200}",
        "(\\PC|\u{301}|\0){0,200}",
    ] {
        for _ in 0..100 {
            let text = texts.new_tree(&mut runner).unwrap().current();
            let call = service
                .call(Method::GET, "/notes")
                .query(&[("query", &text)]);
            call.send().await.ok();
        }
    }
}

/// As many and as long words as a query may have.
#[actix_web::test]
async fn the_longest_search_is_answered() {
    let service = TestService::start();
    let word = "\u{20000}".repeat(200);
    let words = "a ".repeat(100);
    let expanding = "\u{958}".repeat(200);
    for text in [&word, &expanding] {
        service.create("long", text).await;
        assert_eq!(service.titles(text).await, ["long"]);
    }
    assert_eq!(service.titles(&words).await, NOTHING);
}

#[actix_web::test]
async fn what_is_found_comes_in_pages_too() {
    let service = TestService::start();
    for number in 0..10 {
        let body = if number % 2 == 0 { "even" } else { "odd" };
        service.create(&number.to_string(), body).await;
    }
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut parameters = vec![("query", "even"), ("limit", "2")];
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let call = service.call(Method::GET, "/notes").query(&parameters);
        let page: Value = call.send().await.ok();
        found.extend(titles(&page));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, ["8", "6", "4", "2", "0"]);
}
