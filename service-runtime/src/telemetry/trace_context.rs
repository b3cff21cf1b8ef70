//! To which trace a request belongs, as its client says (W3C Trace Context, `traceparent`).

use actix_web::http::header::{HeaderMap, HeaderName};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A valid `traceparent`, borrowed from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceContext<'h> {
    /// Of the whole trace: 32 hexadecimal digits.
    pub(super) trace_id: &'h str,
    /// Of the caller's part of it: 16 hexadecimal digits.
    pub(super) parent_id: &'h str,
}

impl<'h> TraceContext<'h> {
    /// What the request says; nothing where it says it in a way that is not to be believed.
    pub(super) fn of(headers: &'h HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(&TRACEPARENT);
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value)
    }

    fn parse(value: &'h str) -> Option<Self> {
        let mut fields = value.split('-');
        let version = hexadecimal(fields.next()?, 2)?;
        let trace_id = hexadecimal(fields.next()?, 32)?;
        let parent_id = hexadecimal(fields.next()?, 16)?;
        hexadecimal(fields.next()?, 2)?;
        // Later versions may have more to say, this one may not; and there is no version ff.
        let is_whole = version != "00" || fields.next().is_none();
        let is_zero = |id: &str| id.bytes().all(|digit| digit == b'0');
        (is_whole && version != "ff" && !is_zero(trace_id) && !is_zero(parent_id)).then_some(Self {
            trace_id,
            parent_id,
        })
    }
}

/// So many hexadecimal digits, in lower case.
fn hexadecimal(text: &str, length: usize) -> Option<&str> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == length && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_context_names_trace_and_parent() {
        let expected = Some(TraceContext {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
            parent_id: "00f067aa0ba902b7",
        });
        for value in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later",
        ] {
            assert_eq!(TraceContext::parse(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_valid_is_not_believed() {
        for value in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        ] {
            assert_eq!(TraceContext::parse(value), None, "{value}");
        }
    }
}
