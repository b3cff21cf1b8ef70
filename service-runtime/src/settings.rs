//! Values of settings, parsed once. Each parser says what it wants in the words of someone who
//! just mistyped it; the setting's name is added by the command line parser.

mod database_url;

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

pub use database_url::DatabaseUrl;

/// Parses a length of time: `200ms`, `30s`, `15m`, `12h`, `90d`, or a bare number of seconds.
///
/// # Errors
///
/// Says which forms are accepted.
pub fn duration(text: &str) -> Result<Duration, String> {
    const WANTED: &str = "expected a length of time such as 200ms, 30s, 15m, 12h or 90d";
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| WANTED.to_owned())?;
    let milliseconds_per_unit = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(WANTED.to_owned()),
    };
    number
        .checked_mul(milliseconds_per_unit)
        .filter(|milliseconds| *milliseconds <= 3_650 * 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("{WANTED}, at most 3650d"))
}

/// Parses an origin (RFC 6454): scheme, host and an optional port, without a path.
///
/// # Errors
///
/// Says what an origin looks like.
pub fn origin(text: &str) -> Result<String, String> {
    const WANTED: &str = "expected an origin such as https://notes.example.org, without a path";
    let authority = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or_else(|| WANTED.to_owned())?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".:-[]".contains(c);
    if authority.is_empty() || !authority.chars().all(plain) {
        return Err(WANTED.to_owned());
    }
    Ok(text.to_owned())
}

/// Parses a network in CIDR notation, or a single address: `203.0.113.0/24`, `203.0.113.9`, `2001:db8::/32`.
///
/// # Errors
///
/// Says what a network looks like.
pub fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "expected an address or a network such as 203.0.113.0/24".to_owned())
}

/// A setting that the command line parser accepted and the service cannot use.
#[derive(Debug, thiserror::Error)]
#[error("{name}: got {got}, wants {wants}")]
pub struct InvalidSetting {
    /// The environment variable.
    pub name: &'static str,
    /// What it holds, or a description of it where it is a secret.
    pub got: String,
    /// What would be accepted.
    pub wants: String,
}

impl InvalidSetting {
    /// Refuses `name`, which holds `got`, in favour of `wants`.
    pub fn new(name: &'static str, got: impl Into<String>, wants: impl Into<String>) -> Self {
        Self {
            name,
            got: got.into(),
            wants: wants.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        let cases = [
            ("200ms", Duration::from_millis(200)),
            ("30s", Duration::from_secs(30)),
            ("30", Duration::from_secs(30)),
            ("15m", Duration::from_secs(900)),
            ("12h", Duration::from_secs(43_200)),
            ("90d", Duration::from_secs(7_776_000)),
            ("0", Duration::ZERO),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1w",
            "soon",
            "99999999999999999999s",
            "4000d",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_credentials() {
        for text in [
            "http://localhost:8080",
            "https://a.example",
            "http://[::1]:8080",
        ] {
            assert!(origin(text).is_ok(), "{text}");
        }
        for text in [
            "localhost",
            "ftp://a",
            "https://a/",
            "https://a@b",
            "https://",
            "*",
            "https://A",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
