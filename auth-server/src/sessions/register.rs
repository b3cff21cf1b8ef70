//! Registering: a new person, logged in at once.

use std::sync::Arc;

use diesel::{Connection, PgConnection};
use secrecy::SecretString;
use service_runtime::database::DatabaseError;

use super::{
    grant::{Grant, SignedIn, grant},
    opening::NewSession,
    outcomes::{RegisterOutcome, Undecided},
};
use crate::{
    client::Client,
    events::EventKind,
    failure::Failure,
    keys::key_ring::KeyRing,
    state::AuthState,
    throttle::{Reservation, Source, Throttled},
    tokens::{
        refresh_token::{RefreshToken, SessionHandle},
        scope::SessionScope,
    },
    users::{
        hashing_gate::Standing,
        password::NewPasswordError,
        store::{self as users, EMAIL_TAKEN, NewUser, USERNAME_TAKEN},
    },
};

/// Characters of a username, an address or a name at the most: none is longer where it is right, and the time
/// of the estimate grows with what it looks for.
pub const LONGEST_FIELD: usize = 254;

/// Why someone is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The password is too short, too long, or too easy to guess.
    #[error(transparent)]
    Password(#[from] NewPasswordError),
    /// Someone goes by that username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Someone goes by that e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Someone registers too often.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// Nothing was decided.
    #[error(transparent)]
    Failure(Failure),
}

impl From<Failure> for RegisterError {
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

impl From<DatabaseError> for RegisterError {
    fn from(error: DatabaseError) -> Self {
        Failure::from(error).into()
    }
}

/// Registers someone and opens their first session; the one that the client had before ends.
///
/// # Errors
///
/// A [`RegisterError`].
pub async fn register(
    state: &Arc<AuthState>,
    user: NewUser,
    password: SecretString,
    presented: Option<RefreshToken>,
    client: Client,
) -> Result<Grant, RegisterError> {
    let count = |error: &RegisterError| state.outcomes.registrations.count(error.into());
    let key_ring = admit(state, &client).inspect_err(count)?;
    let reservation = reserve(state, client.clone()).await?;
    let accepted = state
        .passwords
        .accept(password, user.context(), Standing::Stranger, &key_ring)
        .await
        .map_err(RegisterError::from)
        .and_then(|accepted| Ok(accepted?));
    let password_hash = match accepted.inspect_err(count) {
        Ok(hash) => hash,
        // Nothing was tried: they may choose another password as often as they like.
        Err(error) => {
            reservation.take_back(&state.database).await;
            return Err(error);
        }
    };
    let account = NewAccount {
        user,
        password_hash,
        presented,
        client,
    };
    open(state, account, key_ring).await
}

/// What holds before any SQL.
fn admit(state: &AuthState, client: &Client) -> Result<Arc<KeyRing>, RegisterError> {
    let key_ring = state.keys.key_ring()?;
    state.throttle.screen(Source::Network(client))?;
    state.passwords.expect_room(Standing::Stranger)?;
    Ok(key_ring)
}

/// Counts the try. A registration that ends here is counted on the same thread.
async fn reserve(state: &Arc<AuthState>, client: Client) -> Result<Reservation, RegisterError> {
    let undecided = Undecided::new(&state.outcomes.registrations, RegisterOutcome::Failed);
    let reserving = Arc::clone(state);
    state
        .database
        .run_then(
            move |connection| reserve_with(&reserving, connection, &client),
            move |reserved| {
                match &reserved {
                    Ok(_) => undecided.pass(),
                    Err(_) => undecided.decide(RegisterOutcome::Throttled),
                }
                Ok::<_, Failure>(reserved)
            },
        )
        .await?
        .map_err(RegisterError::from)
}

/// Someone whose password is acceptable.
struct NewAccount {
    user: NewUser,
    password_hash: String,
    presented: Option<RefreshToken>,
    client: Client,
}

async fn open(
    state: &Arc<AuthState>,
    account: NewAccount,
    key_ring: Arc<KeyRing>,
) -> Result<Grant, RegisterError> {
    let undecided = Undecided::new(&state.outcomes.registrations, RegisterOutcome::Failed);
    let NewAccount {
        user,
        password_hash,
        presented,
        client,
    } = account;
    let new_session = NewSession {
        handle: SessionHandle::generate().map_err(Failure::from)?,
        policy: state.session_policy,
        scope: SessionScope::USUAL,
        client,
    };
    let handle = new_session.handle.clone();
    let grantor = Arc::clone(state);
    state
        .database
        .run_then(
            move |connection| {
                let opened = connection.transaction(|connection| {
                    let (user, password_set_at) = users::insert(connection, &user, &password_hash)?;
                    new_session.replace(connection, presented.as_ref())?;
                    let session = new_session.open(connection, user.id, EventKind::Registered)?;
                    Ok::<_, Failure>((session, user, password_set_at))
                });
                let opened = opened.map_err(RegisterError::from);
                undecided.decide(match &opened {
                    Ok(_) => RegisterOutcome::Registered,
                    Err(error) => error.into(),
                });
                opened
            },
            move |(session, user, password_set_at)| {
                let signed_in = SignedIn::new(&grantor, user, password_set_at)?;
                Ok(grant(
                    &grantor,
                    &key_ring,
                    &session,
                    handle,
                    Some(signed_in),
                )?)
            },
        )
        .await
}

/// Says what is wrong with the password of someone who cannot be registered for other reasons, if anything
/// is.
///
/// # Errors
///
/// [`RegisterError::Throttled`], [`RegisterError::Failure`].
pub async fn review_password(
    state: &AuthState,
    password: SecretString,
    context: Vec<String>,
    client: &Client,
) -> Result<Option<NewPasswordError>, RegisterError> {
    state.throttle.screen(Source::Network(client))?;
    let shorten = |text: String| text.chars().take(LONGEST_FIELD).collect();
    let context = context.into_iter().map(shorten).collect();
    let review = state
        .passwords
        .review(password, context, Standing::Stranger);
    Ok(review.await?)
}

/// Says what would be wrong with a password that someone is thinking of, if anything would be. Looks at no
/// account and counts no try.
///
/// # Errors
///
/// [`RegisterError::Throttled`], [`RegisterError::Failure`].
pub async fn advise(
    state: &AuthState,
    password: SecretString,
    context: Vec<String>,
    client: &Client,
) -> Result<Option<NewPasswordError>, RegisterError> {
    state.throttle.screen(Source::Advice(client))?;
    let review = state.passwords.review(password, context, Standing::Asking);
    Ok(review.await?)
}

/// Counts a try to take a name. One that finds it taken stays counted: it told who has an account.
pub(super) async fn reserve_name(
    state: &Arc<AuthState>,
    client: Client,
) -> Result<Result<Reservation, Throttled>, Failure> {
    let reserving = Arc::clone(state);
    let reserve =
        move |connection: &mut PgConnection| reserve_with(&reserving, connection, &client);
    state.database.run(reserve).await
}

fn reserve_with(
    state: &AuthState,
    connection: &mut PgConnection,
    client: &Client,
) -> Result<Result<Reservation, Throttled>, Failure> {
    let throttle = &state.throttle;
    let counters = throttle.registration(client);
    Ok(throttle.reserve(connection, counters, client, None)?)
}
