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

    /// Describes a caller. Control characters are dropped from what it says of itself, so that no
    /// log or terminal is confused by it.
    #[must_use]
    pub fn new(address: IpAddr, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent
            .map(|text| {
                text.chars()
                    .filter(|c| !c.is_control())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_shortened_and_cleaned() {
        let client = Client::new(IpAddr::from([127, 0, 0, 1]), Some("a\u{85}b\u{1b}[2J"));
        assert_eq!(client.user_agent.as_deref(), Some("ab[2J"));
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
