//! Who is calling, as far as the network tells.

use std::net::IpAddr;

/// The caller's address and what it says of itself; kept with sessions and events, for their owner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Client {
    /// Its network address, as the gateway saw it.
    pub address: IpAddr,
    /// Its User-Agent, shortened; `None` if it sent none.
    pub user_agent: Option<String>,
}

impl Client {
    const USER_AGENT_CHARACTERS: usize = 256;

    /// Describes a caller. What it says of itself loses every character that could make a log, a terminal
    /// or whoever reads it see something else than stands there.
    #[must_use]
    pub fn new(address: IpAddr, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent
            .map(|text| {
                text.chars()
                    .filter(|c| !misleads(*c))
                    .take(Self::USER_AGENT_CHARACTERS)
                    .collect::<String>()
            })
            .filter(|text| !text.is_empty());
        Self {
            address,
            user_agent,
        }
    }
}

/// Controls, line and paragraph separators, and what turns the direction of text or is not seen at all
/// ("Trojan Source", CVE-2021-42574).
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_shortened_and_cleaned() {
        let client = Client::new(IpAddr::from([127, 0, 0, 1]), Some("a\u{85}b\u{1b}[2J"));
        assert_eq!(client.user_agent.as_deref(), Some("ab[2J"));
        let unseen = "\u{202e}nimda\u{2066}\u{200b}\u{2028}\u{2029}\u{feff}\u{61c}\u{e0041}";
        let client = Client::new(IpAddr::from([127, 0, 0, 1]), Some(unseen));
        assert_eq!(client.user_agent.as_deref(), Some("nimda"));
        let client = Client::new(IpAddr::from([127, 0, 0, 1]), Some(&"é".repeat(300)));
        assert_eq!(
            client.user_agent.map(|text| text.chars().count()),
            Some(256)
        );
        assert_eq!(
            Client::new(IpAddr::from([127, 0, 0, 1]), Some("")).user_agent,
            None
        );
    }
}
