//! Someone who calls with a verified access token.
//!
//! A resource server takes the token's word for it. The auth server has the sessions at hand, and
//! what it does for a caller it does only while the token's session is live.

use diesel::{PgConnection, QueryResult};
use shared_claims::AccessClaims;
use uuid::Uuid;

use super::store;
use crate::failure::Failure;

/// The person and the session that an access token names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The `sub` claim.
    pub user_id: Uuid,
    /// The `sid` claim.
    pub session_id: Uuid,
}

/// Why nothing is done for a caller.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// The session that the access token names has ended, or its person may not sign in.
    #[error("the session has ended")]
    SessionEnded,
    /// Nothing was decided.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Caller {
    /// Reads the ids from verified claims; `None` where they are not ids of this server's making.
    #[must_use]
    pub fn from_claims(claims: &AccessClaims) -> Option<Self> {
        Some(Self {
            user_id: Uuid::try_parse(&claims.sub).ok()?,
            session_id: Uuid::try_parse(&claims.sid).ok()?,
        })
    }

    /// Whether the session is live now.
    ///
    /// # Errors
    ///
    /// The statement's failure.
    pub fn is_signed_in(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        store::is_live(connection, self.session_id, self.user_id)
    }
}
