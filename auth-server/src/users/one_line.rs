//! What people write freely, in one line.

/// Text of 1 to 200 characters of any script, without control characters, trimmed; `None` for any other.
#[must_use]
pub(super) fn one_line(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let fits = (1..=200).contains(&trimmed.chars().count());
    (fits && !trimmed.chars().any(char::is_control)).then(|| trimmed.to_owned())
}
