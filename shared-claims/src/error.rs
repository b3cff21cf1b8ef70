//! Why an access token, or a document of the revocation feed, was refused.

/// Why an access token was refused. A document of the revocation feed is refused for the same
/// reasons; the texts are about tokens, so there [`VerifyError::code`] is what to show.
///
/// Nothing of the token is in here, so that an error can be logged and answered as it is. The
/// texts keep to the characters that an `error_description` may hold (RFC 6750 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES); it was not looked at.
    ///
    /// Likely cause: not a Latchkey token, or an attempt to make the service work for nothing.
    #[error("the token is too long")]
    TokenTooLong,

    /// The token is not a JWS in compact form: three non-empty parts of unpadded base64url, the
    /// first of them a JSON object without repeated members (RFC 7515 §3.1, §4).
    ///
    /// Likely cause: a cut or quoted token, an opaque or encrypted token of another system.
    #[error("the token is malformed")]
    Malformed,

    /// `alg` is not `RS256`.
    ///
    /// Likely cause: a token of another issuer, or an attempt at algorithm confusion
    /// (RFC 8725 §2.1).
    #[error("the token is not signed with RS256")]
    UnsupportedAlgorithm,

    /// `typ` is not `at+jwt` (RFC 9068 §2.1), or [`FEED_TYPE`](crate::FEED_TYPE) where a document
    /// of the revocation feed is expected.
    ///
    /// Likely cause: an ID token or some other JWT of the issuer sent in place of the access
    /// token.
    #[error("the token is not an access token")]
    WrongType,

    /// The header asks for an extension (`crit`, RFC 7515 §4.1.11, or `b64`, RFC 7797).
    ///
    /// Likely cause: a token whose meaning this crate would get wrong.
    #[error("the token demands an extension that is not supported")]
    CriticalHeader,

    /// The header names no key (`kid`).
    ///
    /// Likely cause: a token of another issuer.
    #[error("the token names no key")]
    MissingKeyId,

    /// No key of the current set has the token's `kid`.
    ///
    /// Likely cause: a token of another issuer or deployment, a key that was retired or revoked,
    /// or a key so new that this service has not fetched it yet.
    #[error("the token is signed with an unknown key")]
    UnknownKey,

    /// The key was revoked in an emergency, so nothing that it signed is believed.
    ///
    /// Likely cause: the key was stolen. An honest client gets a token of another key by refreshing.
    #[error("the token is signed with a revoked key")]
    KeyRevoked,

    /// The signature is not the named key's.
    ///
    /// Likely cause: a token that was changed or made up.
    #[error("the signature of the token is invalid")]
    BadSignature,

    /// A required claim is missing, or a claim has the wrong type, is empty, or appears twice.
    ///
    /// Likely cause: an issuer that does not follow RFC 9068, or a version of it that this crate
    /// does not know.
    #[error("the claims of the token are missing or mistyped")]
    InvalidClaims,

    /// `exp` has passed, leeway included.
    ///
    /// Likely cause: the client did not refresh in time.
    #[error("the token has expired")]
    Expired,

    /// `nbf` has not come yet, leeway included.
    ///
    /// Likely cause: clocks that differ by more than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,

    /// `iat` lies in the future, leeway included.
    ///
    /// Likely cause: clocks that differ by more than the leeway.
    #[error("the token was issued in the future")]
    IssuedInFuture,

    /// The token lives longer than the policy allows (`exp` − `iat`).
    ///
    /// Likely cause: the issuer's access token lifetime was raised past
    /// [`Policy::with_max_lifetime`](crate::Policy::with_max_lifetime).
    #[error("the lifetime of the token is too long")]
    LifetimeTooLong,

    /// `iss` is not the expected issuer.
    ///
    /// Likely cause: a token of another deployment, or an issuer setting that differs between the
    /// services, be it by a trailing slash.
    #[error("the token is from another issuer")]
    WrongIssuer,

    /// `aud` does not name this service.
    ///
    /// Likely cause: a token meant for another service.
    #[error("the token is for another audience")]
    WrongAudience,

    /// The session that the token belongs to was ended: by a log-out, a changed password, a reused
    /// refresh token, or because the person was disabled or deleted.
    ///
    /// Likely cause: a client that was logged out from elsewhere. It has to sign in again.
    #[error("the session has ended")]
    SessionRevoked,

    /// There is no key to verify with, so nothing can be said about the token.
    ///
    /// Likely cause: the service has just started, or has not reached the auth server for a day.
    /// Answer 503, not 401: the client's token may well be good.
    #[error("the keys to verify tokens are unavailable")]
    KeysUnavailable,
}

impl VerifyError {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::TokenTooLong,
        Self::Malformed,
        Self::UnsupportedAlgorithm,
        Self::WrongType,
        Self::CriticalHeader,
        Self::MissingKeyId,
        Self::UnknownKey,
        Self::KeyRevoked,
        Self::BadSignature,
        Self::InvalidClaims,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::LifetimeTooLong,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::SessionRevoked,
        Self::KeysUnavailable,
    ];

    /// The stable name of this error, for logs, metrics and `examples/verify`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TokenTooLong => "token_too_long",
            Self::Malformed => "malformed",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::WrongType => "wrong_type",
            Self::CriticalHeader => "critical_header",
            Self::MissingKeyId => "missing_key_id",
            Self::UnknownKey => "unknown_key",
            Self::KeyRevoked => "key_revoked",
            Self::BadSignature => "bad_signature",
            Self::InvalidClaims => "invalid_claims",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::LifetimeTooLong => "lifetime_too_long",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::SessionRevoked => "session_revoked",
            Self::KeysUnavailable => "keys_unavailable",
        }
    }
}
