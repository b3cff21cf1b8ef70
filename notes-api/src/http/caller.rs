//! Reads who is calling, and that they may, from an access token.

use std::marker::PhantomData;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::Map};
use shared_claims::actix::{Authorized, Problem, RequiredScope};

use crate::notes::owner::Owner;

/// May read their notes.
#[derive(Debug)]
pub(super) struct NotesRead;

impl RequiredScope for NotesRead {
    const SCOPE: Option<&'static str> = Some("notes:read");
}

/// May change their notes.
#[derive(Debug)]
pub(super) struct NotesWrite;

impl RequiredScope for NotesWrite {
    const SCOPE: Option<&'static str> = Some("notes:write");
}

/// The person whose token permits `S`.
#[derive(Debug)]
pub(super) struct Caller<S> {
    /// Whose notes are theirs.
    pub(super) owner: Owner,
    scope: PhantomData<fn() -> S>,
}

impl<S: RequiredScope> FromRequest for Caller<S> {
    type Error = Problem;
    type Future = Map<
        <Authorized<S> as FromRequest>::Future,
        fn(Result<Authorized<S>, Problem>) -> Result<Self, Problem>,
    >;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Authorized::<S>::from_request(request, payload).map(|authorized| {
            Ok(Self {
                owner: Owner::parse(&authorized?.sub)?,
                scope: PhantomData,
            })
        })
    }
}
