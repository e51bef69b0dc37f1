//! Addresses as they stand in candidates, and the class that decides what happens to them.
//!
//! A *connection address* is an IP literal or a name (RFC 8839, section 5.1). Whether a page may
//! see it depends on its [`AddressClass`], which follows the IANA special-purpose registries (RFC
//! 6890 and the RFCs named below).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is good for, which is what a policy goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AddressClass {
    /// Globally reachable.
    Public,
    /// Private use: RFC 1918; also deprecated IPv6 site-local (RFC 3879) and the local-use NAT64
    /// prefix (RFC 8215).
    Private,
    /// Shared address space behind a carrier's NAT, 100.64.0.0/10 (RFC 6598).
    Cgnat,
    /// 127.0.0.0/8 and `::1`.
    Loopback,
    /// 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291).
    LinkLocal,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
    /// Set aside for examples (RFC 5737, 3849, 9637). Policies treat it as public: labs are
    /// built on it.
    Documentation,
    /// 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291).
    Multicast,
    /// `0.0.0.0` and `::`: no address at all.
    Unspecified,
    /// Anything else that isn't for global use: RFC 1112, 2544, 5180, 6666, 6890 and kin.
    Reserved,
    /// A name under `.local`: mDNS (RFC 6762).
    LocalName,
    /// Any other name, and whatever else isn't an IP literal.
    Name,
}

impl AddressClass {
    /// Every class, in the order of the enum.
    pub const ALL: [Self; 12] = [
        Self::Public,
        Self::Private,
        Self::Cgnat,
        Self::Loopback,
        Self::LinkLocal,
        Self::UniqueLocal,
        Self::Documentation,
        Self::Multicast,
        Self::Unspecified,
        Self::Reserved,
        Self::LocalName,
        Self::Name,
    ];

    /// The class of an IP address. An address that carries an IPv4 address inside (IPv4-mapped,
    /// NAT64, 6to4, Teredo) has the class of that one.
    #[must_use]
    pub fn of_ip(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => class_of_v4(ip),
            IpAddr::V6(ip) => class_of_v6(ip),
        }
    }

    /// The stable word for this class, as it stands in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Cgnat => "cgnat",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::UniqueLocal => "unique-local",
            Self::Documentation => "documentation",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Reserved => "reserved",
            Self::LocalName => "local-name",
            Self::Name => "name",
        }
    }

    /// The class that `word` stands for; `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Whether policies treat the address as one of the public internet.
    #[must_use]
    pub fn is_public(self) -> bool {
        matches!(self, Self::Public | Self::Documentation)
    }

    /// Whether this is a name rather than an IP literal.
    #[must_use]
    pub fn is_name(self) -> bool {
        matches!(self, Self::LocalName | Self::Name)
    }
}

/// An address as a candidate, a description or a URL names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address<'a> {
    /// An IP literal, in whatever notation; a zone id is dropped.
    Ip(IpAddr),
    /// A name under `.local`.
    LocalName(&'a str),
    /// Anything else.
    Name(&'a str),
}

impl<'a> Address<'a> {
    /// Reads an address. Every text is one: what isn't an IP literal is a name.
    ///
    /// Taken as IP literals: dotted IPv4, IPv6 by RFC 4291 with or without brackets and zone id
    /// (RFC 4007, section 11), and the old IPv4 notations that resolvers still accept
    /// (`127.1`, `0x7f000001`, `2130706433`), as the WHATWG URL standard reads them.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        if let Some(ip) = parse_ip(text) {
            return Self::Ip(ip);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        match name.rsplit('.').next() {
            Some(last) if last.eq_ignore_ascii_case("local") => Self::LocalName(text),
            _ => Self::Name(text),
        }
    }

    /// The class of this address.
    #[must_use]
    pub fn class(&self) -> AddressClass {
        match self {
            Self::Ip(ip) => AddressClass::of_ip(*ip),
            Self::LocalName(_) => AddressClass::LocalName,
            Self::Name(_) => AddressClass::Name,
        }
    }

    /// The IP address, where this is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            _ => None,
        }
    }
}

