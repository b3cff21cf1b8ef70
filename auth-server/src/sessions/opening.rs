//! Opening sessions: at a login and at a registration alike.

use diesel::PgConnection;
use uuid::Uuid;

use super::{
    ending::end_sessions,
    policy::SessionPolicy,
    store::{self, LiveSession, RevokeReason, Which},
};
use crate::{
    client::Client,
    events::{self, Actor, Event, EventKind},
    failure::Failure,
    tokens::{
        refresh_token::{RefreshToken, SessionHandle},
        scope::SessionScope,
    },
};

/// A session about to be opened.
pub(super) struct NewSession {
    pub(super) handle: SessionHandle,
    pub(super) policy: SessionPolicy,
    pub(super) scope: SessionScope,
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
                Actor::Client(&self.client),
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
            &self.scope,
            &self.client,
        )?;
        let event = Event::by(&self.client, kind)
            .of_user(user_id)
            .in_session(session.id);
        events::record(connection, &event)?;
        let beyond = store::beyond_the_newest(connection, user_id, self.policy.per_person)?;
        if !beyond.is_empty() {
            let (which, reason) = (Which::These(beyond), RevokeReason::Replaced);
            end_sessions(
                connection,
                user_id,
                which,
                reason,
                Actor::Client(&self.client),
            )?;
        }
        Ok(session)
    }
}
