//! What every request has at hand.

use std::sync::Arc;

use service_runtime::{client_address::TrustedProxies, database::Database};

use crate::{
    keys::{keeper::Keys, life::KeyPolicy, master_key::MasterKeys, signing_key::RsaBits},
    revocations::publisher::PublishedRevocations,
    sessions::{outcomes::Outcomes, policy::SessionPolicy},
    throttle::Throttle,
    tokens::access_token::AccessTokenPolicy,
    users::passwords::Passwords,
};

/// The auth server, without its HTTP.
pub struct AuthState {
    /// Where people and sessions are kept.
    pub database: Database,
    /// What authenticates refresh tokens.
    pub master_keys: Arc<MasterKeys>,
    /// Size of new signing keys.
    pub rsa_bits: RsaBits,
    /// The intervals of a signing key's life.
    pub key_policy: KeyPolicy,
    /// What signs access tokens.
    pub keys: Arc<Keys>,
    /// What resource servers are told of ended sessions.
    pub revocations: Arc<PublishedRevocations>,
    /// What hashes passwords.
    pub passwords: Passwords,
    /// What counts guesses.
    pub throttle: Throttle,
    /// What goes into access tokens.
    pub access_token_policy: AccessTokenPolicy,
    /// How long sessions live.
    pub session_policy: SessionPolicy,
    /// How what people ask for turns out.
    pub outcomes: Outcomes,
    /// Whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
}
