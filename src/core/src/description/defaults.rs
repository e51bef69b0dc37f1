//! The default candidate of each section, found anew after candidates went.

use alloc::string::String;

use super::{Filter, Place, Section};
use crate::address::Address;
use crate::candidate::{Candidate, CandidateType, is_unspecified};

/// How many candidates that are left are remembered for the sections behind them.
const MOST_SHOWN: usize = 256;

/// A candidate that is left and could be the default one.
#[derive(Clone, Copy)]
pub(super) struct Best<'a> {
    rank: (u8, bool, u32),
    address: &'a str,
    port: &'a str,
}

impl Best<'_> {
    fn v6(&self) -> bool {
        self.address.bytes().any(|byte| byte == b':')
    }
}

impl<'a> Filter<'a> {
    /// Takes in a candidate that is left, as a possible default.
    pub(super) fn left(&mut self, candidate: &Candidate<'a>) {
        let Some(best) = possible_default(candidate) else {
            return;
        };
        let connection = self.section.connection.or(self.session_connection);
        let slot = match candidate.component() {
            1 => {
                if self.shown.len() < MOST_SHOWN {
                    self.shown.push((best.address, best.port));
                }
                self.section.default_left |=
                    connection == Some(best.address) && self.section.port == best.port;
                &mut self.section.best
            }
            2 => &mut self.section.best_rtcp,
            _ => return,
        };
        if slot.as_ref().is_none_or(|old| old.rank < best.rank) {
            *slot = Some(best);
        }
    }

    /// Sets what the section under way says of its default candidate.
    pub(super) fn end_section(&mut self) {
        let section = core::mem::take(&mut self.section);
        let edits = section.first_edit..self.edits.len();
        if !self.in_media {
            self.session_connection = section.connection;
            self.session_edits = edits;
            return;
        }
        let own = section.connection.is_some();
        let nowhere = section
            .connection
            .or(self.session_connection)
            .is_none_or(is_unspecified);
        // Firefox repeats the default of a bundle in sections that have no candidates.
        let empty = !section.removed && section.best.is_none();
        let address = section.connection.or(self.session_connection).unwrap_or("");
        let bundled = empty && self.shown.contains(&(address, section.port));
        let left = (section.default_left || bundled) && !section.torn;
        let renew = if nowhere { section.removed } else { !left };
        // A section without a c= of its own goes by the session's, which can't change for one.
        let best = section.best.filter(|_| own && renew && section.port != "0");
        if !own && self.session_connection.is_some() {
            self.session_fails |= renew && !nowhere;
            self.session_ports.extend(edits.clone());
        }
        for index in edits {
            match self.edits.get(index).map(|edit| edit.place) {
                Some(Place::Port) if renew && section.port != "0" => {
                    self.set(index, |out| {
                        out.push_str(best.map_or("9", |best| best.port))
                    });
                }
                Some(Place::Connection { v6 }) if renew => self.set(index, |out| match best {
                    Some(best) => push_address(best.v6(), best.address, out),
                    None => push_address(v6, unspecified(v6), out),
                }),
                Some(Place::Rtcp { with_address, v6 }) => {
                    self.end_rtcp(index, &section, left, (with_address, v6), best);
                }
                _ => {}
            }
        }
    }

    /// Sets a=rtcp (RFC 3605) to the best candidate of component 2, unless it already names a
    /// candidate that is left or nothing at all.
    fn end_rtcp(
        &mut self,
        index: usize,
        section: &Section<'a>,
        left: bool,
        (with_address, v6): (bool, bool),
        default: Option<Best<'a>>,
    ) {
        let Some((port, address)) = section.rtcp else {
            return;
        };
        let best = section.best_rtcp.or(default);
        let says_nothing = matches!(port, "0" | "9") && is_unspecified(address);
        let same_as_default = left
            && port == section.port
            && (section.connection == Some(address) || address.is_empty());
        let names_best = best.is_some_and(|best| best.port == port && best.address == address);
        if says_nothing || same_as_default || names_best {
            return;
        }
        self.set(index, |out| match best {
            Some(best) => {
                out.push_str(best.port);
                out.push_str(" IN ");
                push_address(best.v6(), best.address, out);
            }
            None if with_address => {
                out.push_str("9 IN ");
                push_address(v6, unspecified(v6), out);
            }
            None => out.push('9'),
        });
    }

    /// Clears the session's c= unless every section that goes by it still may.
    pub(super) fn end_session(&mut self) {
        let clear = self
            .session_connection
            .is_some_and(|address| !is_unspecified(address))
            && (self.session_fails || self.session_ports.is_empty());
        if !clear {
            return;
        }
        for index in self.session_edits.clone() {
            if let Some(Place::Connection { v6 }) = self.edits.get(index).map(|edit| edit.place) {
                self.set(index, |out| push_address(v6, unspecified(v6), out));
            }
        }
        for index in core::mem::take(&mut self.session_ports) {
            let Some(edit) = self.edits.get(index) else {
                continue;
            };
            let (place, before) = (edit.place, self.sdp.get(edit.start..edit.end));
            if matches!(place, Place::Port | Place::Rtcp { .. }) && before != Some("0") {
                self.set(index, |out| {
                    out.push('9');
                    if let Place::Rtcp {
                        with_address: true,
                        v6,
                    } = place
                    {
                        out.push_str(" IN ");
                        push_address(v6, unspecified(v6), out);
                    }
                });
            }
        }
    }
}

/// How good a candidate is as the default one: by type, then IPv4 before IPv6, then by priority
/// (RFC 8839, section 4.2.1.2). Only UDP with an IP address can be one.
fn possible_default<'a>(candidate: &Candidate<'a>) -> Option<Best<'a>> {
    let kind = match candidate.kind() {
        CandidateType::Relay => 3,
        CandidateType::Srflx | CandidateType::Prflx => 2,
        CandidateType::Host => 1,
        CandidateType::Other => 0,
    };
    let address = candidate.address();
    let ip = Address::parse(address)
        .ip()
        .filter(|ip| !ip.is_unspecified())?;
    let udp = candidate.transport().eq_ignore_ascii_case("udp");
    let rank = (kind, ip.is_ipv4(), candidate.priority());
    udp.then_some(Best {
        rank,
        address,
        port: candidate.port(),
    })
}

pub(super) fn unspecified(v6: bool) -> &'static str {
    if v6 { "::" } else { "0.0.0.0" }
}

fn push_address(v6: bool, address: &str, out: &mut String) {
    out.push_str(if v6 { "IP6 " } else { "IP4 " });
    out.push_str(address);
}
