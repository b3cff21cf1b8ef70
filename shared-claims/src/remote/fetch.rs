//! One conditional GET of a document, bounded in time and size.

use reqwest::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use super::source::Source;
use crate::error::VerifyError;
use crate::key_set::JwksError;

/// Fetches one document of one issuer.
pub(super) struct Fetcher {
    client: Client,
    source: Source,
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
    /// 200 with a document that nobody has looked into yet.
    Changed {
        body: Vec<u8>,
        etag: Option<HeaderValue>,
    },
}

/// Why a fetch brought nothing. The last good document stays in use.
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
    /// Another media type than the document's.
    ///
    /// Likely cause: the page of a proxy or of a single-page application.
    #[error("the answer is of another media type")]
    ContentType,
    /// More than the size of the document is bounded to.
    #[error("the answer is too long")]
    TooLong,
    /// Not a JWKS.
    #[error("the answer is {0}")]
    Document(#[from] JwksError),
    /// A JWKS without a single key to verify access tokens with.
    #[error("the key set holds no usable key")]
    NoUsableKey,
    /// A document of the revocation feed that proves nothing. See [`VerifyError::code`].
    #[error("the document is refused: {}", .0.code())]
    Refused(#[from] VerifyError),
}

impl Fetcher {
    pub(super) fn new(source: &Source) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder()
            .connect_timeout(source.timeout)
            .timeout(source.timeout)
            // A redirect would move the trust to wherever it leads.
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("shared-claims/", env!("CARGO_PKG_VERSION")));
        if source.url().scheme() == "http" {
            // No certificate is ever looked at, so a machine without a certificate store will do.
            client = client.tls_certs_only([]);
        }
        Ok(Self {
            client: client.build()?,
            source: source.clone(),
        })
    }

    /// Asks for the document, unless it is still the one that the entity tag stands for.
    pub(super) async fn fetch(&self, etag: Option<&HeaderValue>) -> Result<Fetched, FetchError> {
        let mut request = self.client.get(self.source.url().clone());
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await?;
        let cache_control = text(response.headers(), &CACHE_CONTROL).map(str::to_owned);
        let document = match response.status() {
            StatusCode::OK => {
                if !self.is_expected(response.headers()) {
                    return Err(FetchError::ContentType);
                }
                let etag = response.headers().get(ETAG).cloned();
                let body = self.read(response).await?;
                Document::Changed { body, etag }
            }
            StatusCode::NOT_MODIFIED if etag.is_some() => Document::Unchanged,
            other => return Err(FetchError::Status(other.as_u16())),
        };
        Ok(Fetched {
            document,
            cache_control,
        })
    }

    fn is_expected(&self, headers: &HeaderMap) -> bool {
        text(headers, &CONTENT_TYPE).is_some_and(|value| {
            let media_type = value.split(';').next().unwrap_or_default().trim();
            let mut expected = self.source.media_types.iter();
            expected.any(|expected| media_type.eq_ignore_ascii_case(expected))
        })
    }

    /// The body, read no further than allowed, whatever length was announced.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > self.source.max_document_bytes {
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

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
