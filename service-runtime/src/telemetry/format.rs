//! How a line of the log is written. Whatever a value is, it neither ends its line nor looks like another field.

use std::{
    fmt,
    io::{self, Write},
};

use clap::ValueEnum;
use env_logger::fmt::Formatter;
use log::{
    Record,
    kv::{Error, Key, Source, Value, VisitSource},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: time, level, source, message and fields, in colours on a terminal.
    #[default]
    Text,
    /// For programs: one JSON object a line, with `time`, `level`, `target`, `message`, and the fields beside them.
    Json,
}

/// What every JSON line has; a field of such a name is left out.
const IN_EVERY_LINE: [&str; 4] = ["time", "level", "target", "message"];

/// Writes the fields of a line as text.
pub(super) fn text_fields(out: &mut Formatter, fields: &dyn Source) -> io::Result<()> {
    fields.visit(&mut TextFields(out)).map_err(io::Error::other)
}

struct TextFields<W>(W);

impl<'v, W: Write> VisitSource<'v> for TextFields<W> {
    fn visit_pair(&mut self, key: Key<'v>, value: Value<'v>) -> Result<(), Error> {
        let out = &mut self.0;
        if let Some(number) = value.to_u64() {
            write!(out, " {key}={number}")?;
        } else if let Some(text) = value.to_borrowed_str() {
            write!(out, " {key}={}", Legible(text))?;
        } else {
            write!(out, " {key}={}", Legible(&value.to_string()))?;
        }
        Ok(())
    }
}

/// In quotes, and with escapes, unless it is one word of plain characters.
struct Legible<'t>(&'t str);

impl fmt::Display for Legible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        let is_plain = |byte| matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b'\\');
        if !text.is_empty() && text.bytes().all(is_plain) {
            f.write_str(text)
        } else {
            write!(f, "{text:?}")
        }
    }
}

/// Writes a line as JSON.
pub(super) fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let time = out.timestamp_millis();
    write_json(&mut *out, time, record)?;
    out.write_all(b"\n")
}

fn write_json(
    out: impl Write,
    time: impl fmt::Display,
    record: &Record<'_>,
) -> Result<(), serde_json::Error> {
    let mut serializer = serde_json::Serializer::new(out);
    let mut line = serializer.serialize_map(None)?;
    line.serialize_entry("time", &format_args!("{time}"))?;
    line.serialize_entry("level", record.level().as_str())?;
    line.serialize_entry("target", record.target())?;
    line.serialize_entry("message", record.args())?;
    record
        .key_values()
        .visit(&mut JsonFields(&mut line))
        .map_err(serde::ser::Error::custom)?;
    line.end()
}

struct JsonFields<'l, M>(&'l mut M);

impl<'v, M: SerializeMap> VisitSource<'v> for JsonFields<'_, M> {
    fn visit_pair(&mut self, key: Key<'v>, value: Value<'v>) -> Result<(), Error> {
        let name = key.as_str();
        if IN_EVERY_LINE.contains(&name) {
            return Ok(());
        }
        self.0
            .serialize_entry(name, &JsonValue(value))
            .map_err(|_| Error::msg("a field cannot be written"))
    }
}

struct JsonValue<'v>(Value<'v>);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = self;
        if let Some(number) = value.to_u64() {
            serializer.serialize_u64(number)
        } else if let Some(number) = value.to_i64() {
            serializer.serialize_i64(number)
        } else if let Some(truth) = value.to_bool() {
            serializer.serialize_bool(truth)
        } else {
            serializer.collect_str(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use log::Level;
    use serde_json::{Value as Json, json};

    use super::*;

    const HOSTILE: &str = "/a\"b\\ status=200\r\n[2026 ERROR]\u{1b}[2J\u{202e}\u{2028}";

    fn fields() -> [(&'static str, Value<'static>); 6] {
        [
            ("status", 404_u16.into()),
            ("offset", (-1_i64).into()),
            ("path", "/notes/%0a".into()),
            ("agent", HOSTILE.into()),
            ("level", "forged".into()),
            ("nothing", "".into()),
        ]
    }

    #[test]
    fn in_a_json_line_fields_stand_beside_what_every_line_has() {
        let fields: &[_] = &fields();
        let record = Record::builder()
            .level(Level::Warn)
            .target("request")
            .args(format_args!("answered\n"))
            .key_values(&fields)
            .build();
        let mut line = Vec::new();
        write_json(&mut line, "2026-11-22T05:00:00.000Z", &record).unwrap();
        assert!(!line.iter().any(u8::is_ascii_control), "{line:?}");
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text.matches(r#""level":"#).count(), 1, "{text}");
        assert_eq!(
            serde_json::from_str::<Json>(&text).unwrap(),
            json!({
                "time": "2026-11-22T05:00:00.000Z",
                "level": "WARN",
                "target": "request",
                "message": "answered\n",
                "status": 404,
                "offset": -1,
                "path": "/notes/%0a",
                "agent": HOSTILE,
                "nothing": "",
            })
        );
    }

    #[test]
    fn in_text_only_plain_words_go_without_quotes_and_escapes() {
        let fields: &[_] = &fields();
        let mut out = Vec::new();
        fields.visit(&mut TextFields(&mut out)).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#" status=404 offset=-1 path=/notes/%0a agent="/a\"b\\ status=200\r\n[2026 ERROR]"#,
                r#"\u{1b}[2J\u{202e}\u{2028}" level=forged nothing="""#
            )
        );
    }
}
