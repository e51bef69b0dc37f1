//! Candidate lines, by RFC 8839, section 5.1.
//!
//! A [`Candidate`] borrows from the text that it was read from and knows where each field stands,
//! so that a line can be changed in one place and stay the same to the byte everywhere else.

use alloc::string::String;

use crate::address::{Address, AddressClass, mentions_ip};
use crate::text::{Piece, Words, is_blank, parse_u32, push_u32, strip_prefix_ignore_case};

/// The type of a candidate (RFC 8445, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CandidateType {
    /// An address of this machine.
    Host,
    /// An address that a STUN server saw.
    Srflx,
    /// An address that the other peer saw.
    Prflx,
    /// An address on a TURN server.
    Relay,
    /// A type that no RFC knows.
    Other,
}

impl CandidateType {
    /// Reads a type, in upper or lower case; any unknown word is [`CandidateType::Other`].
    #[must_use]
    pub fn parse(word: &str) -> Self {
        [Self::Host, Self::Srflx, Self::Prflx, Self::Relay]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
            .unwrap_or(Self::Other)
    }

    /// The word of the RFC; `-` for an unknown type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
            Self::Other => "-",
        }
    }
}

/// Why a text is no candidate line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CandidateError {
    /// A field is missing.
    TooShort,
    /// Component, priority or port isn't a number of its range.
    Number,
    /// The word `typ` doesn't stand where it belongs.
    NoType,
}

impl core::fmt::Display for CandidateError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooShort => "a candidate has eight fields before its extensions",
            Self::Number => "component, priority or port of a candidate is no number of its range",
            Self::NoType => "the seventh field of a candidate is the word typ",
        })
    }
}

impl core::error::Error for CandidateError {}

/// One candidate, read from a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    line: &'a str,
    foundation: Piece<'a>,
    component: u32,
    transport: &'a str,
    priority: u32,
    address: &'a str,
    port: &'a str,
    kind: CandidateType,
    extensions: usize,
}

impl<'a> Candidate<'a> {
    /// Reads a candidate, with or without `a=` and `candidate:` before it, and without a line
    /// ending. Words of the grammar count in upper and lower case (RFC 5234, section 2.3); more
    /// blanks than one between fields are accepted.
    ///
    /// # Errors
    /// [`CandidateError`] says what the line lacks.
    pub fn parse(line: &'a str) -> Result<Self, CandidateError> {
        let mut words = Words::new(line, prefix_length(line));
        let mut next = || words.next().ok_or(CandidateError::TooShort);
        let foundation = next()?;
        let component = parse_u32(next()?.text).ok_or(CandidateError::Number)?;
        let transport = next()?.text;
        let priority = parse_u32(next()?.text).ok_or(CandidateError::Number)?;
        let address = next()?.text;
        let port = next()?.text;
        if parse_u32(port).is_none_or(|port| port > 0xffff) {
            return Err(CandidateError::Number);
        }
        if !next()?.text.eq_ignore_ascii_case("typ") {
            return Err(CandidateError::NoType);
        }
        let kind = next()?;
        Ok(Self {
            line,
            foundation,
            component,
            transport,
            priority,
            address,
            port,
            kind: CandidateType::parse(kind.text),
            extensions: kind.end(),
        })
    }

