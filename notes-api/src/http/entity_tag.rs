//! Entity tags (RFC 9110 §8.8.3): a note's is its version, in quotes.

use actix_web::http::header::HeaderValue;

use crate::notes::version::Version;

/// The strong entity tag of a note of this version.
pub(super) fn of(version: Version) -> HeaderValue {
    // Digits and quotes make a header value.
    HeaderValue::try_from(format!("\"{}\"", version.number()))
        .unwrap_or(HeaderValue::from_static("\"\""))
}

/// The value of an `If-Match` or `If-None-Match` header (RFC 9110 §13.1.1, §13.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum EntityTags {
    /// `*`
    Any,
    /// A list; it has at least one member.
    These(Vec<EntityTag>),
}

/// An entity tag of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct EntityTag {
    /// Whether it says so: `W/"…"`.
    pub(super) weak: bool,
    /// The version that it stands for; `None` for one that was never a note's.
    pub(super) version: Option<Version>,
}

/// A header that is neither `*` nor a list of entity tags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

impl EntityTags {
    /// Reads all header lines of one name; `None` where there are none.
    pub(super) fn parse<'h>(
        lines: impl Iterator<Item = &'h HeaderValue>,
    ) -> Result<Option<Self>, Malformed> {
        let lines: Vec<&[u8]> = lines.map(|line| line.as_bytes().trim_ascii()).collect();
        match lines.as_slice() {
            [] => Ok(None),
            [b"*"] => Ok(Some(Self::Any)),
            lines => {
                let mut tags = Vec::new();
                for line in lines {
                    read_list(line, &mut tags)?;
                }
                if tags.is_empty() {
                    return Err(Malformed);
                }
                Ok(Some(Self::These(tags)))
            }
        }
    }
}

/// Reads a list whose members may be empty (RFC 9110 §5.6.1.2).
fn read_list(line: &[u8], tags: &mut Vec<EntityTag>) -> Result<(), Malformed> {
    let mut rest = line;
    loop {
        rest = skip(rest, b", \t");
        if rest.is_empty() {
            return Ok(());
        }
        let (tag, behind) = read_tag(rest)?;
        tags.push(tag);
        rest = skip(behind, b" \t");
        if !(rest.is_empty() || rest.starts_with(b",")) {
            return Err(Malformed);
        }
    }
}

fn read_tag(text: &[u8]) -> Result<(EntityTag, &[u8]), Malformed> {
    let (weak, quoted) = match text.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let opaque = quoted.strip_prefix(b"\"").ok_or(Malformed)?;
    let end = opaque
        .iter()
        .position(|byte| *byte == b'"')
        .ok_or(Malformed)?;
    let (opaque, behind) = opaque.split_at(end);
    if !opaque
        .iter()
        .all(|byte| matches!(byte, 0x21..=0x7e | 0x80..))
    {
        return Err(Malformed);
    }
    let version = version_of(opaque);
    Ok((EntityTag { weak, version }, &behind[1..]))
}

/// A version has one spelling, as entity tags are compared byte by byte.
fn version_of(opaque: &[u8]) -> Option<Version> {
    let text = std::str::from_utf8(opaque).ok()?;
    let number: i64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then(|| Version::new(number))
}

fn skip<'t>(text: &'t [u8], skipped: &[u8]) -> &'t [u8] {
    let kept = text.iter().position(|byte| !skipped.contains(byte));
    &text[kept.unwrap_or(text.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(lines: &[&str]) -> Result<Option<EntityTags>, Malformed> {
        let lines: Vec<HeaderValue> = lines
            .iter()
            .map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap())
            .collect();
        EntityTags::parse(lines.iter())
    }

    fn these(tags: &[(bool, Option<i64>)]) -> EntityTags {
        let tags = tags.iter().map(|(weak, number)| EntityTag {
            weak: *weak,
            version: number.map(Version::new),
        });
        EntityTags::These(tags.collect())
    }

    #[test]
    fn lists_are_read_as_they_may_be_written() {
        assert_eq!(parse(&[]), Ok(None));
        assert_eq!(parse(&["*"]), Ok(Some(EntityTags::Any)));
        assert_eq!(parse(&["\"1\""]), Ok(Some(these(&[(false, Some(1))]))));
        assert_eq!(parse(&["W/\"1\""]), Ok(Some(these(&[(true, Some(1))]))));
        let two = Ok(Some(these(&[(false, Some(1)), (true, Some(22))])));
        for lines in [
            &["\"1\", W/\"22\""][..],
            &["\"1\",W/\"22\""],
            &[" ,, \"1\" ,\t, W/\"22\" ,"],
            &["\"1\"", "W/\"22\""],
        ] {
            assert_eq!(parse(lines), two, "{lines:?}");
        }
    }

    #[test]
    fn tags_of_others_stand_for_no_version() {
        for tag in [
            "\"\"",
            "\"abc\"",
            "\"01\"",
            "\"+1\"",
            "\"0\"",
            "\"-1\"",
            "\"1,2\"",
            "\"ü\"",
            "\"9223372036854775808\"",
        ] {
            assert_eq!(parse(&[tag]), Ok(Some(these(&[(false, None)]))), "{tag}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for lines in [
            &[""][..],
            &[","],
            &["1"],
            &["\"1"],
            &["1\""],
            &["w/\"1\""],
            &["W/1"],
            &["W/ \"1\""],
            &["\"1\" \"2\""],
            &["\"1\"\"2\""],
            &["\"a b\""],
            &["*, \"1\""],
            &["*", "\"1\""],
            &["*", "*"],
            &["**"],
        ] {
            assert_eq!(parse(lines), Err(Malformed), "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn the_tag_of_a_version_stands_for_it(number in 1..=i64::MAX) {
            let tag = of(Version::new(number));
            let expected = these(&[(false, Some(number))]);
            prop_assert_eq!(parse(&[tag.to_str().unwrap()]), Ok(Some(expected)));
        }

        #[test]
        fn no_header_is_too_odd(line in "[*W/\", \t0-9a-z\u{80}-\u{ff}]{0,40}") {
            let _ = parse(&[&line]);
        }
    }
}
