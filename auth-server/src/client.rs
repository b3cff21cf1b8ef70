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

/// Whom a client's address is counted as: one customer has 2⁶⁴ addresses of IPv6 to call from, and one of
/// IPv4.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Network {
    /// One address.
    V4([u8; 4]),
    /// The first half of an address: a /64.
    V6([u8; 8]),
}

impl Network {
    /// The bytes that are common to its addresses.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let mut network = [0; 8];
                network.copy_from_slice(&v6.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

impl Client {
    const USER_AGENT_CHARACTERS: usize = 256;

    /// The network that it calls from.
    #[must_use]
    pub fn network(&self) -> Network {
        self.address.into()
    }

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

/// What could make a log, a terminal or whoever reads it see something else than stands there: controls, line and
/// paragraph separators, and what turns the direction of text or is not seen at all ("Trojan Source",
/// CVE-2021-42574).
#[must_use]
pub fn misleads(c: char) -> bool {
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
    fn a_network_is_one_address_of_ipv4_and_a_64_of_ipv6() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        let one = network("2001:db8:1:2::1");
        for same in [
            "2001:db8:1:2::2",
            "2001:DB8:0001:2:ffff:ffff:ffff:ffff",
            "2001:db8:1:2:0:0:192.0.2.1",
        ] {
            assert_eq!(network(same), one, "{same}");
        }
        for other in ["2001:db8:1:3::1", "2001:db8:2:2::1", "::1"] {
            assert_ne!(network(other), one, "{other}");
        }
    }

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
