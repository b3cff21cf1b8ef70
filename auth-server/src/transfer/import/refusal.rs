//! Why a line is not imported.

use crate::users::{
    email::EmailError, full_name::FullNameError, password_hash::foreign::ForeignHashError,
    username::UsernameError,
};

/// Why a line is not imported. None of them tells a value of the line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It has more than a mebibyte, or more than a thousand cells.
    #[error("The line is longer than a mebibyte, or has more than a thousand cells.")]
    TooLong,
    /// It is in another encoding.
    #[error("The line is not UTF-8.")]
    NotUtf8,
    /// It is no JSON, or JSON of another kind.
    #[error("The line is not a JSON object (see character {column}).")]
    NotAnObject {
        /// Where reading ended.
        column: usize,
    },
    /// Which of the two would count?
    #[error("A member of the JSON object stands there twice.")]
    RepeatedMember,
    /// It has not the cells of the header.
    #[error("The line has {found} cells, and the header {expected}.")]
    CellCount {
        /// How many the header has.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A cell goes on over the ends of lines, and the record has not the cells of the header.
    #[error(
        "A quote opens here and is closed in another place than it should be, or nowhere: the {lines} lines from here on are taken for one, and nobody in them is imported."
    )]
    QuoteNotClosed {
        /// How many lines are lost to it.
        lines: u64,
    },
    /// A member that should be text is something else.
    #[error("{0} is not text.")]
    NotText(&'static str),
    /// As for a registration.
    #[error(transparent)]
    Username(#[from] UsernameError),
    /// Everyone has an e-mail address here.
    #[error("There is no e-mail address.")]
    NoEmail,
    /// As for a registration.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// As for a registration.
    #[error(transparent)]
    FullName(#[from] FullNameError),
    /// It cannot be read, or is no instant of the past.
    #[error("When the account was made is no instant of the past that can be read.")]
    CreatedAt,
    /// Whether the person may sign in cannot be read. That is not guessed at.
    #[error("{0} says neither yes nor no, nor until when.")]
    Disabled(&'static str),
    /// The other system had deleted the account and kept the row.
    #[error("The account was deleted.")]
    Deleted,
    /// Someone who signed in elsewhere, for instance.
    #[error("There is no password hash.")]
    NoPassword,
    /// The password could never be compared.
    #[error(transparent)]
    Hash(#[from] ForeignHashError),
    /// Someone has that id: among others, whoever was imported before.
    #[error("Someone has that id.")]
    IdTaken,
    /// Someone goes by that e-mail address, in the database or further up in the file.
    #[error("Someone goes by that e-mail address.")]
    EmailTaken,
    /// Someone goes by that username, in the database or further up in the file.
    #[error("Someone goes by that username.")]
    UsernameTaken,
}

impl Refusal {
    /// The stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotUtf8 => "not_utf8",
            Self::NotAnObject { .. } => "not_json_object",
            Self::RepeatedMember => "repeated_member",
            Self::CellCount { .. } => "cell_count",
            Self::QuoteNotClosed { .. } => "quote_not_closed",
            Self::NotText(_) => "not_text",
            Self::Username(_) => "username_invalid",
            Self::NoEmail => "email_missing",
            Self::Email(_) => "email_invalid",
            Self::FullName(_) => "full_name_invalid",
            Self::CreatedAt => "created_at_invalid",
            Self::Disabled(_) => "disabled_invalid",
            Self::Deleted => "deleted",
            Self::NoPassword => "password_missing",
            Self::Hash(error) => match error {
                ForeignHashError::Unusable => "password_unusable",
                ForeignHashError::Algorithm(algorithm) => algorithm.code,
                ForeignHashError::Broken => "hash_broken",
                ForeignHashError::CostTooHigh { .. } => "hash_cost_too_high",
                ForeignHashError::PepperUnknown => "hash_pepper_unknown",
                ForeignHashError::Unknown => "hash_unknown",
            },
            Self::IdTaken => "id_taken",
            Self::EmailTaken => "email_taken",
            Self::UsernameTaken => "username_taken",
        }
    }
}
