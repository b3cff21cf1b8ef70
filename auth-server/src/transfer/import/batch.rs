//! Some lines of a file, and who of them is let in.

use uuid::Uuid;

use super::{
    made_username::candidates,
    person::Person,
    refusal::Refusal,
    store::{NewPerson, Taken},
    tally::Tally,
};
use crate::users::username::Username;

/// A line that was read.
#[derive(Debug)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// The person, with the usernames that they may get, or why there is none.
    pub outcome: Result<(Person, Usernames), Refusal>,
}

/// Which usernames a person may get: the first that is free.
#[derive(Debug)]
pub struct Usernames {
    candidates: Vec<Username>,
    made: bool,
}

impl Usernames {
    /// The person's own, or what can be made of their e-mail address.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        match &person.username {
            Some(username) => Self {
                candidates: vec![username.clone()],
                made: false,
            },
            None => Self {
                candidates: candidates(&person.email),
                made: true,
            },
        }
    }
}

/// All names that lines ask for.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// Usernames, of which a person may ask for two.
    pub usernames: Vec<&'a str>,
    /// E-mail addresses.
    pub emails: Vec<&'a str>,
    /// Ids, of those who have one.
    pub ids: Vec<Uuid>,
}

impl<'a> Wanted<'a> {
    /// What these lines ask for.
    #[must_use]
    pub fn by(lines: &'a [Line]) -> Self {
        let mut wanted = Self::default();
        for (person, usernames) in lines.iter().filter_map(|line| line.outcome.as_ref().ok()) {
            let names = usernames.candidates.iter().map(Username::as_str);
            wanted.usernames.extend(names);
            wanted.emails.push(person.email.as_str());
            wanted.ids.extend(person.id);
        }
        wanted
    }
}

/// Who is let in, and who is not.
#[derive(Debug, Default)]
pub struct Resolved<'a> {
    /// Those who are to be added.
    pub people: Vec<NewPerson<'a>>,
    /// The others: the number of the line, and why.
    pub refused: Vec<(u64, Refusal)>,
}

impl<'a> Resolved<'a> {
    /// Lets people in line by line, each of whom takes their names from those who follow, and counts.
    #[must_use]
    pub fn of(lines: &'a [Line], mut taken: Taken, tally: &mut Tally) -> Self {
        let mut resolved = Self::default();
        for line in lines {
            let outcome = line.outcome.as_ref().map_err(Clone::clone);
            let outcome = outcome.and_then(|(person, usernames)| {
                let username = admit(person, usernames, &mut taken)?;
                count(person, usernames, username, tally);
                Ok(NewPerson {
                    id: person.id.unwrap_or_else(Uuid::now_v7),
                    username: username.clone(),
                    person,
                })
            });
            match outcome {
                Ok(new) => resolved.people.push(new),
                Err(refusal) => {
                    tally.refuse(&refusal);
                    resolved.refused.push((line.number, refusal));
                }
            }
        }
        resolved
    }
}

fn admit<'a>(
    person: &Person,
    usernames: &'a Usernames,
    taken: &mut Taken,
) -> Result<&'a Username, Refusal> {
    if person.id.is_some_and(|id| taken.ids.contains(&id)) {
        return Err(Refusal::IdTaken);
    }
    if taken.emails.contains(person.email.as_str()) {
        return Err(Refusal::EmailTaken);
    }
    let is_free = |username: &&Username| !taken.usernames.contains(username.as_str());
    let free = usernames.candidates.iter().find(is_free);
    let username = free.ok_or(Refusal::UsernameTaken)?;
    taken.ids.extend(person.id);
    taken.emails.insert(person.email.as_str().to_owned());
    taken.usernames.insert(username.as_str().to_owned());
    Ok(username)
}

fn count(person: &Person, usernames: &Usernames, username: &Username, tally: &mut Tally) {
    tally.imported += 1;
    tally.without_password += u64::from(person.password_hash.is_of_nothing());
    if usernames.made {
        tally.usernames_made += 1;
        let is_last = usernames.candidates.last() == Some(username);
        tally.usernames_suffixed += u64::from(is_last);
    }
}
