//! To whom the TURN server relays.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses with the same first bits, `192.0.2.0/24`; or `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    bits: u128,
    length: u8,
    six: Option<bool>,
}

impl Prefix {
    /// Whether an address lies in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (bits, six) = bits_of(ip);
        let shift = 128 - u32::from(self.length);
        let same = (bits ^ self.bits).checked_shr(shift).unwrap_or(0) == 0;
        self.six.is_none_or(|wanted| wanted == six) && same
    }
}

/// The bits from the left, and whether it is IPv6.
fn bits_of(ip: IpAddr) -> (u128, bool) {
    match ip {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, false),
        IpAddr::V6(v6) => (v6.to_bits(), true),
    }
}

/// The text isn't a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPrefix;

impl fmt::Display for NoPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write it as 192.0.2.1, 192.0.2.0/24, 2001:db8::/32 or any")
    }
}

impl std::error::Error for NoPrefix {}

impl FromStr for Prefix {
    type Err = NoPrefix;

    fn from_str(text: &str) -> Result<Self, NoPrefix> {
        if text == "any" {
            return Ok(Self {
                bits: 0,
                length: 0,
                six: None,
            });
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().map_err(|_| NoPrefix)?)),
            None => (text, None),
        };
        let (bits, six) = bits_of(address.parse().map_err(|_| NoPrefix)?);
        let longest = if six { 128 } else { 32 };
        let length: u8 = length.unwrap_or(longest);
        if length > longest {
            return Err(NoPrefix);
        }
        Ok(Self {
            bits,
            length,
            six: Some(six),
        })
    }
}

/// The addresses that may be relayed to.
#[derive(Debug, Clone, Default)]
pub struct PeerPolicy {
    own: Vec<IpAddr>,
    more: Vec<Prefix>,
}

impl PeerPolicy {
    /// The peer's own addresses, and more where somebody says so.
    pub fn new(own: Vec<IpAddr>, more: Vec<Prefix>) -> Self {
        Self { own, more }
    }

    /// Whether an address may be relayed to.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        if ip.is_unspecified() || ip.is_multicast() {
            return false;
        }
        self.own.contains(&ip) || self.more.iter().any(|prefix| prefix.contains(ip))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_own_addresses_unless_told_otherwise() {
        let policy = PeerPolicy::new(vec![ip("127.0.0.1")], vec![]);
        assert!(policy.allows(ip("127.0.0.1")));
        assert!(policy.allows(ip("::ffff:127.0.0.1")));
        for other in [
            "127.0.0.2",
            "192.168.1.1",
            "8.8.8.8",
            "::1",
            "0.0.0.0",
            "224.0.0.1",
        ] {
            assert!(!policy.allows(ip(other)), "{other}");
        }
    }

    #[test]
    fn prefixes_cut_where_they_say() {
        let policy = PeerPolicy::new(
            vec![],
            vec![
                "192.0.2.0/25".parse().unwrap(),
                "2001:db8::/33".parse().unwrap(),
            ],
        );
        for (address, allowed) in [
            ("192.0.2.127", true),
            ("192.0.2.128", false),
            ("2001:db8::1", true),
            ("2001:db8:8000::1", false),
            ("::192.0.2.1", false),
        ] {
            assert_eq!(policy.allows(ip(address)), allowed, "{address}");
        }
        let any = PeerPolicy::new(vec![], vec!["any".parse().unwrap()]);
        assert!(any.allows(ip("198.51.100.1")) && any.allows(ip("2001:db8::1")));
        assert!(!any.allows(ip("::")) && !any.allows(ip("ff02::1")));
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in [
            "",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/-1",
            "/8",
            "localhost",
            "all",
        ] {
            assert_eq!(text.parse::<Prefix>(), Err(NoPrefix), "{text}");
        }
    }
}
