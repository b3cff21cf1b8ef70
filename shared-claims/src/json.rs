//! JSON objects, and nothing that serde would take for one.

use serde::Deserialize;

/// Reads a struct from a JSON object. serde by itself would also read it from an array of its
/// fields. `None` says no more, since an error's text would quote what was sent.
pub(crate) fn read_object<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<T> {
    if json.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(json).ok()
}
