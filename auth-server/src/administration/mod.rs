//! What operators do, the same by the command line and by HTTP: look at people, sessions, events and keys, and
//! change them. Each change is one transaction and a security event.

mod address;
pub mod events;
pub mod keys;
pub mod page;
pub mod sessions;
mod store;
pub mod users;

use diesel::{Connection, PgConnection, QueryResult};
use service_runtime::database::DatabaseError;

use crate::{
    client::Client,
    events::Operator,
    failure::Failure,
    keys::{administration::AdministrationError as KeyError, key_ring::KeyRingError},
    sessions::caller::Caller,
    state::AuthState,
    users::{
        password::NewPasswordError,
        store::{self as people, EMAIL_TAKEN, USERNAME_TAKEN},
    },
};

/// Why an operator's wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has that id.
    #[error("there is no such person")]
    NoSuchUser,
    /// No session has that id.
    #[error("there is no such session")]
    NoSuchSession,
    /// Someone goes by that username.
    #[error("someone goes by this username")]
    UsernameTaken,
    /// Someone goes by that e-mail address.
    #[error("someone is registered with this e-mail address")]
    EmailTaken,
    /// The password for someone is too short, too long, or too easy to guess.
    #[error(transparent)]
    Password(#[from] NewPasswordError),
    /// An administrator would lock themselves out.
    #[error("nobody does this to their own account")]
    OwnAccount,
    /// The session in which an administrator calls has ended, or they administer no longer.
    #[error("the session has ended")]
    SessionEnded,
    /// The keys are not in a state for it.
    #[error(transparent)]
    Keys(KeyError),
    /// Nothing was decided.
    #[error(transparent)]
    Failure(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Database(error) => match error.violated_constraint() {
                Some(USERNAME_TAKEN) => Self::UsernameTaken,
                Some(EMAIL_TAKEN) => Self::EmailTaken,
                _ => Self::Failure(failure),
            },
            _ => Self::Failure(failure),
        }
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Failure::from(error).into()
    }
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Keys(KeyRingError::Database(error)) => error.into(),
            KeyError::Keys(error) => Self::Failure(error.into()),
            refusal => Self::Keys(refusal),
        }
    }
}

/// Someone who calls with an access token that administers.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Who, and in which session.
    pub caller: Caller,
    /// From where.
    pub client: Client,
}

impl Administrator {
    /// Does something for an administrator, in one transaction, if their session is live and they still
    /// administer.
    ///
    /// # Errors
    ///
    /// [`Refusal::SessionEnded`], and those of `work`; then nothing has changed.
    pub async fn act<T: Send + 'static>(
        self,
        state: &AuthState,
        work: impl FnOnce(&mut PgConnection, &Operator) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let act = move |connection: &mut PgConnection| {
            connection.transaction(|connection| {
                if !self.may_act(connection)? {
                    return Err(Refusal::SessionEnded);
                }
                work(connection, &self.operator())
            })
        };
        state.database.run(act).await
    }

    fn may_act(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        Ok(self.caller.is_signed_in(connection)?
            && people::is_administrator(connection, self.caller.user_id)?)
    }

    fn operator(&self) -> Operator {
        Operator::Administrator {
            user_id: self.caller.user_id,
            session_id: self.caller.session_id,
            client: self.client.clone(),
        }
    }
}
