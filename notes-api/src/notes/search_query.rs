//! What a person types into a search field.

/// The words to search for: a note is found if it has all of them, and for the last one, which may
/// still be being typed, any word that begins with it.
///
/// What stands between words is not part of them: white space, control characters, and ASCII
/// punctuation, which is all that the syntax of a `tsquery` is made of. So nothing that a person
/// types is taken for syntax, and nothing is an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SearchQuery {
    words: Vec<String>,
}

/// A search text longer than [`SearchQuery::MAX_CHARACTERS`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("A search has at most 200 characters.")]
pub struct SearchTooLong;

impl SearchQuery {
    /// The longest search text, in Unicode scalar values.
    pub const MAX_CHARACTERS: usize = 200;

    /// Reads a search text; one without a word searches for nothing, and so is none.
    ///
    /// # Errors
    ///
    /// [`SearchTooLong`].
    pub fn parse(text: &str) -> Result<Option<Self>, SearchTooLong> {
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(SearchTooLong);
        }
        let words: Vec<String> = text
            .split(stands_between_words)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        Ok((!words.is_empty()).then_some(Self { words }))
    }

    /// The query for Postgres's `to_tsquery`, which takes a quoted word apart in the same way as
    /// the text of a note.
    #[must_use]
    pub fn to_tsquery(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| format!("'{word}'")).collect();
        quoted.join(" & ") + ":*"
    }
}

fn stands_between_words(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c.is_ascii_punctuation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tsquery(text: &str) -> Option<String> {
        let query = SearchQuery::parse(text).unwrap();
        query.map(|query| query.to_tsquery())
    }

    #[test]
    fn the_last_word_is_the_beginning_of_one() {
        let cases = [
            ("milk", Some("'milk':*")),
            (" Milk  eggs ", Some("'Milk' & 'eggs':*")),
            ("don't", Some("'don' & 't':*")),
            ("a & !b | (c:*) <-> d", Some("'a' & 'b' & 'c' & 'd':*")),
            (
                r"'; drop table notes; -- \",
                Some("'drop' & 'table' & 'notes':*"),
            ),
            ("100%_", Some("'100':*")),
            ("日本語\u{3000}ü\0b", Some("'日本語' & 'ü' & 'b':*")),
            ("", None),
            (" \t\n", None),
            ("*&!'\"\\", None),
        ];
        for (text, expected) in cases {
            assert_eq!(tsquery(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_search_text_has_a_bound() {
        assert!(SearchQuery::parse(&"ü".repeat(200)).is_ok());
        assert_eq!(SearchQuery::parse(&"ü".repeat(201)), Err(SearchTooLong));
    }

    proptest! {
        #[test]
        fn no_text_gets_out_of_its_quotes(text in ".{0,200}") {
            let Some(query) = tsquery(&text) else { return Ok(()) };
            let words = query.strip_suffix(":*").unwrap().split(" & ");
            for quoted in words {
                let word = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let word = word.unwrap();
                prop_assert!(!word.is_empty());
                prop_assert!(!word.contains(stands_between_words));
                prop_assert!(text.contains(word));
            }
        }
    }
}
