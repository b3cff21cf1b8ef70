//! What the servers owe: every session as it has to be, kept beside the servers from the outside.
//!
//! The rule is written down here in other words than theirs. They compare generations; this remembers
//! when each token was superseded: *a token is answered with the current one if it is the current one, or
//! was until less than a window ago; whoever presents any other ends the session.*

use uuid::Uuid;

use crate::clock::Moment;
use crate::servers::{Origin, Said};

pub(crate) const MINUTE: Moment = 60;
pub(crate) const DAY: Moment = 86_400;
/// After that, no access token of a session can be good any more.
const LONG_OVER: Moment = 65 * MINUTE;
/// The default grace window.
pub(crate) const WINDOW: Moment = 30;
/// The default idle lifetime.
pub(crate) const IDLE: Moment = 7 * DAY;
/// The servers add to the window what a request has waited in them. Nothing is presented so soon after a
/// window that this could decide.
pub(crate) const LENIENCY: Moment = 5;

/// A refresh token, by what only the ledger knows of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Token {
    /// The session's place in the ledger.
    pub(crate) session: usize,
    pub(crate) generation: usize,
}

/// What presenting a token has to lead to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    Rotate,
    Repeat,
    Reuse,
    Revoked,
    Expired,
}

/// Why a session has ended before its time, as the database says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    Logout,
    Replaced,
    Reuse,
}

/// The end of a session, and who brought it about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct End {
    pub(crate) at: Moment,
    pub(crate) reason: Reason,
    pub(crate) by: Origin,
}

/// A session as it has to be.
pub(crate) struct Session {
    pub(crate) id: Uuid,
    /// The tokens of all generations, the current one last.
    tokens: Vec<String>,
    /// When each of them was born: the first by a login, the others by rotation.
    births: Vec<Moment>,
    pub(crate) idle_until: Moment,
    pub(crate) absolute_until: Moment,
    pub(crate) end: Option<End>,
    /// Where the login or the last rotation came from.
    pub(crate) origin: Origin,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Replaced => "replaced",
            Self::Reuse => "reuse",
        }
    }
}

impl Session {
    pub(crate) fn generation(&self) -> usize {
        self.tokens.len() - 1
    }

    pub(crate) fn created_at(&self) -> Moment {
        self.births[0]
    }

    pub(crate) fn rotated_at(&self) -> Option<Moment> {
        self.births[1..].last().copied()
    }

    /// Whether it has ended, in whatever way.
    pub(crate) fn is_over(&self, now: Moment) -> bool {
        self.end.is_some() || self.idle_until <= now
    }

    /// The first moment at which the current token may be succeeded.
    pub(crate) fn rotatable_from(&self) -> Moment {
        self.rotated_at().map_or(0, |birth| birth + WINDOW)
    }

    fn meaning(&self, generation: usize, now: Moment) -> Meaning {
        let superseded_at = self.births.get(generation + 1);
        if self.end.is_some() {
            Meaning::Revoked
        } else if self.idle_until <= now {
            Meaning::Expired
        } else if superseded_at.is_some_and(|moment| moment + WINDOW <= now) {
            Meaning::Reuse
        } else if superseded_at.is_none() && self.rotatable_from() <= now {
            Meaning::Rotate
        } else {
            Meaning::Repeat
        }
    }
}

/// All sessions there ever were.
pub(crate) struct Ledger {
    pub(crate) sessions: Vec<Session>,
    absolute: Moment,
}

impl Ledger {
    /// For servers whose sessions live this long at the most.
    pub(crate) fn new(absolute: Moment) -> Self {
        Self {
            sessions: Vec::new(),
            absolute,
        }
    }

    pub(crate) fn text(&self, token: Token) -> &str {
        &self.sessions[token.session].tokens[token.generation]
    }

    pub(crate) fn meaning(&self, token: Token, now: Moment) -> Meaning {
        self.sessions[token.session].meaning(token.generation, now)
    }

