//! TCP ports on 127.0.0.1.
//!
//! A port that is free now may be taken before its server binds it. Whoever starts a server on a port
//! from here looks at the reason when that server ends at once, and tries another port.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// A port that nobody listens on at the moment.
///
/// # Errors
///
/// When the kernel has none left.
pub fn free() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// `count` free ports, all different.
///
/// # Errors
///
/// When the kernel has none left.
pub fn several_free(count: usize) -> io::Result<Vec<u16>> {
    // All are held until the last is bound: the kernel may hand out a released one again.
    let held = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<io::Result<Vec<_>>>()?;
    held.iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect()
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
/// When the kernel has none left.
pub fn wanted_or_free(wanted: u16) -> io::Result<u16> {
    if is_free(wanted) { Ok(wanted) } else { free() }
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
        assert_ne!(wanted_or_free(taken).unwrap(), taken);
    }

    #[test]
    fn a_port_taken_on_all_addresses_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }

    #[test]
    fn several_ports_differ() {
        let ports = several_free(50).unwrap();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 50);
    }
}
