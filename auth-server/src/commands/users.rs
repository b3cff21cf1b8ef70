//! `auth-server users …`

mod export;
mod import;

use std::io::{self, BufRead, IsTerminal, Write};

use diesel::PgConnection;
use uuid::Uuid;

use super::{
    CommandError, Outcome,
    answer::{answer, instant, or_dash, table},
    connect, more, nobody,
    passwords::choose,
};
use crate::{
    administration::{
        Refusal,
        page::Cursor,
        users::{self, Changed, NewAccount, UserDetails, UserList, UserRecord, UserWithPassword},
    },
    config::{
        CreateUser, DeleteUser, DisableUser, ListUsers, OneUser, SetTemporaryPassword, UsersCommand,
    },
    events::Operator,
    users::store::NewUser,
};

const OPERATOR: Operator = Operator::CommandLine;

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed, unless only the answer could not be written.
pub fn run(command: UsersCommand, out: &mut impl Write) -> Outcome {
    match command {
        UsersCommand::List(command) => list(command, out),
        UsersCommand::Show(command) => show(command, out),
        UsersCommand::Create(command) => create(*command, out),
        UsersCommand::Disable(command) => disable(command, out),
        UsersCommand::Enable(command) => change(command, out, |connection, id| {
            let changed = users::enable(connection, &OPERATOR, id)?;
            Ok((changed, "may sign in again", "was not disabled"))
        }),
        UsersCommand::Delete(command) => delete(command, out),
        UsersCommand::SignOut(command) => sign_out(command, out),
        UsersCommand::SetTemporaryPassword(command) => set_temporary_password(*command, out),
        UsersCommand::GrantAdministrator(command) => change(command, out, |connection, id| {
            let changed = users::set_administrator(connection, &OPERATOR, id, true)?;
            Ok((changed, "may administer now", "administers already"))
        }),
        UsersCommand::RevokeAdministrator(command) => change(command, out, |connection, id| {
            let changed = users::set_administrator(connection, &OPERATOR, id, false)?;
            Ok((
                changed,
                "administers no longer, and their sessions that did have ended",
                "does not administer",
            ))
        }),
        UsersCommand::Import(settings) => import::run(*settings, out),
        UsersCommand::Export(settings) => export::run(*settings, out),
    }
}

fn list(command: ListUsers, out: &mut impl Write) -> Outcome {
    let ListUsers {
        settings,
        page,
        query,
    } = command;
    let mut connection = connect(settings.database)?;
    let start = page.cursor.unwrap_or(Cursor::START);
    let found = users::list(&mut connection, &query, page.limit, start)?;
    let listed = UserList::from(found);
    answer(out, settings.json, &listed, || {
        let rows: Vec<[String; 5]> = listed.users.iter().map(row).collect();
        let head = ["ID", "USERNAME", "E-MAIL", "REGISTERED", "STATE"];
        table(head, &rows) + &more(listed.next_cursor.as_deref())
    })
}

fn row(user: &UserRecord) -> [String; 5] {
    [
        user.id.to_string(),
        user.username.clone(),
        user.email.clone(),
        instant(user.created_at),
        state(user),
    ]
}

fn state(user: &UserRecord) -> String {
    let states = [
        (user.disabled_at.is_some(), "disabled"),
        (user.administrator, "administrator"),
        (user.password_expires_at.is_some(), "temporary password"),
    ];
    let holding: Vec<&str> = states
        .into_iter()
        .filter_map(|(holds, name)| holds.then_some(name))
        .collect();
    if holding.is_empty() {
        "-".to_owned()
    } else {
        holding.join(", ")
    }
}

fn show(command: OneUser, out: &mut impl Write) -> Outcome {
    let OneUser { settings, who } = command;
    let mut connection = connect(settings.database)?;
    let found = users::find(&mut connection, &who)
        .and_then(|id| users::show(&mut connection, id))
        .map_err(nobody(&who))?;
    answer(out, settings.json, &found, || describe(&found))
}

fn describe(found: &UserDetails) -> String {
    let user = &found.user;
    let rows = [
        ("id", user.id.to_string()),
        ("username", user.username.clone()),
        ("e-mail", user.email.clone()),
        ("full name", or_dash(user.full_name.as_deref())),
        ("registered", instant(user.created_at)),
        ("state", state(user)),
        ("disabled", instant(user.disabled_at)),
        ("because", or_dash(user.disabled_reason.as_deref())),
        ("password set", instant(user.password_changed_at)),
        ("temporary until", instant(user.password_expires_at)),
        ("live sessions", found.live_sessions.to_string()),
    ];
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("{name:<15}  {value}"))
        .collect();
    lines.join("\n")
}

