//! Where a document is, and within which bounds it is fetched.

use std::time::Duration;

use reqwest::Url;

/// A document that the issuer publishes, and the bounds within which it is fetched.
#[derive(Clone, Debug)]
pub(super) struct Source {
    url: Url,
    /// The media types of the document; the answer has to be of one of them.
    pub(super) media_types: &'static [&'static str],
    /// For a fetch, from the connection to the last byte.
    pub(super) timeout: Duration,
    pub(super) max_document_bytes: usize,
}

impl Source {
    pub(super) fn new(
        url: &str,
        media_types: &'static [&'static str],
        max_document_bytes: usize,
    ) -> Result<Self, InvalidUrl> {
        Ok(Self {
            url: parse_url(url)?,
            media_types,
            timeout: Duration::from_secs(2),
            max_document_bytes,
        })
    }

    pub(super) fn set_url(&mut self, url: &str) -> Result<(), InvalidUrl> {
        self.url = parse_url(url)?;
        Ok(())
    }

    /// The document of this name in the folder of the other one.
    pub(super) fn set_url_beside(&mut self, other: &Self, name: &str) -> Result<(), InvalidUrl> {
        self.url = other.url.join(name).map_err(|_| InvalidUrl)?;
        Ok(())
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

fn parse_url(text: &str) -> Result<Url, InvalidUrl> {
    let url = Url::parse(text).map_err(|_| InvalidUrl)?;
    let with_credentials = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || with_credentials {
        return Err(InvalidUrl);
    }
    Ok(url)
}

/// A text that is no URL to fetch a document from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https URL without user name and password")]
pub struct InvalidUrl;
