//! Writing everyone down, page by page, in a form that an import reads.

mod store;

use std::io::{self, Write};

use chrono::SecondsFormat;
use diesel::{PgConnection, result::Error as DieselError};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::format::Format;
use crate::{
    events::{self, Event, EventKind, Operator},
    keys::pepper::Peppers,
    users::password_hash::foreign::to_export,
};

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The people could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// They could not be written as CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// They could not be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The database did not do its part.
    #[error("database: {0}")]
    Database(#[from] DieselError),
}

/// People that are read and written at a time.
const PAGE: i64 = 2_000;

/// Writes everyone down in the order of their ids, and says how many they are. With `peppers` their passwords'
/// hashes go along. Whoever registers meanwhile may be among them or not.
///
/// # Errors
///
/// An [`ExportError`].
pub fn export(
    connection: &mut PgConnection,
    output: impl Write,
    format: Format,
    peppers: Option<&Peppers>,
) -> Result<u64, ExportError> {
    let with_hashes = json!({"with_password_hashes": peppers.is_some()});
    // Before anything leaves: who ends the process leaves a trace, too.
    let event = Event::by_operator(&Operator::CommandLine, EventKind::UsersExportBegun)
        .with_details(with_hashes.clone());
    events::record(connection, &event)?;
    let mut writer = Writer::new(output, format, peppers.is_some())?;
    let (mut after, mut people) = (None, 0);
    loop {
        let page = store::page(connection, after, peppers.is_some(), PAGE)?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.id);
        people += page.len() as u64;
        for row in &page {
            writer.write(&Exported::new(row, peppers))?;
        }
    }
    writer.finish()?;
    let event = Event::by_operator(&Operator::CommandLine, EventKind::UsersExported)
        .with_details(with_hashes)
        .with_details(json!({"people": people}));
    events::record(connection, &event)?;
    Ok(people)
}

/// Someone as they are written down: the names are those that an import reads.
#[derive(Serialize)]
struct Exported<'a> {
    id: Uuid,
    username: &'a str,
    email: &'a str,
    full_name: Option<&'a str>,
    created_at: String,
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<&'a str>,
    /// Which pepper a hash of ours was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pepper: Option<String>,
}

const COLUMNS: [&str; 8] = [
    "id",
    "username",
    "email",
    "full_name",
    "created_at",
    "disabled",
    "password_hash",
    "pepper",
];
const COLUMNS_WITHOUT_HASH: usize = 6;

impl<'a> Exported<'a> {
    fn new(row: &'a store::Row, peppers: Option<&Peppers>) -> Self {
        let hash = row.password_hash.as_deref().and_then(to_export);
        let pepper = hash.and_then(|(_, pepper)| peppers?.fingerprint(pepper?));
        Self {
            id: row.id,
            username: &row.username,
            email: &row.email,
            full_name: row.full_name.as_deref(),
            created_at: row.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            disabled: row.disabled,
            password_hash: hash.map(|(hash, _)| hash),
            pepper,
        }
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.id.to_string(),
            self.username.to_owned(),
            self.email.to_owned(),
            text(self.full_name),
            self.created_at.clone(),
            self.disabled.to_string(),
            text(self.password_hash),
            text(self.pepper.as_deref()),
        ]
    }
}

enum Writer<W: Write> {
    JsonLines(io::BufWriter<W>),
    Csv(Box<csv::Writer<W>>, usize),
}

impl<W: Write> Writer<W> {
    fn new(output: W, format: Format, with_hashes: bool) -> Result<Self, ExportError> {
        Ok(match format {
            Format::JsonLines => Self::JsonLines(io::BufWriter::new(output)),
            Format::Csv => {
                let columns = if with_hashes {
                    COLUMNS.len()
                } else {
                    COLUMNS_WITHOUT_HASH
                };
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(&COLUMNS[..columns])?;
                Self::Csv(Box::new(writer), columns)
            }
        })
    }

    fn write(&mut self, person: &Exported<'_>) -> Result<(), ExportError> {
        match self {
            Self::JsonLines(output) => {
                serde_json::to_writer(&mut *output, person)?;
                output.write_all(b"\n")?;
            }
            Self::Csv(writer, columns) => writer.write_record(&person.cells()[..*columns])?,
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::JsonLines(mut output) => output.flush(),
            Self::Csv(mut writer, _) => writer.flush(),
        }
    }
}