/// Tells what became of someone, and their password, if it was made up.
fn describe_password(with: &UserWithPassword, what: &str) -> String {
    let mut lines = vec![format!("{} {what}.", with.user.username)];
    lines.extend(
        with.temporary_password
            .as_ref()
            .map(|password| format!("Temporary password: {password}")),
    );
    lines.extend(with.user.password_expires_at.map(|until| {
        let until = instant(until);
        format!("It has to be changed at the next login, before {until}.")
    }));
    lines.join("\n")
}

fn create(command: CreateUser, out: &mut impl Write) -> Outcome {
    let user = NewUser {
        username: command.username,
        email: command.email,
        full_name: command.full_name,
    };
    let mut connection = connect(command.settings.database)?;
    let chosen = choose(&mut connection, &command.password, &user.context())?;
    let account = NewAccount {
        user,
        password_hash: chosen.hash,
        is_temporary: chosen.made_up.is_some(),
        administrator: command.administrator,
    };
    let user = users::create(&mut connection, &OPERATOR, &account)?;
    let created = UserWithPassword::new(user, chosen.made_up.as_ref());
    answer(out, command.settings.json, &created, || {
        describe_password(&created, &format!("is registered as {}", created.user.id))
    })
}

fn set_temporary_password(command: SetTemporaryPassword, out: &mut impl Write) -> Outcome {
    let who = &command.who;
    let mut connection = connect(command.settings.database)?;
    let found = users::find(&mut connection, who)
        .and_then(|id| users::show(&mut connection, id))
        .map_err(nobody(who))?
        .user;
    let chosen = choose(&mut connection, &command.password, &found.context())?;
    let user = users::set_temporary_password(&mut connection, &OPERATOR, found.id, &chosen.hash)?;
    let set = UserWithPassword::new(user, chosen.made_up.as_ref());
    answer(out, command.settings.json, &set, || {
        describe_password(
            &set,
            "has a temporary password, and all their sessions have ended",
        )
    })
}

fn disable(command: DisableUser, out: &mut impl Write) -> Outcome {
    let DisableUser {
        settings,
        who,
        reason,
    } = command;
    change(OneUser { settings, who }, out, |connection, id| {
        let changed = users::disable(connection, &OPERATOR, id, reason.as_ref())?;
        let done = "is disabled and all their sessions have ended. Who follows the revocation feed refuses their access tokens within seconds";
        Ok((changed, done, "was disabled already"))
    })
}

/// Changes someone, and says what they are now: after a change, or without one.
fn change(
    command: OneUser,
    out: &mut impl Write,
    change: impl FnOnce(
        &mut PgConnection,
        Uuid,
    ) -> Result<(Changed, &'static str, &'static str), Refusal>,
) -> Outcome {
    let OneUser { settings, who } = command;
    let mut connection = connect(settings.database)?;
    let (Changed { user, changed }, done, as_before) = users::find(&mut connection, &who)
        .and_then(|id| change(&mut connection, id))
        .map_err(nobody(&who))?;
    answer(out, settings.json, &user, || {
        format!("{who} {}.", if changed { done } else { as_before })
    })
}

fn delete(command: DeleteUser, out: &mut impl Write) -> Outcome {
    let DeleteUser { settings, who, yes } = command;
    let mut connection = connect(settings.database)?;
    let id = users::find(&mut connection, &who).map_err(nobody(&who))?;
    if !yes {
        confirm(&who)?;
    }
    let deleted = users::delete(&mut connection, &OPERATOR, id).map_err(nobody(&who))?;
    answer(out, settings.json, &deleted, || {
        format!("{who} is deleted, and all their sessions have ended.")
    })
}

/// Asks whoever sits before a terminal.
fn confirm(who: &str) -> Outcome {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let refused = "deleting someone cannot be undone: say --yes";
        return Err(CommandError::Refused(refused.to_owned()));
    }
    write!(io::stderr(), "Delete {who}? This cannot be undone. [y/N] ")?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    if line.trim().eq_ignore_ascii_case("y") {
        return Ok(());
    }
    Err(CommandError::Refused("nobody was deleted".to_owned()))
}

fn sign_out(command: OneUser, out: &mut impl Write) -> Outcome {
    let OneUser { settings, who } = command;
    let mut connection = connect(settings.database)?;
    let signed_out = users::find(&mut connection, &who)
        .and_then(|id| users::sign_out(&mut connection, &OPERATOR, id))
        .map_err(nobody(&who))?;
    answer(out, settings.json, &signed_out, || {
        let number = signed_out.ended_sessions;
        format!("{who} is signed out. Sessions that ended: {number}.")
    })
}
