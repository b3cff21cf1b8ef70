//! Logging in: a name and a password come in, a new session goes out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::{Connection, PgConnection};
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    grant::{Grant, SignedIn, grant},
    opening::NewSession,
    outcomes::LogInOutcome,
    store::LiveSession,
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    keys::key_ring::KeyRing,
    state::AuthState,
    throttle::{Reservation, Source, Throttled},
    tokens::{
        device_token::DeviceToken,
        refresh_token::{RefreshToken, SessionHandle},
        scope::SessionScope,
    },
    users::{
        hashing_gate::Standing,
        identifier::Identifier,
        password::{NewPasswordError, PresentedPassword},
        passwords::Authenticated,
        store::{self as users, Credentials, User},
    },
};

/// Why someone is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// There is no such person, the password is wrong, or they may not sign in: which of these is
    /// not told.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The password is right and temporary, and none of their own came with it.
    #[error("the password is temporary")]
    PasswordChangeRequired,
    /// The password is right, and their own: it is not changed at a login.
    #[error("the password is not temporary")]
    PasswordNotTemporary,
    /// The password is right and temporary, and the one that is to replace it is not acceptable.
    #[error(transparent)]
    NewPassword(#[from] NewPasswordError),
    /// The password is right, and the person does not administer.
    #[error("the person is no administrator")]
    NotAdministrator,
    /// Someone guesses too often; the password was not compared.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// Nothing was decided.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// What someone logs in with.
pub struct Attempt {
    /// A username or an e-mail address, as typed.
    pub name: String,
    /// As typed.
    pub password: PresentedPassword,
    /// What is to replace a temporary password.
    pub new_password: Option<SecretString>,
    /// What the session's access tokens are to permit.
    pub scope: SessionScope,
    /// The refresh token that the client already had, if any: its session ends, so that a session
    /// planted in a browser does not outlive the login.
    pub presented: Option<RefreshToken>,
    /// What the client got at an earlier login.
    pub device: Option<DeviceToken>,
    /// Who calls.
    pub client: Client,
}

/// Logs someone in.
///
/// # Errors
///
/// A [`LogInError`].
pub async fn log_in(state: &Arc<AuthState>, attempt: Attempt) -> Result<Grant, LogInError> {
    screen(state, &attempt).inspect_err(|refused| state.outcomes.logins.count(refused.into()))?;
    // On its own from here: a client that goes away leaves no guess without its event.
    let state = Arc::clone(state);
    let decided = tokio::spawn(async move {
        let decided = decide(Arc::clone(&state), attempt).await;
        let outcome = match &decided {
            Ok(_) => LogInOutcome::Admitted,
            Err(error) => error.into(),
        };
        state.outcomes.logins.count(outcome);
        decided
    });
    decided.await.map_err(|_| Failure::Cancelled)?
}

fn screen(state: &AuthState, attempt: &Attempt) -> Result<(), LogInError> {
    match &attempt.device {
        Some(device) => Ok(state.throttle.screen(Source::Device(device))?),
        None => admit_stranger(state, &attempt.client),
    }
}

/// What holds for everyone who is not known, before any SQL.
fn admit_stranger(state: &AuthState, client: &Client) -> Result<(), LogInError> {
    state.throttle.screen(Source::Network(client))?;
    Ok(state.passwords.expect_room(Standing::Stranger)?)
}

async fn decide(state: Arc<AuthState>, attempt: Attempt) -> Result<Grant, LogInError> {
    let Attempt {
        name,
        password,
        new_password,
        scope,
        presented,
        device,
        client,
    } = attempt;
    let key_ring = state.keys.key_ring()?;
    let Guess {
        credentials,
        standing,
        reservation,
    } = reserve(&state, name, device, client.clone()).await??;
    let user_id = credentials.as_ref().map(|found| found.id);
    let compared = state
        .passwords
        .authenticate(credentials, password.clone(), standing, &key_ring)
        .await;
    let authenticated = match compared {
        Ok(Some(authenticated)) => authenticated,
        Ok(None) => return refuse(&state, user_id, client).await,
        Err(failure) => {
            reservation.take_back(&state.database).await;
            return Err(failure.into());
        }
    };
    let own_hash = match new_password {
        None => None,
        Some(new) => {
            let credentials = &authenticated.credentials;
            let replaced = replace(&state, credentials, password, new, standing, &key_ring).await;
            match replaced {
                Ok(hash) => Some(hash),
                Err(LogInError::Failure(failure)) => {
                    reservation.take_back(&state.database).await;
                    return Err(failure.into());
                }
                Err(error) => {
                    settle(&state, reservation, user_id, client, &error).await?;
                    return Err(error);
                }
            }
        }
    };
    let new_session = NewSession {
        handle: SessionHandle::generate().map_err(Failure::from)?,
        policy: state.session_policy,
        scope,
        client,
    };
    let handle = new_session.handle.clone();
    let grantor = Arc::clone(&state);
    let admission = Admission {
        authenticated,
        own_hash,
        presented,
        new_session,
    };
    state
        .database
        .run_then(
            move |connection| {
                connection.transaction(|connection| {
                    reservation.was_right(connection)?;
                    admission.decide(connection)
                })
            },
            move |admitted| {
                let Admitted {
                    session,
                    user,
                    password_changed_at,
                } = match admitted {
                    Ok(admitted) => admitted,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let signed_in = SignedIn::new(&grantor, user, password_changed_at)?;
                grant(&grantor, &key_ring, &session, handle, Some(signed_in)).map(Ok)
            },
        )
        .await?
}

/// Hashes the password that someone chose in place of their temporary one.
async fn replace(
    state: &AuthState,
    credentials: &Credentials,
    temporary: PresentedPassword,
    new: SecretString,
    standing: Standing,
    key_ring: &Arc<KeyRing>,
) -> Result<String, LogInError> {
    if credentials.temporary.is_none() {
        return Err(LogInError::PasswordNotTemporary);
    }
    let user_id = credentials.id;
    let find =
        move |connection: &mut PgConnection| Ok::<_, Failure>(users::find(connection, user_id)?);
    let user = state.database.run(find).await?;
    let mut context = user.ok_or(LogInError::InvalidCredentials)?.context();
    context.extend(temporary.expose().map(str::to_owned));
    let accepted = state.passwords.accept(new, context, standing, key_ring);
    Ok(accepted.await??)
}

/// A guess was right, and is as good as a refused one to whoever has to know that somebody knows the password.
async fn settle(
    state: &AuthState,
    reservation: Reservation,
    user_id: Option<Uuid>,
    client: Client,
    error: &LogInError,
) -> Result<(), Failure> {
    let kind = match error {
        LogInError::NewPassword(_) => EventKind::PasswordChangeRequired,
        _ => EventKind::LoginFailed,
    };
    let settle = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            reservation.was_right(connection)?;
            let event = Event::by(&client, kind).of_user(user_id);
            Ok::<_, Failure>(events::record(connection, &event)?)
        })
    };
    state.database.run(settle).await
}

