//! JSON as this crate reads it from others: objects, and nothing that serde would take for one;
//! values of one type only.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// 9999-12-31T23:59:59Z. A later date is no date, and bounding it keeps sums from overflowing.
const LAST_NUMERIC_DATE: u64 = 253_402_300_799;

/// Reads a struct from a JSON object. serde by itself would also read it from an array of its
/// fields, and would not look whether what it skips is UTF-8 (RFC 8259 §8.1). `None` says no more, since an
/// error's text would quote what was sent.
pub(crate) fn read_object<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<T> {
    if json.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_str(str::from_utf8(json).ok()?).ok()
}

/// A whole number of seconds since 1970, up to the year 9999 (RFC 7519 §2).
pub(crate) struct NumericDate(pub(crate) i64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `u64` refuses strings, fractions, exponents and negative numbers by itself.
        let seconds = u64::deserialize(deserializer)?;
        i64::try_from(seconds)
            .ok()
            .filter(|_| seconds <= LAST_NUMERIC_DATE)
            .map(Self)
            .ok_or_else(|| D::Error::custom("date out of range"))
    }
}

pub(crate) fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    NumericDate::deserialize(deserializer).map(|NumericDate(seconds)| seconds)
}

pub(crate) fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        Err(D::Error::custom("empty string"))
    } else {
        Ok(text)
    }
}
