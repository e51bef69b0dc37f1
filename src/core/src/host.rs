//! Hosts of pages, and the patterns of the site list.
//!
//! A host is kept in the form that browsers give: lower case, international names in their ASCII
//! form (UTS 46, as the WHATWG URL standard uses it), IP addresses in their shortest notation,
//! IPv6 without brackets.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// The most bytes of a host name (RFC 1035, section 2.3.4).
pub const MOST_HOST: usize = 253;

/// The host of a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    text: String,
    ip: Option<IpAddr>,
}

/// Why a text is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// There is nothing.
    Empty,
    /// It is longer than [`MOST_HOST`] bytes.
    TooLong,
    /// It isn't a name that a browser could load.
    Name,
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a host is missing",
            Self::TooLong => "a host has at most 253 characters",
            Self::Name => "not the name of a host, such as meet.example",
        })
    }
}

impl core::error::Error for HostError {}

impl Host {
    /// Reads a host as a person or a browser writes it: a name in any script and case, with or
    /// without a final dot, or an IP address with or without brackets.
    ///
    /// # Errors
    /// [`HostError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        // Room for names that get shorter on their way to ASCII, and no more.
        if text.len() > 4 * MOST_HOST {
            return Err(HostError::TooLong);
        }
        if let Some(host) = Self::from_ip(text) {
            return Ok(host);
        }
        let ascii = if is_plain(text) {
            Cow::Borrowed(text)
        } else {
            to_ascii(text).ok_or(HostError::Name)?
        };
        if ascii != text
            && let Some(host) = Self::from_ip(&ascii)
        {
            return Ok(host);
        }
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if name.len() > MOST_HOST {
            return Err(HostError::TooLong);
        }
        let labels_fit = name
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63);
        let last = name.rsplit('.').next().unwrap_or("");
        let number = last.bytes().all(|byte| byte.is_ascii_digit());
        if !labels_fit || number || name.contains('*') {
            return Err(HostError::Name);
        }
        Ok(Self {
            text: name.into(),
            ip: None,
        })
    }

    /// The host of an origin or URL such as `https://meet.example:8443/room`; `None` where there
    /// is none, as in `null`, `about:blank` or `file:///tmp`.
    #[must_use]
    pub fn of_origin(origin: &str) -> Option<Self> {
        let (_, rest) = origin.split_once("://")?;
        let authority = rest.split(['/', '?', '#', '\\']).next()?;
        let place = authority.rsplit('@').next()?;
        let host = match place.strip_prefix('[') {
            Some(literal) => literal.split(']').next()?,
            None => place.split(':').next()?,
        };
        Self::parse(host).ok()
    }

    fn from_ip(text: &str) -> Option<Self> {
        let ip = Address::parse(text).ip()?;
        Some(Self {
            text: ip.to_string(),
            ip: Some(ip),
        })
    }

    /// The host in the form that browsers give.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The IP address, where the host is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The host as a person reads it: international names in their own script.
    #[must_use]
    pub fn to_unicode(&self) -> String {
        if self.ip.is_some() {
            return self.text.clone();
        }
        to_unicode(&self.text).unwrap_or_else(|| self.text.clone())
    }

    /// This host and every domain above it, the most specific first: `a.b.example`,
    /// `b.example`, `example`. An IP address has nothing above it.
    pub fn and_parents(&self) -> impl Iterator<Item = &str> {
        let mut next = Some(self.text.as_str());
        let name = self.ip.is_none();
        core::iter::from_fn(move || {
            let this = next?;
            next = this
                .split_once('.')
                .map(|(_, parent)| parent)
                .filter(|_| name);
            Some(this)
        })
    }

    /// Whether `self` is `other` or a domain above it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.and_parents().any(|name| name == self.text)
    }
}

/// A name in its ASCII form (UTS 46); `None` if it has none.
#[cfg(feature = "unicode")]
fn to_ascii(name: &str) -> Option<Cow<'_, str>> {
    idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL).ok()
}

#[cfg(feature = "unicode")]
fn to_unicode(name: &str) -> Option<String> {
    let (name, result) = idna::domain_to_unicode(name);
    result.is_ok().then_some(name)
}

#[cfg(not(feature = "unicode"))]
static READER: std::sync::OnceLock<fn(&str) -> Option<String>> = std::sync::OnceLock::new();

/// Says who turns names into their ASCII form, as the host parser of the WHATWG URL standard does,
/// `None` for what is no host. Until it is said, only plain names are hosts. The first word holds.
/// With the feature `unicode` names are read here, and this does nothing.
pub fn read_names_by(reader: fn(&str) -> Option<String>) {
    #[cfg(not(feature = "unicode"))]
    let _ = READER.set(reader);
    #[cfg(feature = "unicode")]
    let _ = reader;
}

#[cfg(not(feature = "unicode"))]
fn to_ascii(name: &str) -> Option<Cow<'_, str>> {
    READER.get()?(name).map(Cow::Owned)
}

