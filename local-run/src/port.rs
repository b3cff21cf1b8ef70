//! TCP ports on 127.0.0.1.
//!
//! A port that is free now may be taken before its server binds it. Whoever starts a server on a port
//! from here looks at the reason when that server ends at once, and tries another port.
//!
//! Ports come from below the kernel's ephemeral range (32768 and up, `ip_local_port_range`): a port out
//! of that range may become the near end of some outgoing connection at any moment, and a server that
//! is stopped and started again would then find its own port taken.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

const RANGE: Range<u16> = 20_000..32_000;

/// A port that nobody listens on at the moment, and that this process has not been given before.
///
/// # Errors
///
/// When all are taken.
pub fn free() -> io::Result<u16> {
    // Each process begins elsewhere, so that those that run side by side seldom meet.
    static NEXT: LazyLock<AtomicU16> =
        LazyLock::new(|| AtomicU16::new((std::process::id().wrapping_mul(97) % 12_000) as u16));
    (0..RANGE.len())
        .map(|_| RANGE.start + NEXT.fetch_add(1, Ordering::Relaxed) % (RANGE.end - RANGE.start))
        .find(|port| is_free(*port))
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no free port from 20000 to 31999"))
}

/// Whether a server could listen on `port` now.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// `wanted` if it is free, otherwise some free port.
///
/// # Errors
///
/// When none is free.
pub fn wanted_or_free(wanted: Option<u16>) -> io::Result<u16> {
    match wanted {
        Some(port) if is_free(port) => Ok(port),
        _ => free(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_taken_port_is_replaced() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert!(!is_free(taken));
        assert_ne!(wanted_or_free(Some(taken)).unwrap(), taken);
    }

    #[test]
    fn a_port_taken_on_all_addresses_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }

    #[test]
    fn ports_are_given_out_once_and_not_from_the_ephemeral_range() {
        let ports: HashSet<u16> = (0..50).map(|_| free().unwrap()).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
    }
}
