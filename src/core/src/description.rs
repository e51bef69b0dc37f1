//! Descriptions (SDP, RFC 8866), filtered by line in one pass.
//!
//! Nothing is parsed and written again: a filter notes which bytes change, and all others are
//! copied. Lines may end in CR LF, LF or CR, in any mixture, and the last one may have no ending.
//!
//! When candidates go, the default candidate of their section (RFC 8839, section 4.2.1.2) goes
//! with them: the port of the m= line, c= and a=rtcp are set together from the best candidate
//! that is left, else to port 9 and `0.0.0.0` or `::` (RFC 9429, section 5.3.1, and RFC 8840,
//! section 4.1.1). A port of 0 means a section that isn't used or bundle-only (RFC 8843), and
//! stays.

mod defaults;

use alloc::string::String;
use alloc::vec::Vec;

use self::defaults::{Best, unspecified};
use crate::address::{Address, AddressClass};
use crate::candidate::{Candidate, is_unspecified};
use crate::text::{Line, Lines, Piece, Words, is_blank};

/// What becomes of one candidate line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Keep,
    /// It stays, as what was appended to the text that the judge was given.
    Replace,
    /// It goes, with its line ending.
    Remove,
}

/// Whoever decides about the candidate lines of a description.
pub trait Judge {
    /// Decides about one line, given from the `candidate` of its name to its end. For
    /// [`Fate::Replace`] the new text is appended to `out`; nothing else may be done with `out`.
    fn candidate(&mut self, line: &str, out: &mut String) -> Fate;
}

/// Which lines of a description, besides candidates, are rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Candidate lines only.
    Candidates,
    /// Also default candidates, the origin and `a=remote-candidates`.
    Everything,
}

/// Filters a description. `None` means that nothing changes.
pub fn filter(sdp: &str, extent: Extent, judge: &mut dyn Judge) -> Option<String> {
    let mut filter = Filter::new(sdp, extent);
    for line in Lines::new(sdp) {
        filter.line(&line, judge);
    }
    filter.finish()
}

/// A change of the bytes from `start` to `end` into those of the pool. Where `set` is false, it
/// is a place that may still be changed.
struct Edit {
    start: usize,
    end: usize,
    pool: (usize, usize),
    place: Place,
    set: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Other,
    Port,
    Connection { v6: bool },
    Rtcp { with_address: bool, v6: bool },
}

/// What was seen of the section under way; before the first m= line, of the session.
#[derive(Default)]
struct Section<'a> {
    first_edit: usize,
    port: &'a str,
    connection: Option<&'a str>,
    /// Whether several c= lines name several addresses.
    torn: bool,
    rtcp: Option<(&'a str, &'a str)>,
    removed: bool,
    default_left: bool,
    best: Option<Best<'a>>,
    best_rtcp: Option<Best<'a>>,
}

struct Filter<'a> {
    sdp: &'a str,
    extent: Extent,
    edits: Vec<Edit>,
    pool: String,
    section: Section<'a>,
    in_media: bool,
    /// Address and port of candidates that are left in any section so far.
    shown: Vec<(&'a str, &'a str)>,
    session_connection: Option<&'a str>,
    /// Edits of the session's c= lines, and of the ports that go by them.
    session_edits: core::ops::Range<usize>,
    session_ports: Vec<usize>,
    session_fails: bool,
}

impl<'a> Filter<'a> {
    fn new(sdp: &'a str, extent: Extent) -> Self {
        Self {
            sdp,
            extent,
            edits: Vec::with_capacity(16),
            pool: String::with_capacity(256),
            section: Section::default(),
            in_media: false,
            shown: Vec::new(),
            session_connection: None,
            session_edits: 0..0,
            session_ports: Vec::new(),
            session_fails: false,
        }
    }

    fn line(&mut self, line: &Line<'a>, judge: &mut dyn Judge) {
        let Some((letter, value)) = split_line(line) else {
            return;
        };
        match letter {
            b'a' => self.attribute(line, value, judge),
            _ if self.extent == Extent::Candidates => {}
            b'm' => self.media(value),
            b'c' => self.connection(value),
            b'o' => self.origin(value),
            _ => {}
        }
    }

    fn attribute(&mut self, line: &Line<'a>, value: Piece<'a>, judge: &mut dyn Judge) {
        // Most lines are of no interest, and their first byte says so.
        if !matches!(
            value.text.as_bytes().first(),
            Some(b'c' | b'C' | b'r' | b'R')
        ) {
            return;
        }
        let length = value
            .text
            .bytes()
            .take_while(|byte| *byte != b':' && !is_blank(*byte))
            .count();
        let name = value.text.get(..length).unwrap_or("");
        if name.eq_ignore_ascii_case("candidate") {
            self.candidate(line, value, judge);
        } else if self.extent == Extent::Candidates {
        } else if name.eq_ignore_ascii_case("rtcp") {
            self.rtcp(value, length);
        } else if name.eq_ignore_ascii_case("remote-candidates") {
            self.note(line.start, line.next, Place::Other, true);
        }
    }

