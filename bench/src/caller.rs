//! Who calls: what they ask, and what they take for an answer.

use anyhow::{Context, Result, bail};

/// One side of a conversation over a connection.
pub(crate) trait Caller: Send + 'static {
    /// Writes the next request, head and body.
    fn ask(&mut self, request: &mut Vec<u8>);

    /// Looks at its answer. An error fails the run.
    fn check(&mut self, answer: &Answer<'_>) -> Result<()>;
}

/// An HTTP/1.1 answer with a `Content-Length` or without content, as all are that are measured here.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The answer that has been received, unless there is more to come.
    pub(crate) fn parse(received: &'a [u8]) -> Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&received[..end])?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .context("not an HTTP answer")?;
        let length: usize = match status {
            // No content, and so no length of it (RFC 9110 §8.6).
            204 => 0,
            _ => lines
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, length)| length.parse().ok())
                .context("an answer without Content-Length")?,
        };
        let body = &received[end + 4..];
        match body.len() {
            have if have < length => Ok(None),
            have if have == length => Ok(Some(Self { status, body })),
            _ => bail!("an answer longer than its Content-Length"),
        }
    }

    /// The text of a JSON member, of which there is one at most and which needs no unescaping.
    pub(crate) fn text(&self, member: &str) -> Result<&'a str> {
        let body = std::str::from_utf8(self.body)?;
        let start = format!("\"{member}\":\"");
        body.split_once(start.as_str())
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(text, _)| text)
            .with_context(|| format!("an answer without {member}"))
    }

    /// A JSON member that is a whole number, of which there is one at most.
    pub(crate) fn number(&self, member: &str) -> Result<u64> {
        let body = std::str::from_utf8(self.body)?;
        let start = format!("\"{member}\":");
        body.split_once(start.as_str())
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|digits| digits.parse().ok())
            .with_context(|| format!("an answer without {member}"))
    }

    /// How often this text stands in the body.
    pub(crate) fn times(&self, text: &str) -> usize {
        String::from_utf8_lossy(self.body).matches(text).count()
    }

    /// Status and code, and nothing that may be a token.
    pub(crate) fn for_people(&self) -> String {
        format!("{} {}", self.status, self.text("code").unwrap_or_default())
    }

    /// Fails unless the status is this one.
    pub(crate) fn expect(&self, status: u16) -> Result<()> {
        if self.status == status {
            Ok(())
        } else {
            bail!("expected {status}")
        }
    }
}

/// Writes a request head without a body.
pub(crate) fn get(request: &mut Vec<u8>, path: &str, access_token: Option<&str>) {
    request.extend_from_slice(b"GET ");
    request.extend_from_slice(path.as_bytes());
    request.extend_from_slice(b" HTTP/1.1\r\nHost: localhost\r\n");
    authorize(request, access_token);
    request.extend_from_slice(b"\r\n");
}

/// Writes a request with a JSON body.
pub(crate) fn post(request: &mut Vec<u8>, path: &str, access_token: Option<&str>, body: &[u8]) {
    request.extend_from_slice(b"POST ");
    request.extend_from_slice(path.as_bytes());
    request.extend_from_slice(
        b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ",
    );
    request.extend_from_slice(body.len().to_string().as_bytes());
    request.extend_from_slice(b"\r\n");
    authorize(request, access_token);
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
}

fn authorize(request: &mut Vec<u8>, access_token: Option<&str>) {
    if let Some(token) = access_token {
        request.extend_from_slice(b"Authorization: Bearer ");
        request.extend_from_slice(token.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\nVary: Origin\r\n\r\n{\"code\":\"fine\",\"count\":7}";

    #[test]
    fn a_whole_answer_is_read() {
        let answer = Answer::parse(WHOLE).unwrap().unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, b"{\"code\":\"fine\",\"count\":7}");
        assert_eq!(answer.text("code").unwrap(), "fine");
        assert_eq!(answer.number("count").unwrap(), 7);
        assert_eq!(answer.for_people(), "200 fine");
        assert!(answer.expect(200).is_ok());
        assert!(answer.expect(201).is_err());
    }

    #[test]
    fn an_answer_without_content_ends_with_its_head() {
        let answer = Answer::parse(b"HTTP/1.1 204 No Content\r\nVary: Origin\r\n\r\n");
        assert_eq!(answer.unwrap().unwrap().status, 204);
    }

    #[test]
    fn a_part_of_an_answer_is_none_yet() {
        for length in 0..WHOLE.len() {
            assert!(Answer::parse(&WHOLE[..length]).unwrap().is_none());
        }
    }

    #[test]
    fn what_follows_an_answer_is_an_error() {
        let longer = [WHOLE, b"H"].concat();
        assert!(Answer::parse(&longer).is_err());
    }

    #[test]
    fn an_answer_without_a_length_is_an_error() {
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\nDate: today\r\n\r\n").is_err());
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(Answer::parse(b"220 ready\r\n\r\n").is_err());
    }

    #[test]
    fn a_missing_member_is_an_error() {
        let answer = Answer::parse(WHOLE).unwrap().unwrap();
        assert!(answer.text("token").is_err());
        assert!(answer.number("code").is_err());
    }
}
