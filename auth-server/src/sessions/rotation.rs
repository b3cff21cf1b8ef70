//! The decision at the heart of a refresh: what a presented generation means for a session in a
//! given state at a given moment. Pure; the whole of it is in [`decide`].
//!
//! Two rules stand around one setting, the grace window:
//!
//! 1. for that long after a rotation, whoever presents generation *n−1* gets generation *n* again;
//! 2. for that long after its birth by rotation, generation *n* is not succeeded: presenting it
//!    answers with itself.
//!
//! So within the window an honest client, whatever it lost or repeated, is at most one generation
//! behind, and a family never has two heads. Anything older is theft.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::tokens::refresh_token::Generation;

/// A session as its row says, without what identifies it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionState {
    /// The current generation.
    pub generation: Generation,
    /// The birth of the current generation by rotation; `None` for the one from the login.
    pub rotated_at: Option<DateTime<Utc>>,
    /// When it ends for lack of use, and at the latest.
    pub expires_at: DateTime<Utc>,
    /// Whether it was ended before its time.
    pub revoked: bool,
}

/// What to do with a presented refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It is current, and may be succeeded.
    Rotate,
    /// Answer with the current generation, without a write.
    Repeat,
    /// It was succeeded longer ago than the grace window: two parties hold tokens of this session.
    Reuse,
    /// It is from the row's future: the database was restored from a backup.
    Ahead,
    /// The session was ended.
    Revoked,
    /// The session's time is over.
    Expired,
}

/// Decides what `presented` means at `now`, by the database's clock.
#[must_use]
pub fn decide(
    session: &SessionState,
    presented: Generation,
    now: DateTime<Utc>,
    window: Duration,
) -> Decision {
    if session.revoked {
        return Decision::Revoked;
    }
    if session.expires_at <= now {
        return Decision::Expired;
    }
    let window = TimeDelta::from_std(window).unwrap_or(TimeDelta::MAX);
    let newborn = session
        .rotated_at
        .is_some_and(|rotated_at| now - rotated_at < window);
    match session.generation - presented {
        ..0 => Decision::Ahead,
        0 | 1 if newborn => Decision::Repeat,
        0 => Decision::Rotate,
        1.. => Decision::Reuse,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn rotated(generation: Generation, seconds: i64) -> SessionState {
        SessionState {
            generation,
            rotated_at: Some(at(seconds)),
            expires_at: at(86_400),
            revoked: false,
        }
    }

    #[test]
    fn the_table() {
        use Decision::{Ahead, Expired, Repeat, Reuse, Revoked, Rotate};
        let fresh = SessionState {
            rotated_at: None,
            ..rotated(0, 0)
        };
        let revoked = SessionState {
            revoked: true,
            ..rotated(5, 0)
        };
        let expired = SessionState {
            expires_at: at(10),
            ..rotated(5, 0)
        };
        let cases = [
            ("a login's token rotates at once", &fresh, 0, 0, Rotate),
            (
                "the current token rotates after the window",
                &rotated(5, 0),
                5,
                30,
                Rotate,
            ),
            (
                "the current token repeats inside it",
                &rotated(5, 0),
                5,
                29,
                Repeat,
            ),
            (
                "its predecessor repeats inside it",
                &rotated(5, 0),
                4,
                29,
                Repeat,
            ),
            (
                "its predecessor is theft after it",
                &rotated(5, 0),
                4,
                30,
                Reuse,
            ),
            (
                "the one before is theft even inside it",
                &rotated(5, 0),
                3,
                1,
                Reuse,
            ),
            (
                "the login's token is theft in the end",
                &rotated(5, 0),
                0,
                1,
                Reuse,
            ),
            ("a restored database is behind", &rotated(5, 0), 6, 1, Ahead),
            (
                "a restored database is behind the login",
                &fresh,
                1,
                1,
                Ahead,
            ),
            ("nothing revives what was revoked", &revoked, 5, 1, Revoked),
            (
                "reuse of a revoked session is no news",
                &revoked,
                1,
                1,
                Revoked,
            ),
            (
                "time is over at the moment itself",
                &expired,
                5,
                10,
                Expired,
            ),
            ("reuse after the end is no news", &expired, 1, 11, Expired),
        ];
        for (name, session, presented, seconds, expected) in cases {
            assert_eq!(
                decide(session, presented, at(seconds), GRACE),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn without_a_window_only_the_current_token_is_good() {
        let session = rotated(5, 0);
        assert_eq!(decide(&session, 5, at(0), Duration::ZERO), Decision::Rotate);
        assert_eq!(decide(&session, 4, at(0), Duration::ZERO), Decision::Reuse);
    }

    proptest! {
        /// Whatever tokens of a session are presented, in whatever order and at whatever pace: one
        /// that was current less than a window ago is answered with the current generation, so that
        /// a lost reply, a slow tab or a storm of reloads logs no one out; any other is reuse.
        #[test]
        fn a_token_stays_good_for_one_window_after_it_was_current(
            steps in prop::collection::vec((0..40_i64, 0..4_i64), 1..100),
        ) {
            let mut session = SessionState { rotated_at: None, ..rotated(0, 0) };
            let mut superseded_at: Vec<i64> = Vec::new();
            let mut now = 0;
            for (pause, behind) in steps {
                now += pause;
                session.expires_at = at(now + 86_400);
                let presented = (session.generation - behind).max(0);
                let decision = decide(&session, presented, at(now), GRACE);
                let was_current_until = superseded_at.get(usize::try_from(presented).unwrap());
                match was_current_until {
                    None if decision == Decision::Rotate => {
                        superseded_at.push(now);
                        session.generation += 1;
                        session.rotated_at = Some(at(now));
                    }
                    None => prop_assert_eq!(decision, Decision::Repeat),
                    Some(until) if now - until < 30 => prop_assert_eq!(decision, Decision::Repeat),
                    Some(_) => prop_assert_eq!(decision, Decision::Reuse),
                }
            }
        }

        /// Whoever is two behind is caught, whatever the time.
        #[test]
        fn two_behind_is_never_served(generation in 2..1_000_i64, behind in 2..1_000_i64, seconds in 0..86_400_i64) {
            prop_assume!(behind <= generation);
            let decision = decide(&rotated(generation, 0), generation - behind, at(seconds), GRACE);
            prop_assert!(matches!(decision, Decision::Reuse | Decision::Expired));
        }

        /// A token is either current or its immediate predecessor when it is answered at all.
        #[test]
        fn nothing_from_the_future_is_served(generation in 0..1_000_i64, ahead in 1..1_000_i64, seconds in 0..86_399_i64) {
            prop_assert_eq!(
                decide(&rotated(generation, 0), generation + ahead, at(seconds), GRACE),
                Decision::Ahead
            );
        }
    }
}
