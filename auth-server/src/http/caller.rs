//! Reads who is calling from an access token.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use shared_claims::actix::{Authorized, Problem};

use super::error::ended_session;
use crate::sessions::caller::Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authorized = Authorized::from_request(request, payload);
        Box::pin(async move {
            let authorized: Authorized = authorized.await?;
            // A token that names no session of ours names one that has ended.
            Self::from_claims(authorized.claims()).ok_or_else(ended_session)
        })
    }
}
