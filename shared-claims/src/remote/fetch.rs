//! One conditional GET of the key set, bounded in time and size.

use reqwest::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::config::RemoteConfig;
use crate::key_set::{JwksError, KeySet};

/// Fetches the key set of one issuer.
pub(super) struct Fetcher {
    client: Client,
    url: Url,
    max_document_bytes: usize,
}

/// What the issuer answered.
pub(super) struct Fetched {
    pub(super) document: Document,
    /// The `Cache-Control` header, if there is a readable one.
    pub(super) cache_control: Option<String>,
}

pub(super) enum Document {
    /// 304: what the entity tag stands for is still the newest.
    Unchanged,
    /// 200 with at least one usable key.
    Changed {
        keys: KeySet,
        etag: Option<HeaderValue>,
    },
}

/// Why a fetch brought no keys. The last good ones stay in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The connection could not be made, or broke.
    #[error("the issuer cannot be reached: {0}")]
    Unreachable(String),
    /// The answer was not complete in time.
    #[error("the issuer did not answer in time")]
    TimedOut,
    /// A status other than 200, or than 304 to a conditional request. Redirects are among them.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// Neither `application/json` nor `application/jwk-set+json`.
    ///
    /// Likely cause: the page of a proxy or of a single-page application.
    #[error("the answer is not JSON")]
    ContentType,
    /// More than [`RemoteConfig::with_max_document_bytes`] allows.
    #[error("the answer is too long")]
    TooLong,
    /// Not a JWKS.
    #[error("the answer is {0}")]
    Document(#[from] JwksError),
    /// A JWKS without a single key to verify access tokens with.
    #[error("the key set holds no usable key")]
    NoUsableKey,
}

impl Fetcher {
    pub(super) fn new(config: &RemoteConfig) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder()
            .connect_timeout(config.timeout)
            .timeout(config.timeout)
            // A redirect would move the trust to wherever it leads.
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("shared-claims/", env!("CARGO_PKG_VERSION")));
        if config.url.scheme() == "http" {
            // No certificate is ever looked at, so a machine without a certificate store will do.
            client = client.tls_certs_only([]);
        }
        Ok(Self {
            client: client.build()?,
            url: config.url.clone(),
            max_document_bytes: config.max_document_bytes,
        })
    }

    /// Asks for the key set, unless it is still the one that the entity tag stands for.
    pub(super) async fn fetch(&self, etag: Option<&HeaderValue>) -> Result<Fetched, FetchError> {
        let mut request = self.client.get(self.url.clone());
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await?;
        let cache_control = text(response.headers(), &CACHE_CONTROL).map(str::to_owned);
        let document = match response.status() {
            StatusCode::OK => {
                if !is_json(response.headers()) {
                    return Err(FetchError::ContentType);
                }
                let etag = response.headers().get(ETAG).cloned();
                let keys = KeySet::from_jwks(&self.read(response).await?)?;
                if keys.is_empty() {
                    return Err(FetchError::NoUsableKey);
                }
                Document::Changed { keys, etag }
            }
            StatusCode::NOT_MODIFIED if etag.is_some() => Document::Unchanged,
            other => return Err(FetchError::Status(other.as_u16())),
        };
        Ok(Fetched {
            document,
            cache_control,
        })
    }

    /// The body, read no further than allowed, whatever length was announced.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > self.max_document_bytes {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Unreachable(cause.to_string())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_TYPE).is_some_and(|value| {
        let media_type = value.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
            || media_type.eq_ignore_ascii_case("application/jwk-set+json")
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
