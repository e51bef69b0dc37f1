//! Candidate lines.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::{Candidate, CandidateError, CandidateType};
use crate::address::AddressClass;

const SRFLX: &str = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx \
                     raddr 192.168.1.10 rport 46154 generation 0 ufrag Eq3f network-id 1";

fn shown(line: &str) -> String {
    let mut out = String::new();
    Candidate::parse(line).unwrap().push_shown("7", &mut out);
    out
}

fn redacted(line: &str) -> String {
    let mut out = String::new();
    Candidate::parse(line).unwrap().push_redacted("7", &mut out);
    out
}

#[test]
fn fields_are_read() {
    let candidate = Candidate::parse(SRFLX).unwrap();
    assert_eq!(candidate.foundation(), "842163049");
    assert_eq!(candidate.component(), 1);
    assert_eq!(candidate.transport(), "udp");
    assert_eq!(candidate.priority(), 1_677_729_535);
    assert_eq!(candidate.address(), "203.0.113.7");
    assert_eq!(candidate.class(), AddressClass::Documentation);
    assert_eq!(candidate.port(), "46154");
    assert_eq!(candidate.kind(), CandidateType::Srflx);
    assert_eq!(candidate.related_address(), Some("192.168.1.10"));
    assert_eq!(candidate.related_port(), Some("46154"));
    assert_eq!(candidate.extension("UFRAG"), Some("Eq3f"));
    assert_eq!(candidate.extension("tcptype"), None);
}

#[test]
fn prefixes_case_and_blanks_are_free() {
    let plain = "1 1 UDP 1 10.0.0.1 5 TYP HOST";
    for prefix in [
        "",
        "candidate:",
        "a=candidate:",
        "A=CANDIDATE:",
        " a= candidate :",
    ] {
        let line = format!("{prefix}{plain}");
        let candidate = Candidate::parse(&line).unwrap();
        assert_eq!(
            (candidate.foundation(), candidate.kind()),
            ("1", CandidateType::Host)
        );
    }
    assert!(Candidate::parse("candidate:1  1 udp\t1 10.0.0.1 5 typ host ").is_ok());
}

#[test]
fn a_line_that_lacks_something_says_what() {
    for (line, error) in [
        ("", CandidateError::TooShort),
        ("candidate:", CandidateError::TooShort),
        (
            "candidate:1 1 udp 1 10.0.0.1 5 typ",
            CandidateError::TooShort,
        ),
        (
            "candidate:1 x udp 1 10.0.0.1 5 typ host",
            CandidateError::Number,
        ),
        (
            "candidate:1 1 udp -1 10.0.0.1 5 typ host",
            CandidateError::Number,
        ),
        (
            "candidate:1 1 udp 1 10.0.0.1 65536 typ host",
            CandidateError::Number,
        ),
        (
            "candidate:1 1 udp 1 10.0.0.1 5 type host",
            CandidateError::NoType,
        ),
    ] {
        assert_eq!(Candidate::parse(line), Err(error), "{line}");
    }
}

#[test]
fn what_is_shown_changes_in_three_places_only() {
    assert_eq!(
        shown(SRFLX),
        "candidate:7 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 \
         generation 0 ufrag Eq3f network-id 1"
    );
    assert_eq!(
        shown("a=candidate:1 1 udp 1  2001:db8::1 5 typ relay raddr fe80::1 rport 6 x-new  y "),
        "a=candidate:7 1 udp 1  2001:db8::1 5 typ relay raddr :: rport 0 x-new  y "
    );
    assert_eq!(shown(&shown(SRFLX)), shown(SRFLX));
}

#[test]
fn an_extension_that_carries_an_address_loses_it() {
    assert_eq!(
        shown("1 1 udp 1 203.0.113.9 5 typ relay x-base 192.168.1.10:4 odd raddr 10.0.0.1"),
        "7 1 udp 1 203.0.113.9 5 typ relay x-base 0.0.0.0 odd raddr 0.0.0.0"
    );
}

#[test]
fn what_is_hidden_keeps_no_address() {
    assert_eq!(
        redacted(SRFLX),
        "candidate:7 1 udp 1677729535 0.0.0.0 9 typ srflx raddr 0.0.0.0 rport 0 \
         generation 0 ufrag Eq3f network-id 1"
    );
    assert_eq!(
        redacted("candidate:1 1 TCP 5 10.0.0.1 9 typ host tcptype active x-a 10.0.0.1"),
        "candidate:7 1 tcp 5 0.0.0.0 9 typ host tcptype active"
    );
    assert_eq!(redacted(&redacted(SRFLX)), redacted(SRFLX));
}

#[test]
fn an_inert_candidate_is_one_that_nobody_connects_to() {
    let mut out = String::new();
    Candidate::parse(SRFLX).unwrap().push_inert(&mut out);
    assert_eq!(
        out,
        "candidate:842163049 1 tcp 1677729535 0.0.0.0 9 typ host tcptype active \
         generation 0 ufrag Eq3f network-id 1"
    );
    let inert = Candidate::parse(&out).unwrap();
    assert!(inert.is_inert());
    let mut again = String::new();
    inert.push_inert(&mut again);
    assert_eq!(again, out);
    assert!(!Candidate::parse(SRFLX).unwrap().is_inert());
}
