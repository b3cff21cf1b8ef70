//! Who is really calling, when calls arrive through a gateway.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

/// The proxies whose word on the client's address is taken. Anyone else's is not: a client that
/// sends `X-Forwarded-For` itself would otherwise choose the address that it is throttled by.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the proxies inside these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The client's address: the peer's own, unless the peer is trusted; then the last address of
    /// `X-Forwarded-For` that is not itself a trusted proxy's.
    #[must_use]
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

        let peer = canonical(peer);
        if !self.trusts(peer) {
            return peer;
        }
        // As bytes: a line that a client spoilt with some that are no text still ends with what its
        // proxy appended, and is not to be skipped in favour of an earlier one.
        let lines: Vec<&[u8]> = headers
            .get_all(&FORWARDED_FOR)
            .map(HeaderValue::as_bytes)
            .collect();
        let mut nearest = peer;
        for hop in lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','))
        {
            let hop = str::from_utf8(hop).unwrap_or_default();
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            nearest = canonical(address);
            if !self.trusts(nearest) {
                break;
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// One spelling for each address: an IPv4 address that arrives as `::ffff:a.b.c.d` is the IPv4
/// address.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => Ipv6Addr::to_canonical(&v6),
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::new(vec![
            "127.0.0.0/8".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ]);
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        proxies
            .client_address(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn the_gateway_is_believed() {
        assert_eq!(seen("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn what_a_client_put_before_the_gateways_entry_is_ignored() {
        assert_eq!(
            seen("127.0.0.1", &["1.1.1.1, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("127.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.7"]),
            "198.51.100.1"
        );
        assert_eq!(seen("127.0.0.1", &["1.1.1.1, rubbish"]), "127.0.0.1");
    }

    #[test]
    fn a_line_that_is_no_text_hides_no_entry_of_the_gateway() {
        assert_eq!(seen("127.0.0.1", &["ü, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            seen("127.0.0.1", &["1.1.1.1", "ü, 198.51.100.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            seen("127.0.0.1", &["1.1.1.1", "198.51.100.1, ü"]),
            "127.0.0.1"
        );
    }
}
