//! The notes API's list and create, and bare handlers with the same SQL.

use anyhow::{Result, ensure};

use super::rates_plot;
use crate::{
    caller::{Answer, Caller, get, post},
    figure::Figure,
    load::Load,
    rounds::Rounds,
    served::{Served, told},
    world::{Session, World},
};

const CONNECTIONS: u32 = 16;
/// Of each person, before lists are measured: what a page has.
const NOTES: usize = 20;

const NOTE: &str =
    r#"{"title":"Shopping","body":"Milk, eggs, and a birthday card for someone who is away."}"#;

pub(crate) fn measure(world: &mut World) -> Result<Vec<Figure>> {
    let readers = people_with_notes(world)?;
    let writers = world.people(CONNECTIONS)?;
    let (service, bare) = (world.notes_port(), world.baseline.port());
    let list = compare(
        world,
        Load::new(service, listers(&readers, true))?,
        Load::new(bare, listers(&readers, false))?,
    )?;
    let create = compare(
        world,
        Load::new(service, creators(&writers, true))?,
        Load::new(bare, creators(&writers, false))?,
    )?;
    Ok(vec![
        figure("notes-list", "notes: list of 20", &list),
        figure("notes-create", "notes: create", &create),
    ])
}

/// Callers who list their notes at the notes API.
pub(crate) fn readers(world: &mut World) -> Result<Vec<Lister>> {
    Ok(listers(&people_with_notes(world)?, true))
}

fn people_with_notes(world: &mut World) -> Result<Vec<Session>> {
    let people = world.people(CONNECTIONS)?;
    Load::new(world.notes_port(), creators(&people, true))?.run_times(NOTES.try_into()?)?;
    Ok(people)
}

fn compare<C: Caller>(
    world: &World,
    mut service: Load<C>,
    mut bare: Load<C>,
) -> Result<Rounds<Served>> {
    Rounds::alternate(
        &world.effort,
        |lasts| Served::by(&world.stack.notes_apis[0], || service.run(lasts)),
        |lasts| Served::by(&world.baseline, || bare.run(lasts)),
    )
}

fn figure(id: &str, what: &str, rounds: &Rounds<Served>) -> Figure {
    Figure::new(id, what, rounds.ratio(Served::rate))
        .against("a bare handler with the same SQL")
        .at_least(0.85)
        .note(told(rounds, "answers/s", "the bare handler"))
        .plot(rates_plot(rounds, ["notes API", "bare handler"]))
}

/// A path of the notes API, or of the baseline, which has to be told whose notes.
fn target(person: &Session, is_service: bool) -> (String, Option<String>) {
    if is_service {
        ("/notes".to_owned(), Some(person.access_token.clone()))
    } else {
        (format!("/notes?owner={}", person.user_id), None)
    }
}

fn listers(people: &[Session], is_service: bool) -> Vec<Lister> {
    let lister = |person: &Session| {
        let (path, access_token) = target(person, is_service);
        Lister { path, access_token }
    };
    people.iter().map(lister).collect()
}

fn creators(people: &[Session], is_service: bool) -> Vec<Creator> {
    let creator = |person: &Session| {
        let (path, access_token) = target(person, is_service);
        Creator { path, access_token }
    };
    people.iter().map(creator).collect()
}

/// Lists one person's notes.
pub(crate) struct Lister {
    path: String,
    access_token: Option<String>,
}

impl Caller for Lister {
    fn ask(&mut self, request: &mut Vec<u8>) {
        get(request, &self.path, self.access_token.as_deref());
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(200)?;
        let notes = answer.times("a birthday card");
        ensure!(notes == NOTES, "{notes} notes are in the answer");
        Ok(())
    }
}

/// Writes one person's notes.
struct Creator {
    path: String,
    access_token: Option<String>,
}

impl Caller for Creator {
    fn ask(&mut self, request: &mut Vec<u8>) {
        post(
            request,
            &self.path,
            self.access_token.as_deref(),
            NOTE.as_bytes(),
        );
    }

    fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        answer.expect(201)
    }
}
