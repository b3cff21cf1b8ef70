//! Why someone is kept out.

use super::one_line::one_line;

/// Why a person was disabled, for other administrators: 1–200 characters of any script, without control
/// characters, trimmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DisabledReason(String);

/// Why a text is no reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("A reason has 1 to 200 characters and no control characters.")]
pub struct DisabledReasonError;

impl DisabledReason {
    /// Reads a reason.
    ///
    /// # Errors
    ///
    /// [`DisabledReasonError`].
    pub fn parse(text: &str) -> Result<Self, DisabledReasonError> {
        one_line(text).map(Self).ok_or(DisabledReasonError)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
