//! ICE servers: the URLs of RFC 7064 (`stun:`, `stuns:`) and RFC 7065 (`turn:`, `turns:`).

use crate::address::{Address, AddressClass};
use crate::text::strip_prefix_ignore_case;

/// The scheme of an ICE server's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// STUN over UDP.
    Stun,
    /// STUN over TLS or DTLS.
    Stuns,
    /// TURN over UDP or TCP.
    Turn,
    /// TURN over TLS or DTLS.
    Turns,
}

impl Scheme {
    /// Whether this is plain STUN, which is asked for nothing but an address.
    #[must_use]
    pub fn is_stun(self) -> bool {
        matches!(self, Self::Stun | Self::Stuns)
    }

    /// The port that holds where a URL names none.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Stun | Self::Turn => 3478,
            Self::Stuns | Self::Turns => 5349,
        }
    }
}

/// Why a text is no ICE server's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerError {
    /// The scheme is none of the four.
    Scheme,
    /// There is no host.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// Something other than `?transport=` follows.
    Query,
}

impl core::fmt::Display for ServerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Scheme => "an ICE server's URL starts with stun:, stuns:, turn: or turns:",
            Self::Host => "an ICE server's URL names a host",
            Self::Port => "the port of an ICE server is a number from 1 to 65535",
            Self::Query => "nothing but ?transport= follows the host of an ICE server",
        })
    }
}

impl core::error::Error for ServerError {}

/// An ICE server's URL, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerUrl<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The host, without the brackets of an IPv6 literal.
    pub host: &'a str,
    /// The port, the scheme's default where none is named.
    pub port: u16,
    /// The value of `?transport=`.
    pub transport: Option<&'a str>,
}

impl<'a> ServerUrl<'a> {
    /// Reads a URL. Schemes count in upper and lower case.
    ///
    /// # Errors
    /// [`ServerError`] says what is wrong.
    pub fn parse(url: &'a str) -> Result<Self, ServerError> {
        let url = url.trim_matches(|sign: char| sign <= ' ');
        let (scheme, rest) = [
            ("stun:", Scheme::Stun),
            ("stuns:", Scheme::Stuns),
            ("turn:", Scheme::Turn),
            ("turns:", Scheme::Turns),
        ]
        .into_iter()
        .find_map(|(prefix, scheme)| Some((scheme, strip_prefix_ignore_case(url, prefix)?)))
        .ok_or(ServerError::Scheme)?;
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        let transport = match query {
            None => None,
            Some(query) => Some(query.strip_prefix("transport=").ok_or(ServerError::Query)?),
        };
        let (host, port) = split_port(place)?;
        let port = match port {
            None => scheme.default_port(),
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or(ServerError::Port)?,
        };
        if host.is_empty() || host.contains(['/', '@', '#', ' ']) {
            return Err(ServerError::Host);
        }
        Ok(Self {
            scheme,
            host,
            port,
            transport,
        })
    }

    /// The class of the host.
    #[must_use]
    pub fn class(&self) -> AddressClass {
        Address::parse(self.host).class()
    }
}

fn split_port(place: &str) -> Result<(&str, Option<&str>), ServerError> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(ServerError::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(ServerError::Port),
        };
    }
    match place.split_once(':') {
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((place, None)),
    }
}

/// Whether a browser might take this text as a plain STUN server.
///
/// More lenient than [`ServerUrl::parse`], because URL parsers are: they pass over tabs and line
/// breaks anywhere and over blanks at the ends (WHATWG URL, "basic URL parser").
#[must_use]
pub fn may_be_stun(url: &str) -> bool {
    let mut signs = url
        .trim_start_matches(|sign: char| sign <= ' ')
        .chars()
        .filter(|sign| !matches!(sign, '\t' | '\r' | '\n'))
        .map(|sign| sign.to_ascii_lowercase());
    let stun = "stun"
        .chars()
        .all(|expected| signs.next() == Some(expected));
    stun && match signs.next() {
        Some(':') => true,
        Some('s') => signs.next() == Some(':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::{Scheme, ServerError, ServerUrl, may_be_stun};
    use crate::address::AddressClass;

    #[test]
    fn urls_are_read() {
        let url = ServerUrl::parse("stun:stun.example.org").unwrap();
        assert_eq!(
            (url.scheme, url.host, url.port),
            (Scheme::Stun, "stun.example.org", 3478)
        );
        let url = ServerUrl::parse("TURNS:[2001:db8::5]:443?transport=tcp").unwrap();
        assert_eq!(
            (url.scheme, url.host, url.port),
            (Scheme::Turns, "2001:db8::5", 443)
        );
        assert_eq!(url.transport, Some("tcp"));
        assert_eq!(url.class(), AddressClass::Documentation);
        assert_eq!(ServerUrl::parse("turns:192.0.2.1").unwrap().port, 5349);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (url, error) in [
            ("http://example.org", ServerError::Scheme),
            ("", ServerError::Scheme),
            ("stun:", ServerError::Host),
            ("stun://example.org", ServerError::Host),
            ("stun:[::1", ServerError::Host),
            ("stun:example.org:0", ServerError::Port),
            ("stun:example.org:65536", ServerError::Port),
            ("stun:[::1]x", ServerError::Port),
            ("turn:example.org?x=1", ServerError::Query),
            ("turn:a@example.org", ServerError::Host),
        ] {
            assert_eq!(ServerUrl::parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn stun_is_found_however_it_is_written() {
        for url in [
            "stun:a",
            "STUN:a",
            " stuns:a",
            "s\ttun:a",
            "\u{1}st\run\n:a",
            "stun:",
        ] {
            assert!(may_be_stun(url), "{url}");
        }
        for url in [
            "turn:stun:a",
            "turns:a",
            "stunner:a",
            "stun",
            "",
            "stunss:a",
        ] {
            assert!(!may_be_stun(url), "{url}");
        }
    }
}
