//! Confirming a password: what cannot be undone asks for it once more, so that a stolen access
//! token is not enough.

use std::sync::Arc;

use diesel::PgConnection;

use super::caller::{Caller, CallerError};
use crate::{
    client::Client,
    events::{self, Event, EventKind},
    failure::Failure,
    keys::key_ring::KeyRing,
    state::AuthState,
    throttle::{Reservation, Source, Throttled},
    users::{
        hashing_gate::Standing,
        password::PresentedPassword,
        store::{self as users, Credentials, User},
    },
};

/// Why a caller is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// Someone guesses too often; the password was not compared.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The caller may not ask.
    #[error(transparent)]
    Caller(#[from] CallerError),
}

impl From<Failure> for ConfirmError {
    fn from(failure: Failure) -> Self {
        Self::Caller(failure.into())
    }
}

/// A caller whose password was right.
pub(super) struct Confirmed {
    pub(super) credentials: Credentials,
    pub(super) user: User,
}

/// Counts and compares the caller's password, and records a wrong one.
pub(super) async fn confirm(
    state: &Arc<AuthState>,
    caller: Caller,
    password: PresentedPassword,
    client: &Client,
    key_ring: &Arc<KeyRing>,
) -> Result<Confirmed, ConfirmError> {
    state.throttle.screen(Source::Session(caller.session_id))?;
    // On its own from here: a client that goes away leaves no guess without its event.
    let decided = decide(
        Arc::clone(state),
        caller,
        password,
        client.clone(),
        Arc::clone(key_ring),
    );
    tokio::spawn(decided)
        .await
        .map_err(|_| Failure::Cancelled)?
}

async fn decide(
    state: Arc<AuthState>,
    caller: Caller,
    password: PresentedPassword,
    client: Client,
    key_ring: Arc<KeyRing>,
) -> Result<Confirmed, ConfirmError> {
    let Guess {
        credentials,
        user,
        reservation,
    } = reserve(&state, caller, client.clone()).await??;
    let standing = Standing::Known(caller.user_id, client.network());
    let compared = state
        .passwords
        .authenticate(Some(credentials.clone()), password, standing, &key_ring)
        .await;
    match compared {
        Ok(Some(_)) => {
            let settle = move |connection: &mut PgConnection| {
                Ok::<_, Failure>(reservation.was_right(connection)?)
            };
            state.database.run(settle).await?;
            return Ok(Confirmed { credentials, user });
        }
        Ok(None) => (),
        Err(failure) => {
            reservation.take_back(&state.database).await;
            return Err(failure.into());
        }
    }
    let record = move |connection: &mut PgConnection| {
        let event = Event::by(&client, EventKind::PasswordRefused)
            .of_user(caller.user_id)
            .in_session(caller.session_id);
        Ok::<_, Failure>(events::record(connection, &event)?)
    };
    state.database.run(record).await?;
    Err(ConfirmError::WrongPassword)
}

/// A guess that has been counted and not yet compared.
struct Guess {
    credentials: Credentials,
    user: User,
    reservation: Reservation,
}

async fn reserve(
    state: &Arc<AuthState>,
    caller: Caller,
    client: Client,
) -> Result<Result<Guess, ConfirmError>, Failure> {
    let reserving = Arc::clone(state);
    let reserve = move |connection: &mut PgConnection| {
        if !caller.is_signed_in(connection)? {
            return Ok(Err(CallerError::SessionEnded.into()));
        }
        let credentials = users::credentials_by_id(connection, caller.user_id)?;
        let user = users::find(connection, caller.user_id)?;
        let Some((credentials, user)) = credentials.zip(user) else {
            return Ok(Err(CallerError::SessionEnded.into()));
        };
        let throttle = &reserving.throttle;
        let counters = throttle.confirmation(caller.session_id);
        let reserved = throttle.reserve(connection, counters, &client, Some(caller.user_id))?;
        Ok::<_, Failure>(match reserved {
            Ok(reservation) => Ok(Guess {
                credentials,
                user,
                reservation,
            }),
            Err(throttled) => Err(throttled.into()),
        })
    };
    state.database.run(reserve).await
}
