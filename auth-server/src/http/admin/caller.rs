//! Reads which administrator is calling from an access token.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::{FutureExt, future::LocalBoxFuture};
use shared_claims::actix::{Authorized, RequiredScope};

use crate::{
    administration::Administrator, client::Client, http::error::ended_session,
    sessions::caller::Caller, tokens::scope::ADMIN_SCOPE,
};

/// What the token has to permit.
struct Administration;

impl RequiredScope for Administration {
    const SCOPE: Option<&'static str> = Some(ADMIN_SCOPE);
    /// Else a hole in a page of an allowed origin would administer, by whoever administers and looks at it.
    const BY_COOKIE: bool = false;
}

impl FromRequest for Administrator {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authorized = Authorized::<Administration>::from_request(request, payload);
        let client = Client::from_request(request, payload);
        async move {
            let claims = authorized.await?;
            let caller = Caller::from_claims(claims.claims()).ok_or_else(ended_session)?;
            let client = client.await?;
            Ok(Self { caller, client })
        }
        .boxed_local()
    }
}
