//! Reads who is calling from an access token.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::Map};
use shared_claims::actix::{Authorized, Problem};

use super::error::ended_session;
use crate::sessions::caller::Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Map<
        <Authorized as FromRequest>::Future,
        fn(Result<Authorized, Problem>) -> Result<Self, Problem>,
    >;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Authorized::from_request(request, payload).map(|authorized| {
            // A token that names no session of ours names one that has ended.
            Self::from_claims(authorized?.claims()).ok_or_else(ended_session)
        })
    }
}
