//! What happened to a person's account, for the person themselves.

use diesel::PgConnection;

use super::caller::{Caller, CallerError};
use crate::{
    events::{
        page::{Cursor, Page, PageSize},
        store as events,
    },
    failure::Failure,
    state::AuthState,
};

/// Lists the caller's events, the newest first.
///
/// # Errors
///
/// A [`CallerError`].
pub async fn list(
    state: &AuthState,
    caller: Caller,
    size: PageSize,
    start: Cursor,
) -> Result<Page, CallerError> {
    let list = move |connection: &mut PgConnection| {
        if !caller.is_signed_in(connection)? {
            return Ok(Err(CallerError::SessionEnded));
        }
        let page = events::list(connection, caller.user_id, size, start)?;
        Ok::<_, Failure>(Ok(page))
    };
    state.database.run(list).await?
}
