//! The address of a database, which holds a password.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::InvalidSetting;

/// Where a Postgres database is, with the password that opens it.
#[derive(Clone)]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    /// The address in libpq's form, for the one place that connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Passes on an address that libpq can read. Of one that it cannot read it would repeat parts in
    /// its error, password and all. It is checked after the command line is parsed, because the
    /// parser would print what it refuses.
    ///
    /// # Errors
    ///
    /// An [`InvalidSetting`] of that name, which shows nothing of the address.
    pub fn check(self, name: &'static str) -> Result<Self, InvalidSetting> {
        if is_readable(self.expose()) {
            return Ok(self);
        }
        let wants = "postgres://user:password@host:port/name, with signs in the password as %40 and the like";
        Err(InvalidSetting::new(name, "something else (hidden)", wants))
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(hidden)")
    }
}

fn is_readable(url: &str) -> bool {
    let Some(rest) = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
    else {
        return false;
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let hosts = authority
        .split_once('@')
        .map_or(authority, |(_, hosts)| hosts);
    let parameters_are_pairs =
        query.is_empty() || query.split('&').all(|pair| pair.matches('=').count() == 1);
    !url.contains(|c: char| c.is_whitespace() || c.is_control())
        && escapes_are_whole(url)
        && parameters_are_pairs
        && !hosts.contains('@')
        && hosts.split(',').all(is_host)
}

fn escapes_are_whole(url: &str) -> bool {
    url.split('%').skip(1).all(|after| {
        let digits = after.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && digits != "00"
    })
}

/// A name or an address, an IPv6 one in brackets, with a port or without.
fn is_host(text: &str) -> bool {
    let after_name = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(_, after)| after),
        None => Some(&text[text.find(':').unwrap_or(text.len())..]),
    };
    let is_port = |text: &str| text.is_empty() || text.parse::<u16>().is_ok();
    after_name.is_some_and(|after| after.is_empty() || after.strip_prefix(':').is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(url: &str) -> Result<DatabaseUrl, InvalidSetting> {
        DatabaseUrl::from(url.to_owned()).check("AUTH_DATABASE_URL")
    }

    #[test]
    fn addresses_that_libpq_reads_pass() {
        for url in [
            "postgres://u:p@h:5432/d",
            "postgresql://u@h/d?passfile=/secrets/passfile",
            "postgres://u:p%40ss@h1:5432,h2:5433/d?target_session_attrs=read-write",
            "postgres://[::1]:5432/d",
            "postgres:///d?host=/run/postgresql",
        ] {
            assert!(checked(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn others_are_refused_and_not_shown() {
        for url in [
            "",
            "mysql://u:canary@h/d",
            "postgres://u:canary@x@h/d",
            "postgres://u:canary%zz@h/d",
            "postgres://u:canary/5@h/d",
            "postgres://u:can ary@h/d",
            "postgres://u:canary@h:port/d",
            "postgres://u:canary@h/d?x",
        ] {
            let refused = checked(url).unwrap_err().to_string();
            assert!(refused.starts_with("AUTH_DATABASE_URL: "), "{refused}");
            assert!(!refused.contains("canary"), "{refused}");
        }
    }

    #[test]
    fn an_address_does_not_print() {
        let url = checked("postgres://u:canary@h/d").unwrap();
        assert!(!format!("{url:?}").contains("canary"));
    }
}
