//! Files of people from other systems: whatever stands in them is read within bounds, from any record on alike,
//! and nobody is made of it whom a login could not compare.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;

use auth_server::{
    transfer::{
        format::Format,
        import::{
            person::{Person, Terms},
            records::{Record, Records},
            source::Position,
        },
    },
    users::{
        email::Email,
        password_hash::foreign::{Acceptance, ForeignHash},
        username::Username,
    },
};
use chrono::DateTime;
use fuzzing::{Outcome, bytes, check, json, text};
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::json;

const HASHES: [&str; 6] = [
    "$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe",
    "$2a$12$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky",
    "bcrypt$$2y$05$TRP7QurHwmKdkLPeHbvnnOFgh7bxfADXr35hwJr7SRd2vwvK.Pc4.",
    "bcrypt_sha256$$2b$05$QPaJUu2OzdYtLRwrZJJxQe1yoEiJ95zBwnUAB322bnEThHcZ8mNDG",
    "lk1.1$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe",
    "pbkdf2_sha256$1000$vDDw3OWJ8u1s4NzrW1wrtB$IUTMv4oZ3PCLQLD2q+hXR1o9ZdCaYKWdxa+i9vX8VlA=",
];

fn acceptance() -> Acceptance {
    Acceptance {
        greatest_cost: 12,
        peppers: None,
    }
}

fn terms() -> Terms {
    Terms {
        hashes: acceptance(),
        without_password: false,
        now: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
    }
}

/// What is stored is read by the library that compares it, and costs no more than a hash of ours.
fn assert_comparable(hash: &ForeignHash) -> Result<(), TestCaseError> {
    let stored = hash.as_str();
    let bcrypt = stored.strip_prefix("bcrypt_sha256$").unwrap_or(stored);
    let parts: bcrypt::HashParts = bcrypt.parse().unwrap();
    prop_assert!((4..=12).contains(&parts.get_cost()));
    let again = ForeignHash::parse(stored, None, &acceptance());
    prop_assert_eq!(again.as_ref(), Ok(hash));
    Ok(())
}

#[test]
fn a_hash_that_is_taken_can_be_compared() {
    check("hash from elsewhere", &text(HASHES), |input| {
        let outcome = ForeignHash::parse(input, None, &acceptance());
        if let Ok(hash) = &outcome {
            assert_comparable(hash)?;
        }
        Ok(Outcome::accepted_if(outcome.is_ok()))
    });
}

/// The records of a file from a position on, and where each ends.
fn read(file: &[u8], format: Format, from: Option<Position>) -> Option<Vec<(Record, Position)>> {
    let mut records = Records::open(Cursor::new(file), format).ok()?;
    if let Some(from) = from {
        records.go_to(from).unwrap();
    }
    let next = || {
        let record = records.read().unwrap()?;
        Some((record, records.position()))
    };
    Some(std::iter::from_fn(next).collect())
}

fn described(records: &[(Record, Position)]) -> Vec<String> {
    let terms = terms();
    let describe = |(record, position): &(Record, Position)| {
        let person = record.members.as_ref().map(|members| {
            let person = Person::read(members, &terms);
            person.map(|person| format!("{person:?} {}", person.email.as_str()))
        });
        format!("{} {person:?} {position:?}", record.line)
    };
    records.iter().map(describe).collect()
}