/// The name in its own script, if that reads as the same host again.
#[cfg(not(feature = "unicode"))]
fn to_unicode(name: &str) -> Option<String> {
    let mut shown = String::with_capacity(name.len());
    for label in name.split('.') {
        if !shown.is_empty() {
            shown.push('.');
        }
        match label.strip_prefix("xn--") {
            Some(coded) => shown.push_str(&idna::punycode::decode_to_string(coded)?),
            None => shown.push_str(label),
        }
    }
    (to_ascii(&shown)? == name).then_some(shown)
}

/// Whether a name is in its ASCII form as it stands. Lists of thousands of names are nearly all so.
fn is_plain(name: &str) -> bool {
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    name.bytes().all(plain) && !name.contains("--")
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.text
    }
}

impl core::borrow::Borrow<str> for Host {
    fn borrow(&self) -> &str {
        &self.text
    }
}

/// An entry of the site list. It stands for a host and all of its subdomains; `*.meet.example`
/// is another way to write `meet.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern(Host);

impl HostPattern {
    /// Reads an entry as a person types it: a host, also with `*.` before it, or a URL.
    ///
    /// # Errors
    /// [`HostError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        if text.contains("://") {
            return Host::of_origin(text).map(Self).ok_or(HostError::Name);
        }
        Host::parse(text.strip_prefix("*.").unwrap_or(text)).map(Self)
    }

    /// The host that it stands for.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.0
    }

    /// The host that it stands for.
    #[must_use]
    pub fn into_host(self) -> Host {
        self.0
    }

    /// Whether it counts for this host.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        self.0.covers(host)
    }
}

#[cfg(all(test, feature = "unicode"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::{Host, HostError, HostPattern};

    #[test]
    fn hosts_are_read_as_browsers_write_them() {
        for (text, expected) in [
            ("Meet.Example", "meet.example"),
            ("meet.example.", "meet.example"),
            (" meet.example ", "meet.example"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("localhost", "localhost"),
            ("127.1", "127.0.0.1"),
            ("[2001:DB8:0:0::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("a_b.example", "a_b.example"),
        ] {
            assert_eq!(Host::parse(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn plain_names_are_what_idna_makes_of_them() {
        for text in [
            "meet.example",
            "a-b.example",
            "-a.example",
            "a-.example",
            "0x1.example",
            "a",
        ] {
            assert!(super::is_plain(text));
            let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::URL);
            assert_eq!(ascii.ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        assert_eq!(Host::parse("  "), Err(HostError::Empty));
        assert_eq!(Host::parse(&"a.".repeat(200)), Err(HostError::TooLong));
        assert_eq!(Host::parse(&"a".repeat(5000)), Err(HostError::TooLong));
        for text in [
            "a b",
            "a..b",
            ".",
            "a/b",
            "a:80",
            "1.2.3.999",
            "*",
            "*.a.example",
            "a%b",
            "xn--a",
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Host::parse(&format!("{}.example", "a".repeat(64))),
            Err(HostError::Name)
        );
    }

    #[test]
    fn an_origin_has_a_host_or_none() {
        let host = |origin| Host::of_origin(origin).map(String::from);
        assert_eq!(
            host("https://Meet.example:8443"),
            Some("meet.example".into())
        );
        assert_eq!(host("http://[::1]:80/a?b"), Some("::1".into()));
        assert_eq!(
            host("https://user:word@a.example/"),
            Some("a.example".into())
        );
        for origin in ["null", "about:blank", "file:///tmp/a.html", "https://", ""] {
            assert_eq!(host(origin), None, "{origin}");
        }
    }

    #[test]
    fn a_host_covers_itself_and_its_subdomains() {
        let covers = |a: &str, b: &str| Host::parse(a).unwrap().covers(&Host::parse(b).unwrap());
        assert!(covers("example", "a.b.example"));
        assert!(covers("b.example", "a.b.example"));
        assert!(covers("b.example", "b.example"));
        assert!(!covers("b.example", "ab.example"));
        assert!(!covers("a.b.example", "b.example"));
        assert!(!covers("0.0.1", "127.0.0.1"));
    }

    #[test]
    fn patterns_are_read_as_people_type_them() {
        for text in [
            "meet.example",
            "*.meet.example",
            "https://meet.example/room",
            "MEET.example",
        ] {
            assert_eq!(
                HostPattern::parse(text).unwrap().host().as_str(),
                "meet.example"
            );
        }
        let pattern = HostPattern::parse("meet.example").unwrap();
        assert!(pattern.matches(&Host::parse("a.meet.example").unwrap()));
        for text in ["", "*", "a*.example", "*.*.example", "https://"] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_shown_in_their_own_script() {
        assert_eq!(
            Host::parse("xn--mnchen-3ya.example").unwrap().to_unicode(),
            "münchen.example"
        );
        assert_eq!(Host::parse("::1").unwrap().to_unicode(), "::1");
    }
}
