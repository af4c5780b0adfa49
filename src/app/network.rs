//! Who a client's address stands for.

use std::net::{IpAddr, Ipv6Addr};

/// Who a client's address stands for: itself, or the /64 that an IPv6 subscriber chooses addresses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(u128);

impl Network {
    /// Of a client. Those whose address is not known are one.
    pub fn of(client: Option<IpAddr>) -> Self {
        Self(match client.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => address.to_ipv6_mapped().to_bits(),
            Some(IpAddr::V6(address)) => address.to_bits() >> 64 << 64,
            None => Ipv6Addr::UNSPECIFIED.to_bits(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(client: &str) -> Network {
        Network::of(Some(client.parse().unwrap()))
    }

    #[test]
    fn the_addresses_of_one_subscriber_count_as_one() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_ne!(network("192.0.2.1"), Network::of(None));
    }
}
