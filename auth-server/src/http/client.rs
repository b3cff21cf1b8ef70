//! Reads who is calling from a request.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};

use crate::{client::Client, state::AuthState};

impl FromRequest for Client {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let address = request
            .app_data::<web::Data<AuthState>>()
            .map_or(peer, |state| {
                Arc::as_ref(state)
                    .trusted_proxies
                    .client_address(peer, request.headers())
            });
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        ready(Ok(Self::new(address, user_agent.as_deref())))
    }
}