/// Whether an IP literal stands anywhere in `text`: alone, before a port, or between other signs.
#[must_use]
pub fn mentions_ip(text: &str) -> bool {
    if !text.bytes().any(|byte| byte == b'.' || byte == b':') {
        return false;
    }
    text.split(|sign: char| !(sign.is_ascii_hexdigit() || sign == '.' || sign == ':'))
        .any(|part| {
            let part = part.trim_end_matches('.');
            is_ip(part)
                || is_ip(part.trim_matches(':'))
                || part
                    .split(':')
                    .any(|piece| piece.parse::<Ipv4Addr>().is_ok())
        })
}

fn is_ip(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Some(IpAddr::V4(ip));
    }
    if text.bytes().any(|byte| byte == b':') {
        let text = text.strip_prefix('[').unwrap_or(text);
        let text = text.strip_suffix(']').unwrap_or(text);
        let text = text.split('%').next().unwrap_or(text);
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    parse_old_v4(text).map(IpAddr::V4)
}

/// The IPv4 notations of `inet_aton`: one to four parts, each decimal, octal or hexadecimal, the
/// last one filling what is left (WHATWG URL, "IPv4 parser").
fn parse_old_v4(text: &str) -> Option<Ipv4Addr> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if !text.bytes().next()?.is_ascii_digit() {
        return None;
    }
    let mut value: u32 = 0;
    let mut left: u32 = 4;
    let mut parts = text.split('.').peekable();
    while let Some(part) = parts.next() {
        let number = parse_old_number(part)?;
        if parts.peek().is_some() {
            left = left.checked_sub(1).filter(|left| *left > 0)?;
            value |= u32::from(u8::try_from(number).ok()?) << (8 * left);
        } else {
            if left < 4 && number >> (8 * left) != 0 {
                return None;
            }
            value |= number;
        }
    }
    Some(Ipv4Addr::from(value))
}

fn parse_old_number(part: &str) -> Option<u32> {
    let lower = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let (digits, radix) = match lower {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None => match part.strip_prefix('0') {
            Some("") => return Some(0),
            Some(digits) => (digits, 8),
            None => (part, 10),
        },
    };
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

fn class_of_v4(ip: Ipv4Addr) -> AddressClass {
    match ip.octets() {
        [0, 0, 0, 0] => AddressClass::Unspecified,
        // "This network", RFC 791.
        [0, ..] => AddressClass::Reserved,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::Cgnat,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        // Anycast for PCP and TURN (RFC 7723, 8155): the two of 192.0.0.0/24 that are reachable.
        [192, 0, 0, 9 | 10] => AddressClass::Public,
        [192, 0, 0, _] => AddressClass::Reserved,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        // 6to4 relay anycast, deprecated by RFC 7526; benchmarking, RFC 2544.
        [192, 88, 99, _] | [198, 18..=19, ..] => AddressClass::Reserved,
        [224..=239, ..] => AddressClass::Multicast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn class_of_v6(ip: Ipv6Addr) -> AddressClass {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // IPv4-mapped, IPv4-compatible (RFC 4291, 2.5.5), IPv4-translated (RFC 2765), NAT64
        // (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff | 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => class_of_embedded(high, low),
        [0x64, 0xff9b, 1, ..] => AddressClass::Private,
        // 6to4, RFC 3056: the IPv4 address follows the prefix.
        [0x2002, high, low, ..] => class_of_embedded(high, low),
        // Teredo, RFC 4380: the client's IPv4 address is inverted at the end.
        [0x2001, 0, .., high, low] => class_of_embedded(!high, !low),
        // Benchmarking (RFC 5180), ORCHID and ORCHIDv2 (RFC 4843, 7343).
        [0x2001, 2, 0, ..] | [0x2001, 0x10..=0x2f, ..] => AddressClass::Reserved,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressClass::Documentation,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        [0xfc00..=0xfdff, ..] => AddressClass::UniqueLocal,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        // Not global unicast (RFC 4291, 2.4); 100::/64 of RFC 6666 is among these.
        _ => AddressClass::Reserved,
    }
}

fn class_of_embedded(high: u16, low: u16) -> AddressClass {
    class_of_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests;
