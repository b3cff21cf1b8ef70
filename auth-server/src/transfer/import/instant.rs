//! Instants as other systems write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;

/// Reads an instant: RFC 3339; Postgres' and Django's text with a space and with or without an offset, which is
/// then UTC's; a day; or what mongoexport makes of a date, `{"$date": …}`.
#[must_use]
pub fn read(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => read_text(text),
        Value::Object(object) if object.len() == 1 => match object.get("$date")? {
            Value::String(text) => read_text(text),
            Value::Number(milliseconds) => DateTime::from_timestamp_millis(milliseconds.as_i64()?),
            Value::Object(number) => {
                let milliseconds = number.get("$numberLong")?.as_str()?.parse().ok()?;
                DateTime::from_timestamp_millis(milliseconds)
            }
            _ => None,
        },
        _ => None,
    }
}

fn read_text(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(instant) = DateTime::parse_from_str(text, form) {
            return Some(instant.to_utc());
        }
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"] {
        if let Ok(instant) = NaiveDateTime::parse_from_str(text, form) {
            return Some(instant.and_utc());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(chrono::NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_system_writes_the_same_instant_in_its_own_way() {
        let expected = DateTime::parse_from_rfc3339("2023-04-05T06:07:08.900Z").unwrap();
        for value in [
            json!("2023-04-05T06:07:08.9Z"),
            json!("2023-04-05T08:07:08.900+02:00"),
            json!("2023-04-05 06:07:08.9+00"),
            json!("2023-04-05 08:07:08.900000+02"),
            json!("2023-04-05 11:37:08.900000+05:30"),
            json!("2023-04-05T06:07:08.900000+0000"),
            json!("2023-04-05 06:07:08.9"),
            json!("2023-04-05T06:07:08.9"),
            json!({"$date": "2023-04-05T06:07:08.900Z"}),
            json!({"$date": 1_680_674_828_900_i64}),
            json!({"$date": {"$numberLong": "1680674828900"}}),
        ] {
            assert_eq!(read(&value), Some(expected.to_utc()), "{value}");
        }
        let midnight = DateTime::parse_from_rfc3339("2023-04-05T00:00:00Z").unwrap();
        assert_eq!(read(&json!("2023-04-05")), Some(midnight.to_utc()));
    }

    #[test]
    fn what_is_no_instant_is_not_guessed() {
        for value in [
            json!("yesterday"),
            json!("05/04/2023"),
            json!("2023-13-05"),
            json!(1_680_674_828),
            json!(true),
            json!({"$date": null}),
            json!({"$date": {"$numberLong": "many"}}),
            json!({"$date": i64::MAX}),
            json!({"$oid": "642d0e3c0000000000000000"}),
        ] {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