/// A guess that has been counted and not yet compared.
struct Guess {
    /// None where nobody goes by that name.
    credentials: Option<Credentials>,
    standing: Standing,
    reservation: Reservation,
}

/// Looks for the person, and counts the guess: the same whether there is one or not.
async fn reserve(
    state: &Arc<AuthState>,
    name: String,
    device: Option<DeviceToken>,
    client: Client,
) -> Result<Result<Guess, LogInError>, Failure> {
    let reserving = Arc::clone(state);
    let reserve = move |connection: &mut PgConnection| {
        let identifier = Identifier::parse(&name);
        let credentials = match &identifier {
            Some(identifier) => users::credentials_of(connection, identifier)?,
            None => None,
        };
        let has_device = device.is_some();
        let known_device = device
            .zip(credentials.as_ref())
            .and_then(|(device, found)| {
                let is_theirs = device.is_of(found.id, found.password_changed_at);
                is_theirs.then_some(device)
            });
        // Somebody else's device, which has let its holder this far, is a stranger's here.
        if has_device
            && known_device.is_none()
            && let Err(refused) = admit_stranger(&reserving, &client)
        {
            return Ok(Err(refused));
        }
        let name = identifier
            .as_ref()
            .map_or(name.as_str(), Identifier::as_str);
        let throttle = &reserving.throttle;
        let counters = throttle.log_in(&client, name, known_device.as_ref());
        let user_id = credentials.as_ref().map(|found| found.id);
        let reserved = throttle.reserve(connection, counters, &client, user_id)?;
        let standing = match (known_device, user_id) {
            (Some(_), Some(user_id)) => Standing::Known(user_id, client.network()),
            _ => Standing::Stranger,
        };
        let guess = reserved.map(|reservation| Guess {
            credentials,
            standing,
            reservation,
        });
        Ok::<_, Failure>(guess.map_err(LogInError::from))
    };
    state.database.run(reserve).await
}

/// Someone whose password was right, before it is known whether they may have the session that they ask for.
struct Admission {
    authenticated: Authenticated,
    /// Of the password that replaces a temporary one.
    own_hash: Option<String>,
    presented: Option<RefreshToken>,
    new_session: NewSession,
}

/// A session that was opened.
struct Admitted {
    session: LiveSession,
    user: User,
    password_changed_at: DateTime<Utc>,
}

impl Admission {
    /// Opens the session. A refusal is an `Ok` here, so that what it wrote is committed.
    fn decide(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Result<Admitted, LogInError>, Failure> {
        let (client, credentials) = (&self.new_session.client, &self.authenticated.credentials);
        let record = |connection: &mut PgConnection, kind| {
            let event = Event::by(client, kind).of_user(credentials.id);
            events::record(connection, &event)
        };
        let Some(user) = users::lock_if_unchanged(connection, credentials)? else {
            record(connection, EventKind::LoginFailed)?;
            return Ok(Err(LogInError::InvalidCredentials));
        };
        if credentials.temporary.is_some() && self.own_hash.is_none() {
            record(connection, EventKind::PasswordChangeRequired)?;
            return Ok(Err(LogInError::PasswordChangeRequired));
        }
        if self.new_session.scope.is_administration()
            && !users::is_administrator(connection, user.id)?
        {
            record(connection, EventKind::AdministrationRefused)?;
            return Ok(Err(LogInError::NotAdministrator));
        }
        let mut password_changed_at = credentials.password_changed_at;
        if let Some(hash) = &self.own_hash {
            password_changed_at = users::set_password_hash(connection, user.id, hash)?;
            record(connection, EventKind::PasswordChanged)?;
        } else if let Some(hash) = &self.authenticated.upgraded_hash {
            users::upgrade_password_hash(connection, user.id, hash)?;
        }
        let new_session = &self.new_session;
        new_session.replace(connection, self.presented.as_ref())?;
        let session = new_session.open(connection, user.id, EventKind::LoggedIn)?;
        Ok(Ok(Admitted {
            session,
            user,
            password_changed_at,
        }))
    }
}

async fn refuse(
    state: &AuthState,
    user_id: Option<Uuid>,
    client: Client,
) -> Result<Grant, LogInError> {
    let record = move |connection: &mut PgConnection| {
        let event = Event::by(&client, EventKind::LoginFailed).of_user(user_id);
        Ok::<_, Failure>(events::record(connection, &event)?)
    };
    state.database.run(record).await?;
    Err(LogInError::InvalidCredentials)
}
