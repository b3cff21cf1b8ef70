//! A record read as a person.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{instant, members::Members, refusal::Refusal};
use crate::users::{
    email::Email,
    full_name::FullName,
    password_hash::foreign::{Acceptance, ForeignHash, ForeignHashError},
    username::Username,
};

/// Someone who could be imported, as far as their own line goes.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who they were before; other systems' tables may refer to it.
    pub id: Option<Uuid>,
    /// None where the other system knew none.
    pub username: Option<Username>,
    /// Everyone has one.
    pub email: Email,
    /// If given.
    pub full_name: Option<FullName>,
    /// What their password is compared with.
    pub password_hash: ForeignHash,
    /// When the account was made.
    pub created_at: Option<DateTime<Utc>>,
    /// Whether they may not sign in.
    pub disabled: bool,
}

/// What is taken.
#[derive(Debug)]
pub struct Terms {
    /// Which hashes.
    pub hashes: Acceptance,
    /// Whether people without a password are taken, who then cannot sign in.
    pub without_password: bool,
    /// Now, by the database's clock.
    pub now: DateTime<Utc>,
}

/// Other systems' clocks are off, too.
const CLOCK_SKEW: TimeDelta = TimeDelta::days(1);

impl Person {
    /// Reads a person.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub fn read(members: &Members, terms: &Terms) -> Result<Self, Refusal> {
        if is_deleted(members)? {
            return Err(Refusal::Deleted);
        }
        let username = members.text(&["username", "userName"])?;
        let email = members.text(&["email"])?.ok_or(Refusal::NoEmail)?;
        Ok(Self {
            id: id(members),
            username: username.map(Username::parse).transpose()?,
            email: Email::parse(email)?,
            full_name: full_name(members)?,
            password_hash: password_hash(members, terms)?,
            created_at: created_at(members, terms.now)?,
            disabled: is_disabled(members, terms.now)?,
        })
    }
}

/// A UUID stays what it is. Numbers and Mongo's ids cannot be the `sub` of a token here, and neither can the UUIDs that
/// stand for none and for the end of all lists.
fn id(members: &Members) -> Option<Uuid> {
    let (_, value) = members.find(&["id"])?;
    let id = Uuid::try_parse(value.as_str()?).ok()?;
    (!id.is_nil() && !id.is_max()).then_some(id)
}

fn full_name(members: &Members) -> Result<Option<FullName>, Refusal> {
    const WHOLE: [&str; 5] = [
        "full_name",
        "fullName",
        "displayName",
        "display_name",
        "name",
    ];
    if let Some(name) = members.text(&WHOLE)? {
        return Ok(Some(FullName::parse(name)?));
    }
    let first = members.text(&["first_name", "firstName"])?;
    let last = members.text(&["last_name", "lastName"])?;
    let parts: Vec<&str> = first.into_iter().chain(last).collect();
    if !parts.is_empty() {
        return Ok(Some(FullName::parse(&parts.join(" "))?));
    }
    let metadata = members.object("raw_user_meta_data").unwrap_or_default();
    let told = ["full_name", "name"].iter().find_map(|name| {
        let text = metadata.get(*name)?.as_str()?;
        (!text.is_empty()).then_some(text)
    });
    Ok(told.map(FullName::parse).transpose()?)
}

fn password_hash(members: &Members, terms: &Terms) -> Result<ForeignHash, Refusal> {
    const NAMES: [&str; 4] = [
        "password_hash",
        "passwordHash",
        "encrypted_password",
        "password",
    ];
    let outcome = match members.text(&NAMES)? {
        Some(text) => {
            let pepper = members.text(&["pepper"])?;
            ForeignHash::parse(text, pepper, &terms.hashes).map_err(Refusal::Hash)
        }
        None => Err(Refusal::NoPassword),
    };
    match outcome {
        Err(Refusal::NoPassword | Refusal::Hash(ForeignHashError::Unusable))
            if terms.without_password =>
        {
            Ok(ForeignHash::of_nothing())
        }
        outcome => outcome,
    }
}

fn created_at(members: &Members, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some((_, value)) = members.find(&["created_at", "createdAt", "date_joined"]) else {
        return Ok(None);
    };
    let instant = instant::read(value)
        .filter(|instant| (DateTime::UNIX_EPOCH..=now + CLOCK_SKEW).contains(instant));
    instant.map(Some).ok_or(Refusal::CreatedAt)
}

fn is_disabled(members: &Members, now: DateTime<Utc>) -> Result<bool, Refusal> {
    let disabled = flag(members, &["disabled"])?.unwrap_or(false);
    let active = flag(members, &["is_active", "isActive"])?.unwrap_or(true);
    let banned = match members.find(&["banned_until"]) {
        None => false,
        Some((_, value)) if value.as_str() == Some("infinity") => true,
        Some((name, value)) => instant::read(value).ok_or(Refusal::Disabled(name))? > now,
    };
    Ok(disabled || !active || banned)
}

fn is_deleted(members: &Members) -> Result<bool, Refusal> {
    let is_marked = flag(members, &["deleted"])?.unwrap_or(false);
    Ok(is_marked || members.find(&["deleted_at", "deletedAt"]).is_some())
}

/// Yes or no, as JSON, Postgres, Python and databases write it.
fn flag(members: &Members, names: &[&'static str]) -> Result<Option<bool>, Refusal> {
    let Some((name, value)) = members.find(names) else {
        return Ok(None);
    };
    let flag = match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(true),
            "false" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    flag.map(Some).ok_or(Refusal::Disabled(name))
}
