//! Good inputs, edited.

use std::fmt;
use std::ops::Deref;

use proptest::prelude::*;
use proptest::sample::select;

/// One change to an input. Its numbers mean a place, an extent and a choice of whatever is edited,
/// modulo how much of it there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit {
    pub(crate) kind: u8,
    pub(crate) at: usize,
    pub(crate) extent: usize,
    pub(crate) choice: usize,
}

/// An input, shown as text where a test fails.
#[derive(Clone, PartialEq, Eq)]
pub struct Input(pub(crate) Vec<u8>);

impl Deref for Input {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

/// Some of these good inputs, edited, of which some are as good as they were. Of two inputs one may
/// get the head and the other the tail.
///
/// # Panics
///
/// Without a good input.
pub fn bytes<B: AsRef<[u8]>>(good: impl IntoIterator<Item = B>) -> impl Strategy<Value = Input> {
    let good: Vec<Vec<u8>> = good.into_iter().map(|one| one.as_ref().to_vec()).collect();
    let others = good.clone();
    (select(good), edits(5)).prop_map(move |(mut input, edits)| {
        for edit in edits {
            edit.apply(&mut input, &others);
        }
        Input(input)
    })
}

/// The same, of text.
///
/// # Panics
///
/// Without a good input.
pub fn text<B: AsRef<[u8]>>(good: impl IntoIterator<Item = B>) -> impl Strategy<Value = String> {
    bytes(good).prop_map(|input| String::from_utf8_lossy(&input).into_owned())
}

pub(crate) fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    let edit = (0..100_u8, any::<[u16; 3]>()).prop_map(|(kind, [at, extent, choice])| Edit {
        kind,
        at: at.into(),
        extent: extent.into(),
        choice: choice.into(),
    });
    prop::collection::vec(edit, 0..=most)
}

/// How long an input grows, in bytes, where an edit repeats a part of it: past all limits but those
/// of bodies.
const LONG: usize = 20_000;

impl Edit {
    pub(crate) fn apply(self, input: &mut Vec<u8>, others: &[Vec<u8>]) {
        let Self {
            kind,
            at,
            extent,
            choice,
        } = self;
        let start = at % (input.len() + 1);
        let end = (start + extent % 9).min(input.len());
        let fragment = FRAGMENTS[choice % FRAGMENTS.len()];
        match kind {
            0..15 => {
                if let Some(byte) = input.get_mut(start) {
                    *byte ^= 1 << (choice % 8);
                }
            }
            15..25 => {
                if let Some(byte) = input.get_mut(start) {
                    *byte = choice.to_le_bytes()[0];
                }
            }
            25..45 => drop(input.splice(start..start, fragment.iter().copied())),
            45..60 => drop(input.splice(start..end, fragment.iter().copied())),
            60..70 => drop(input.drain(start..end)),
            70..75 => drop(input.drain(start..start + extent % (input.len() - start + 1))),
            75..80 => input.truncate(start),
            80..88 => {
                let part = input[start..end].to_vec();
                let to = choice % (input.len() + 1);
                input.splice(to..to, part);
            }
            88..92 => {
                let end = start + extent % (input.len() - start + 1);
                let part = input[start..end].to_vec();
                input.splice(start..start, part);
            }
            92..98 => {
                let other = &others[choice % others.len()];
                input.truncate(start);
                input.extend_from_slice(&other[extent % (other.len() + 1)..]);
            }
            98 => {
                if start + 1 < input.len() {
                    input.swap(start, start + 1);
                }
            }
            _ => {
                let part = input[start..end].to_vec();
                let part = if part.is_empty() { b"a".to_vec() } else { part };
                let times = LONG / part.len();
                input.splice(start..start, part.repeat(times));
            }
        }
    }
}

/// What parsers stumble over.
const FRAGMENTS: [&[u8]; 64] = [
    b".",
    b"..",
    b"=",
    b"==",
    b"-",
    b"_",
    b"+",
    b"/",
    b"\0",
    b"\t",
    b" ",
    b"\r\n",
    b"\n",
    b"\x7f",
    b"\x1b[2J",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xc3",
    b"%00",
    b"%0d%0a",
    b"%2e%2e/",
    b"%",
    b"../",
    b"'",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b";",
    b"; ",
    b"&",
    b"?",
    b"#",
    b"*",
    b"W/",
    b"@",
    b"xn--",
    b"Bearer ",
    b"null",
    b"true",
    b"0",
    b"-1",
    b"1e400",
    b"9223372036854775808",
    b"18446744073709551616",
    b"127.0.0.1",
    b"::ffff:127.0.0.1",
    b"[::1]",
    b"https://",
    b"__Host-",
    "é".as_bytes(),
    "ı".as_bytes(),
    "\u{212a}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}".as_bytes(),
    "𝕬".as_bytes(),
];
