//! `auth-server users …`

use diesel::PgConnection;
use uuid::Uuid;

use super::{Outcome, connect};
use crate::{
    config::UsersCommand,
    sessions::disabling,
    users::{identifier::Identifier, store as users},
};

/// Does what was asked for.
///
/// # Errors
///
/// Why it could not be done; then nothing has changed.
pub fn run(command: UsersCommand) -> Outcome {
    match command {
        UsersCommand::Disable {
            database,
            identifier,
        } => {
            let mut connection = connect(&database.url()?)?;
            let id = find(&mut connection, &identifier)?;
            Ok(if disabling::disable(&mut connection, id)? {
                format!(
                    "{identifier} is disabled and all their sessions have ended. Who follows the revocation feed refuses their access tokens within seconds."
                )
            } else {
                format!("{identifier} was disabled already.")
            })
        }
        UsersCommand::Enable {
            database,
            identifier,
        } => {
            let mut connection = connect(&database.url()?)?;
            let id = find(&mut connection, &identifier)?;
            Ok(if disabling::enable(&mut connection, id)? {
                format!("{identifier} may sign in again.")
            } else {
                format!("{identifier} was not disabled.")
            })
        }
    }
}

fn find(
    connection: &mut PgConnection,
    identifier: &str,
) -> Result<Uuid, Box<dyn std::error::Error>> {
    let nobody = || format!("nobody is registered as {identifier}");
    let identifier = Identifier::parse(identifier).ok_or_else(nobody)?;
    let credentials = users::credentials_of(connection, &identifier)?;
    Ok(credentials.ok_or_else(nobody)?.id)
}
