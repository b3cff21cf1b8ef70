//! Security events: what happened to accounts and sessions, written in the transaction in which it
//! happened.

use diesel::{PgConnection, QueryResult, RunQueryDsl, prelude::Insertable};
use ipnet::IpNet;
use uuid::Uuid;

use crate::{client::Client, schema::security_events};

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// Someone created an account.
    Registered,
    /// Someone logged in.
    LoggedIn,
    /// A login was refused.
    LoginFailed,
    /// A session was ended by its holder.
    LoggedOut,
    /// A session was ended by its owner from another device.
    SessionRevoked,
    /// A superseded refresh token was presented; its session was ended.
    RefreshReused,
    /// A refresh token was presented that the database has not issued yet: it was restored.
    RefreshAhead,
    /// The password was changed; all other sessions were ended.
    PasswordChanged,
    /// The current password was asked for and a wrong one was given.
    PasswordRefused,
    /// The account and its sessions were deleted.
    AccountDeleted,
}

impl EventKind {
    /// The stable name, as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::LoggedIn => "login",
            Self::LoginFailed => "login_failed",
            Self::LoggedOut => "logout",
            Self::SessionRevoked => "session_revoked",
            Self::RefreshReused => "refresh_reuse",
            Self::RefreshAhead => "refresh_ahead",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRefused => "password_refused",
            Self::AccountDeleted => "account_deleted",
        }
    }
}

/// One event, about to be recorded.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// To whom, if known.
    pub user_id: Option<Uuid>,
    /// In which session, if in one.
    pub session_id: Option<Uuid>,
    /// Who caused it.
    pub client: &'a Client,
}

/// Records an event, at the database's time.
///
/// # Errors
///
/// The statement's failure.
pub fn record(connection: &mut PgConnection, event: &Event<'_>) -> QueryResult<()> {
    diesel::insert_into(security_events::table)
        .values(NewEvent {
            id: Uuid::now_v7(),
            kind: event.kind.as_str(),
            user_id: event.user_id,
            session_id: event.session_id,
            ip: IpNet::from(event.client.address),
            user_agent: event.client.user_agent.as_deref(),
        })
        .execute(connection)?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = security_events)]
struct NewEvent<'a> {
    id: Uuid,
    kind: &'a str,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    ip: IpNet,
    user_agent: Option<&'a str>,
}
