//! Reads who is calling, and that they may, from an access token.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
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
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authorized = Authorized::<S>::from_request(request, payload);
        Box::pin(async move {
            let owner = Owner::parse(&authorized.await?.sub)?;
            Ok(Self {
                owner,
                scope: PhantomData,
            })
        })
    }
}