    fn candidate(&mut self, line: &Line<'a>, value: Piece<'a>, judge: &mut dyn Judge) {
        let before = self.pool.len();
        match judge.candidate(value.text, &mut self.pool) {
            Fate::Keep => self.pool.truncate(before),
            Fate::Replace => self.edits.push(Edit {
                start: value.start,
                end: value.end(),
                pool: (before, self.pool.len()),
                place: Place::Other,
                set: true,
            }),
            Fate::Remove => {
                self.pool.truncate(before);
                self.section.removed = true;
                self.note(line.start, line.next, Place::Other, true);
                return;
            }
        }
        if self.extent == Extent::Everything
            && let Ok(candidate) = Candidate::parse(value.text)
        {
            self.left(&candidate);
        }
    }

    fn media(&mut self, value: Piece<'a>) {
        self.end_section();
        self.in_media = true;
        self.section.first_edit = self.edits.len();
        let Some(word) = self.words(value, 0).nth(1) else {
            return;
        };
        let length = word.text.bytes().take_while(u8::is_ascii_digit).count();
        let port = word.text.get(..length).unwrap_or("");
        self.section.port = port;
        self.note(word.start, word.start + length, Place::Port, false);
    }

    fn connection(&mut self, value: Piece<'a>) {
        let mut words = self.words(value, 0);
        let (Some(_), Some(family), Some(address)) = (words.next(), words.next(), words.next())
        else {
            return;
        };
        let place = Place::Connection {
            v6: family.text.eq_ignore_ascii_case("IP6"),
        };
        self.note(family.start, address.end(), place, false);
        let host = address.text.split('/').next().unwrap_or("");
        let known = self
            .section
            .connection
            .filter(|known| !is_unspecified(known));
        match known {
            None => self.section.connection = Some(host),
            Some(known) => self.section.torn |= known != host,
        }
    }

    fn rtcp(&mut self, value: Piece<'a>, length: usize) {
        let mut words = self.words(value, length + 1);
        let Some(port) = words.next() else { return };
        let family = words.nth(1);
        let address = words.next();
        let v6 = family.is_some_and(|family| family.text.eq_ignore_ascii_case("IP6"));
        let place = Place::Rtcp {
            with_address: address.is_some(),
            v6,
        };
        self.section.rtcp = Some(match self.section.rtcp {
            None => (port.text, address.map_or("", |address| address.text)),
            // One of several is believed as little as a c= of several.
            Some(_) => ("", ""),
        });
        self.note(
            port.start,
            address.map_or(port.end(), |address| address.end()),
            place,
            false,
        );
    }

    /// The origin (RFC 8866, section 5.2) names the machine that made the description; browsers
    /// put a fixed address there.
    fn origin(&mut self, value: Piece<'a>) {
        let mut words = self.words(value, 0).skip(4);
        let Some(family) = words.next() else { return };
        let v6 = family.text.eq_ignore_ascii_case("IP6");
        for address in words {
            let class = Address::parse(address.text).class();
            if !matches!(class, AddressClass::Unspecified | AddressClass::Loopback) {
                self.note(address.start, address.end(), Place::Other, false);
                self.set(self.edits.len() - 1, |out| out.push_str(unspecified(v6)));
            }
        }
    }

    /// The words of a line from byte `skip` of its value on.
    fn words(&self, value: Piece<'a>, skip: usize) -> Words<'a> {
        Words::new(
            self.sdp.get(..value.end()).unwrap_or(""),
            value.start + skip,
        )
    }

    fn note(&mut self, start: usize, end: usize, place: Place, set: bool) {
        self.edits.push(Edit {
            start,
            end,
            pool: (0, 0),
            place,
            set,
        });
    }

    fn set(&mut self, index: usize, write: impl FnOnce(&mut String)) {
        let Some(edit) = self.edits.get_mut(index) else {
            return;
        };
        let before = self.pool.len();
        write(&mut self.pool);
        edit.pool = (before, self.pool.len());
        edit.set = true;
    }

    fn finish(mut self) -> Option<String> {
        self.end_section();
        self.end_session();
        let mut out = String::new();
        let mut at = 0;
        for edit in self.edits.iter().filter(|edit| edit.set) {
            let new = self.pool.get(edit.pool.0..edit.pool.1).unwrap_or("");
            if self.sdp.get(edit.start..edit.end) == Some(new) {
                continue;
            }
            if out.capacity() == 0 {
                out.reserve(self.sdp.len() + self.pool.len());
            }
            out.push_str(self.sdp.get(at..edit.start).unwrap_or(""));
            out.push_str(new);
            at = edit.end;
        }
        if at == 0 {
            return None;
        }
        out.push_str(self.sdp.get(at..).unwrap_or(""));
        Some(out)
    }
}

/// The letter of a line and what stands after the equals sign. Blanks before the letter and
/// after the sign are passed over, and the letter counts in upper and lower case: what a lenient
/// parser reads as a candidate must be one here.
fn split_line<'a>(line: &Line<'a>) -> Option<(u8, Piece<'a>)> {
    let bytes = line.text.as_bytes();
    let first = bytes.iter().position(|byte| !is_blank(*byte))?;
    let letter = bytes.get(first)?.to_ascii_lowercase();
    if !matches!(letter, b'a' | b'c' | b'm' | b'o') {
        return None;
    }
    let sign = first + 1;
    if bytes.get(sign) != Some(&b'=') {
        return None;
    }
    let rest = bytes.get(sign + 1..)?;
    let start = sign + 1 + rest.iter().take_while(|byte| is_blank(**byte)).count();
    Some((
        letter,
        Piece {
            start: line.start + start,
            text: line.text.get(start..)?,
        },
    ))
}

#[cfg(test)]
mod tests;
