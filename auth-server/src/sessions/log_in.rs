//! Logging in: a name and a password come in, a new session goes out.

use std::sync::Arc;

use diesel::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    ending::end_sessions,
    grant::{Grant, SignedIn, grant},
    policy::SessionPolicy,
    store::{self, LiveSession, RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    state::AuthState,
    throttle::{Reservation, Source, Throttled},
    tokens::{
        device_token::DeviceToken,
        refresh_token::{RefreshToken, SessionHandle},
    },
    users::{
        hashing_gate::Standing,
        identifier::Identifier,
        password::PresentedPassword,
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
    match &attempt.device {
        Some(device) => state.throttle.screen(Source::Device(device))?,
        None => admit_stranger(state, &attempt.client)?,
    }
    // On its own from here: a client that goes away leaves no guess without its event.
    tokio::spawn(decide(Arc::clone(state), attempt))
        .await
        .map_err(|_| Failure::Cancelled)?
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
        .authenticate(credentials, password, standing, &key_ring)
        .await;
    let authenticated = match compared {
        Ok(Some(authenticated)) => authenticated,
        Ok(None) => return refuse(&state, user_id, client).await,
        Err(failure) => {
            reservation.take_back(&state.database).await;
            return Err(failure.into());
        }
    };

    let new_session = NewSession {
        handle: SessionHandle::generate().map_err(Failure::from)?,
        policy: state.session_policy,
        client: client.clone(),
    };
    let handle = new_session.handle.clone();
    let password_changed_at = authenticated.credentials.password_changed_at;
    let grantor = Arc::clone(&state);
    let granted = state
        .database
        .run_then(
            move |connection| {
                let presented = presented.as_ref();
                admit(
                    connection,
                    &authenticated,
                    &reservation,
                    presented,
                    &new_session,
                )
            },
            move |admitted| {
                let Some((session, user)) = admitted else {
                    return Ok(None);
                };
                let signed_in = SignedIn::new(&grantor, user, password_changed_at)?;
                grant(&grantor, &key_ring, &session, handle, Some(signed_in)).map(Some)
            },
        )
        .await?;
    match granted {
        Some(grant) => Ok(grant),
        None => refuse(&state, user_id, client).await,
    }
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

/// A session about to be opened.
pub(super) struct NewSession {
    pub(super) handle: SessionHandle,
    pub(super) policy: SessionPolicy,
    pub(super) client: Client,
}

impl NewSession {
    /// Ends the session that the client had before, if it had one.
    pub(super) fn replace(
        &self,
        connection: &mut PgConnection,
        presented: Option<&RefreshToken>,
    ) -> Result<(), Failure> {
        let Some(presented) = presented else {
            return Ok(());
        };
        if let Some(found) = store::find(connection, &presented.handle)? {
            let (user_id, which) = (found.session.user_id, Which::One(found.session.id));
            end_sessions(
                connection,
                user_id,
                which,
                RevokeReason::Replaced,
                Some(&self.client),
            )?;
        }
        Ok(())
    }

    /// Adds the session and the event that tells of it. Whoever has too many loses the one that was not used
    /// for the longest time.
    pub(super) fn open(
        &self,
        connection: &mut PgConnection,
        user_id: Uuid,
        kind: EventKind,
    ) -> Result<LiveSession, Failure> {
        let session = store::insert(
            connection,
            user_id,
            &self.handle,
            &self.policy,
            &self.client,
        )?;
        let event = Event::by(&self.client, kind)
            .of_user(user_id)
            .in_session(session.id);
        events::record(connection, &event)?;
        let beyond = store::beyond_the_newest(connection, user_id, self.policy.per_person)?;
        if !beyond.is_empty() {
            let (which, reason) = (Which::These(beyond), RevokeReason::Replaced);
            end_sessions(connection, user_id, which, reason, Some(&self.client))?;
        }
        Ok(session)
    }
}

/// Opens the session, unless the person changed while the password was compared.
fn admit(
    connection: &mut PgConnection,
    authenticated: &Authenticated,
    reservation: &Reservation,
    presented: Option<&RefreshToken>,
    new_session: &NewSession,
) -> Result<Option<(LiveSession, User)>, Failure> {
    connection.transaction(|connection| {
        let Some(user) = users::lock_if_unchanged(connection, &authenticated.credentials)? else {
            return Ok(None);
        };
        reservation.was_right(connection)?;
        if let Some(hash) = &authenticated.upgraded_hash {
            users::upgrade_password_hash(connection, user.id, hash)?;
        }
        new_session.replace(connection, presented)?;
        let session = new_session.open(connection, user.id, EventKind::LoggedIn)?;
        Ok(Some((session, user)))
    })
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