    /// The foundation, one to 32 characters by the RFC.
    #[must_use]
    pub fn foundation(&self) -> &'a str {
        self.foundation.text
    }

    /// The component: 1 for RTP or data, 2 for RTCP.
    #[must_use]
    pub fn component(&self) -> u32 {
        self.component
    }

    /// The transport, as written.
    #[must_use]
    pub fn transport(&self) -> &'a str {
        self.transport
    }

    /// The priority (RFC 8445, section 5.1.2).
    #[must_use]
    pub fn priority(&self) -> u32 {
        self.priority
    }

    /// The connection address, as written.
    #[must_use]
    pub fn address(&self) -> &'a str {
        self.address
    }

    /// The class of the connection address.
    #[must_use]
    pub fn class(&self) -> AddressClass {
        Address::parse(self.address).class()
    }

    /// The port, as written.
    #[must_use]
    pub fn port(&self) -> &'a str {
        self.port
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> CandidateType {
        self.kind
    }

    /// The related address, as written, where there is one.
    #[must_use]
    pub fn related_address(&self) -> Option<&'a str> {
        self.extension("raddr")
    }

    /// The related port, as written, where there is one.
    #[must_use]
    pub fn related_port(&self) -> Option<&'a str> {
        self.extension("rport")
    }

    /// The value of the first extension of that name; names count in upper and lower case.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&'a str> {
        self.extension_pairs()
            .find(|(found, _)| found.text.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.map(|value| value.text))
    }

    /// Whether this is a TCP candidate that nobody connects to (RFC 6544, section 4.5) and that
    /// names no address.
    #[must_use]
    pub fn is_inert(&self) -> bool {
        self.class() == AddressClass::Unspecified
            && self.transport.eq_ignore_ascii_case("tcp")
            && self
                .extension("tcptype")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("active"))
    }

    /// Appends the line with another foundation, and with nothing in its extensions that is an
    /// address: related addresses become unspecified, related ports 0. All else is kept.
    pub fn push_shown(&self, foundation: &str, out: &mut String) {
        let mut from = 0;
        let mut splice = |piece: Piece<'a>, with: &str| {
            out.push_str(self.line.get(from..piece.start).unwrap_or(""));
            out.push_str(with);
            from = piece.end();
        };
        splice(self.foundation, foundation);
        let unspecified = unspecified_like(self.address);
        for (name, value) in self.extension_pairs() {
            if mentions_ip(name.text) {
                splice(name, unspecified);
            }
            let Some(value) = value else { continue };
            if name.text.eq_ignore_ascii_case("raddr") {
                if !is_unspecified(value.text) {
                    splice(value, unspecified);
                }
            } else if name.text.eq_ignore_ascii_case("rport") {
                splice(value, "0");
            } else if mentions_ip(value.text) {
                splice(value, unspecified);
            }
        }
        out.push_str(self.line.get(from..).unwrap_or(""));
    }

    /// Appends what may be told of a candidate that is hidden: its place, type and priority,
    /// and no address. Extensions that are known to carry none are kept.
    pub fn push_redacted(&self, foundation: &str, out: &mut String) {
        let tcp = self.transport.eq_ignore_ascii_case("tcp");
        let kind = match self.kind() {
            CandidateType::Other => "host",
            kind => kind.as_str(),
        };
        self.push_head(foundation, if tcp { "tcp" } else { "udp" }, kind, out);
        if self.related_address().is_some() {
            out.push_str(" raddr 0.0.0.0 rport 0");
        }
        self.push_harmless_extensions(&["tcptype"], out);
    }

    /// Appends a candidate that can stand in for this one and that nobody connects to: TCP,
    /// active, without an address (RFC 6544, section 4.5).
    pub fn push_inert(&self, out: &mut String) {
        self.push_head(self.foundation.text, "tcp", "host", out);
        out.push_str(" tcptype active");
        self.push_harmless_extensions(&[], out);
    }

    fn push_head(&self, foundation: &str, transport: &str, kind: &str, out: &mut String) {
        out.push_str("candidate:");
        out.push_str(foundation);
        out.push(' ');
        push_u32(out, self.component);
        out.push(' ');
        out.push_str(transport);
        out.push(' ');
        push_u32(out, self.priority);
        out.push_str(" 0.0.0.0 9 typ ");
        out.push_str(kind);
    }

    fn push_harmless_extensions(&self, also: &[&str], out: &mut String) {
        const HARMLESS: [&str; 4] = ["generation", "ufrag", "network-id", "network-cost"];
        for (name, value) in self.extension_pairs() {
            let known = HARMLESS
                .iter()
                .chain(also)
                .any(|known| name.text.eq_ignore_ascii_case(known));
            if let Some(value) = value
                && known
                && !mentions_ip(value.text)
            {
                out.push(' ');
                out.push_str(name.text);
                out.push(' ');
                out.push_str(value.text);
            }
        }
    }

    /// Extensions as pairs of name and value; a last name may lack its value.
    fn extension_pairs(&self) -> impl Iterator<Item = (Piece<'a>, Option<Piece<'a>>)> + use<'a> {
        let mut words = Words::new(self.line, self.extensions);
        core::iter::from_fn(move || words.next().map(|name| (name, words.next())))
    }
}

/// The unspecified address of the family that `address` belongs to; IPv4 for names.
#[must_use]
pub fn unspecified_like(address: &str) -> &'static str {
    if address.bytes().any(|byte| byte == b':') {
        "::"
    } else {
        "0.0.0.0"
    }
}

/// Whether an address says nothing: `0.0.0.0`, `::`, or no text at all.
#[must_use]
pub fn is_unspecified(address: &str) -> bool {
    address.is_empty() || Address::parse(address).class() == AddressClass::Unspecified
}

/// How many bytes of `line` are blanks, `a=` and `candidate:`.
fn prefix_length(line: &str) -> usize {
    let mut rest = trim_blanks(line);
    if let Some(after) = strip_prefix_ignore_case(rest, "a=") {
        rest = trim_blanks(after);
    }
    if let Some(after) = strip_prefix_ignore_case(rest, "candidate")
        && let Some(after) = trim_blanks(after).strip_prefix(':')
    {
        rest = after;
    }
    line.len() - rest.len()
}

fn trim_blanks(text: &str) -> &str {
    let blanks = text.bytes().take_while(|byte| is_blank(*byte)).count();
    text.get(blanks..).unwrap_or("")
}

#[cfg(test)]
mod tests;
