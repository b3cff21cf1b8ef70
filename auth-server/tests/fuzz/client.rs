//! What the network tells of a caller: no one chooses their address, and nothing they say of
//! themselves disturbs a log.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use auth_server::client::Client;
use fuzzing::{Outcome, bytes, check, text};
use proptest::prelude::*;
use service_runtime::client_address::TrustedProxies;

#[test]
fn a_user_agent_is_one_short_line() {
    let good = [
        "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "curl/8",
        "Ü-Browser 🦊",
    ];
    let here = IpAddr::from([127, 0, 0, 1]);
    check("user agent", &text(good), |input| {
        let kept = Client::new(here, Some(input)).user_agent;
        if let Some(kept) = &kept {
            prop_assert!((1..=256).contains(&kept.chars().count()));
            prop_assert!(!kept.contains(|c: char| c.is_control()));
            let mut rest = input.chars();
            prop_assert!(kept.chars().all(|c| rest.any(|other| other == c)));
            let again = Client::new(here, Some(kept)).user_agent;
            prop_assert_eq!(again.as_ref(), Some(kept));
        }
        Ok(Outcome::accepted_if(kept.as_ref() == Some(input)))
    });
}

#[test]
fn nobody_chooses_their_own_address() {
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
    let [gateway, stranger, caller]: [IpAddr; 3] =
        ["10.0.0.1", "203.0.113.9", "198.51.100.9"].map(|text| text.parse().unwrap());
    let line = bytes([
        "192.0.2.1",
        "192.0.2.1, 10.0.0.7",
        "2001:db8::1",
        "::ffff:10.0.0.7,::ffff:192.0.2.1",
    ]);
    let lines = prop::collection::vec(line, 0..3);
    check("forwarded addresses", &lines, |lines| {
        let mut headers = HeaderMap::new();
        for line in lines {
            let Ok(line) = HeaderValue::from_bytes(line) else {
                return Ok(Outcome::Refused);
            };
            headers.append(FORWARDED_FOR, line);
        }
        prop_assert_eq!(proxies.client_address(stranger, &headers), stranger);

        let believed = proxies.client_address(gateway, &headers);
        let written = |hop: &[u8]| {
            let hop = std::str::from_utf8(hop).ok()?;
            Some(hop.trim().parse::<IpAddr>().ok()?.to_canonical())
        };
        let hops = lines
            .iter()
            .flat_map(|line| line.split(|byte| *byte == b','));
        prop_assert!(believed == gateway || hops.filter_map(written).any(|hop| hop == believed));

        // The gateway's own entry comes last, in a line of its own or behind what the client sent.
        let entry = caller.to_string().into_bytes();
        let appended = [lines.last().map_or(&b""[..], |line| line), b", ", &entry].concat();
        for last in [appended, entry] {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(&last).unwrap());
            prop_assert_eq!(proxies.client_address(gateway, &headers), caller);
        }
        Ok(Outcome::accepted_if(believed != gateway))
    });
}