    /// Someone has logged in.
    pub(crate) fn open(&mut self, said: &Said, origin: &Origin, now: Moment) -> Token {
        let Said::Token { session, token } = said else {
            panic!("a login was answered with {said:?}");
        };
        let absolute_until = now + self.absolute;
        self.sessions.push(Session {
            id: *session,
            tokens: vec![token.clone()],
            births: vec![now],
            idle_until: absolute_until.min(now + IDLE),
            absolute_until,
            end: None,
            origin: origin.clone(),
        });
        Token {
            session: self.sessions.len() - 1,
            generation: 0,
        }
    }

    /// Someone has presented a token to be refreshed, and this was said. Gives back what it meant, and the
    /// token that came. Fails if anything else had to be said.
    pub(crate) fn refresh(
        &mut self,
        token: Token,
        said: &Said,
        origin: &Origin,
        now: Moment,
    ) -> (Meaning, Option<Token>) {
        let meaning = self.meaning(token, now);
        let session = &mut self.sessions[token.session];
        let context = || format!("{token:?} at {now} meant {meaning:?}, but {said:?}");
        match (meaning, said) {
            (
                Meaning::Rotate,
                Said::Token {
                    session: id,
                    token: successor,
                },
            ) => {
                assert_eq!(*id, session.id);
                assert!(!session.tokens.contains(successor), "{}", context());
                session.tokens.push(successor.clone());
                session.births.push(now);
                session.idle_until = session.absolute_until.min(now + IDLE);
                session.origin = origin.clone();
            }
            (
                Meaning::Repeat,
                Said::Token {
                    session: id,
                    token: current,
                },
            ) => {
                assert_eq!(*id, session.id);
                let is_current = session.tokens.last() == Some(current);
                assert!(is_current, "{}: another successor", context());
            }
            (Meaning::Reuse, Said::Refused(code)) if code == "refresh_token_reused" => {
                self.end(token.session, Reason::Reuse, origin, now);
                return (meaning, None);
            }
            (Meaning::Revoked, Said::Refused(code)) => {
                // Of many that present it at once, each may be told why it ended.
                let reused = session
                    .end
                    .as_ref()
                    .is_some_and(|end| end.reason == Reason::Reuse && end.at == now);
                let fits = code == "session_revoked" || (code == "refresh_token_reused" && reused);
                assert!(fits, "{}", context());
                return (meaning, None);
            }
            (Meaning::Expired, Said::Refused(code)) if code == "refresh_token_expired" => {
                return (meaning, None);
            }
            _ => panic!("{}", context()),
        }
        let generation = session.generation();
        let current = Token {
            generation,
            ..token
        };
        (meaning, Some(current))
    }

    /// Someone has logged out with this token. Gives back what it meant.
    pub(crate) fn log_out(&mut self, token: Token, origin: &Origin, now: Moment) -> Meaning {
        let meaning = self.meaning(token, now);
        match meaning {
            Meaning::Rotate | Meaning::Repeat => {
                self.end(token.session, Reason::Logout, origin, now);
            }
            Meaning::Reuse => self.end(token.session, Reason::Reuse, origin, now),
            Meaning::Revoked | Meaning::Expired => {}
        }
        meaning
    }

    /// Someone has logged in anew who had this token. A session that was over long before is left as it is.
    pub(crate) fn replace(&mut self, token: Token, origin: &Origin, now: Moment) {
        let session = &self.sessions[token.session];
        if session.end.is_none() && session.idle_until > now - LONG_OVER {
            self.end(token.session, Reason::Replaced, origin, now);
        }
    }

    /// How many sessions ended for this reason.
    pub(crate) fn ended(&self, reason: Reason) -> usize {
        let ends = self
            .sessions
            .iter()
            .filter_map(|session| session.end.as_ref());
        ends.filter(|end| end.reason == reason).count()
    }

    fn end(&mut self, session: usize, reason: Reason, by: &Origin, at: Moment) {
        let by = by.clone();
        self.sessions[session].end = Some(End { at, reason, by });
    }
}