/// Reading goes on anywhere as it would have from the beginning, and everyone who is read is sound.
fn assert_sound(file: &[u8], format: Format) -> Result<Outcome, TestCaseError> {
    let Some(all) = read(file, format, None) else {
        return Ok(Outcome::Refused);
    };
    let whole = described(&all);
    let mut line = 0;
    let mut people = 0;
    for (index, (record, position)) in all.iter().enumerate() {
        prop_assert!(record.line > line || format == Format::Csv);
        line = record.line;
        // A file that repeats a part of itself has thousands of records.
        if index < 3 {
            let rest = read(file, format, Some(*position)).unwrap();
            prop_assert_eq!(&described(&rest), &whole[index + 1..]);
        }
        let Ok(members) = &record.members else {
            continue;
        };
        if let Ok(person) = Person::read(members, &terms()) {
            people += 1;
            assert_comparable(&person.password_hash)?;
            let email = Email::parse(person.email.as_str());
            prop_assert!(email.as_ref() == Ok(&person.email));
            let username = person.username.as_ref();
            prop_assert!(username.is_none_or(|name| Username::parse(name.as_str()).is_ok()));
        }
    }
    let end = all.last().map_or(0, |(_, position)| position.offset);
    prop_assert!(end <= file.len() as u64);
    Ok(Outcome::accepted_if(people == all.len() && people > 0))
}

#[test]
fn json_lines_are_read_from_any_line_on_alike() {
    let first = json!({"username": "ada", "email": "ada@example.org", "password": HASHES[0],
        "createdAt": {"$date": "2023-04-05T06:07:08.900Z"}, "disabled": false, "name": "Ada"});
    let second = json!({"model": "auth.user", "pk": 7, "fields": {"username": "grace",
        "email": "grace@example.org", "password": HASHES[3], "is_active": true}});
    let third = json!({"id": "6f1d5a3e-8c1b-4d2f-9a7e-0123456789ab", "email": "g@example.org",
        "encrypted_password": HASHES[1], "raw_user_meta_data": {"name": "G"}, "banned_until": null});
    let lines = (json(&first), json(&second), json(&third));
    check("people as JSON lines", &lines, |(first, second, third)| {
        let file = [first, second, third]
            .map(|line| line.to_vec())
            .join(&b'\n');
        assert_sound(&file, Format::JsonLines)
    });
}

const TABLE: &str = "email,username,password_hash,is_active,full_name\r\n\
    ada@example.org,ada,$2b$05$vUPYuQfmsX.vL5.eeZJyg.LpKj0Jegd.wZrLh/WUc6I6g5ovWo0fe,t,\"King, \"\"Ada\"\"\"\r\n\
    grace@example.org,\"grace\",\"bcrypt$$2b$05$TRP7QurHwmKdkLPeHbvnnOFgh7bxfADXr35hwJr7SRd2vwvK.Pc4.\",f,\r\n\
    \r\n\
    idle@example.org,idle,$2a$12$5njHZIk1ixmSYhsd57Iw5.lHQNxHaIUNy8087GO0ytYqVetnQxhky,t,\"Idle\"";

#[test]
fn csv_is_read_from_any_record_on_alike() {
    let files = [TABLE.to_owned(), TABLE.replace("\r\n", "\n")];
    check("people as CSV", &bytes(files), |file| {
        assert_sound(file, Format::Csv)
    });
}

/// A second opinion on what a record is.
#[test]
fn cells_are_those_that_another_reader_finds() {
    check("cells of CSV", &bytes([TABLE]), |file| {
        let Some(records) = read(file, Format::Csv, None) else {
            return Ok(Outcome::Refused);
        };
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.flexible(true).from_reader(&file[..]);
        let header = reader.byte_headers().unwrap().clone();
        let is_email = |cell: &[u8]| cell.trim_ascii() == b"email";
        let column = header.iter().position(is_email);
        let expected: Vec<csv::ByteRecord> =
            reader.byte_records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(records.len(), expected.len());
        for ((record, _), expected) in records.iter().zip(&expected) {
            let Ok(members) = &record.members else {
                continue;
            };
            prop_assert_eq!(expected.len(), header.len());
            let cell = column.and_then(|column| str::from_utf8(expected.get(column)?).ok());
            let email = members.text(&["email"]).unwrap();
            prop_assert_eq!(email, cell.filter(|cell| !cell.is_empty()));
        }
        Ok(Outcome::accepted_if(
            records.iter().all(|(record, _)| record.members.is_ok()),
        ))
    });
}
