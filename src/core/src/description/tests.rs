//! Descriptions, with a judge that hides everything but relays.

use alloc::string::String;

use super::{Extent, Fate, Judge, filter};

struct RelaysOnly;

impl Judge for RelaysOnly {
    fn candidate(&mut self, line: &str, _: &mut String) -> Fate {
        if line.contains("typ relay") {
            Fate::Keep
        } else {
            Fate::Remove
        }
    }
}

fn filtered(sdp: &str) -> String {
    let once = filter(sdp, Extent::Everything, &mut RelaysOnly).unwrap_or_else(|| sdp.into());
    assert_eq!(
        filter(&once, Extent::Everything, &mut RelaysOnly),
        None,
        "{once}"
    );
    once
}

const HOST: &str = "a=candidate:1 1 udp 2122260223 192.168.1.10 46154 typ host";
const RELAY: &str = "a=candidate:2 1 udp 41885439 198.51.100.9 50000 typ relay";
const RELAY6: &str = "a=candidate:3 1 udp 41885695 2001:db8::9 50001 typ relay";
const RELAY_RTCP: &str = "a=candidate:2 2 udp 41885438 198.51.100.9 50002 typ relay";

#[test]
fn the_default_is_the_best_that_is_left() {
    assert_eq!(
        filtered(&format!(
            "m=audio 46154 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.168.1.10\r\n\
             a=rtcp:9 IN IP4 0.0.0.0\r\n{HOST}\r\n{RELAY6}\r\n{RELAY}\r\n"
        )),
        format!(
            "m=audio 50000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 198.51.100.9\r\n\
             a=rtcp:9 IN IP4 0.0.0.0\r\n{RELAY6}\r\n{RELAY}\r\n"
        )
    );
    assert_eq!(
        filtered(&format!(
            "m=audio 46154 X\nc=IN IP4 192.168.1.10\n{HOST}\n{RELAY6}"
        )),
        format!("m=audio 50001 X\nc=IN IP6 2001:db8::9\n{RELAY6}")
    );
}

#[test]
fn without_a_candidate_the_default_is_nowhere() {
    assert_eq!(
        filtered(&format!(
            "m=audio 46154 X\r\nc=IN IP4 192.168.1.10\r\na=rtcp:46155 IN IP4 192.168.1.10\r\n{HOST}\r\n"
        )),
        "m=audio 9 X\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    );
    assert_eq!(
        filtered("m=audio 46154 X\nc=IN IP6 fd00::1\na=rtcp:46155\n"),
        "m=audio 9 X\nc=IN IP6 ::\na=rtcp:9\n"
    );
}

#[test]
fn a_port_of_zero_stays() {
    assert_eq!(
        filtered(&format!(
            "m=video 0 X\nc=IN IP4 192.168.1.10\na=bundle-only\n{HOST}\n"
        )),
        "m=video 0 X\nc=IN IP4 0.0.0.0\na=bundle-only\n"
    );
}

#[test]
fn a_default_that_is_shown_stays() {
    let sdp = format!(
        "m=audio 50000 X\r\nc=IN IP4 198.51.100.9\r\na=rtcp:50002 IN IP4 198.51.100.9\r\n{RELAY}\r\n{RELAY_RTCP}\r\n"
    );
    assert_eq!(filtered(&sdp), sdp);
    let with_host = sdp.replace(RELAY, &format!("{HOST}\r\n{RELAY}"));
    assert_eq!(filtered(&with_host), sdp);
}

#[test]
fn a_default_that_was_never_set_stays() {
    let sdp = "m=audio 9 X\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:x\r\n";
    assert_eq!(filtered(sdp), sdp);
}

#[test]
fn a_bundled_section_may_repeat_a_default_that_is_shown() {
    let first = format!("m=audio 50000 X\nc=IN IP4 198.51.100.9\n{RELAY}\n");
    let sdp = format!("{first}m=video 50000 X\nc=IN IP4 198.51.100.9\na=mid:1\n");
    assert_eq!(filtered(&sdp), sdp);
    assert_eq!(
        filtered(&format!(
            "{first}m=video 46154 X\nc=IN IP4 192.168.1.10\na=mid:1\n"
        )),
        format!("{first}m=video 9 X\nc=IN IP4 0.0.0.0\na=mid:1\n")
    );
}

#[test]
fn rtcp_follows_its_own_component() {
    assert_eq!(
        filtered(&format!(
            "m=audio 1 X\nc=IN IP4 192.168.1.10\n{HOST}\n{RELAY}\n{RELAY_RTCP}\na=rtcp:2 IN IP4 192.168.1.10\n"
        )),
        format!(
            "m=audio 50000 X\nc=IN IP4 198.51.100.9\n{RELAY}\n{RELAY_RTCP}\na=rtcp:50002 IN IP4 198.51.100.9\n"
        )
    );
}

#[test]
fn every_rtcp_line_is_looked_at() {
    assert_eq!(
        filtered(
            "m=audio 9 X\nc=IN IP4 0.0.0.0\na=rtcp:5 IN IP4 192.168.1.10\na=rtcp:9 IN IP4 0.0.0.0\n"
        ),
        "m=audio 9 X\nc=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\n"
    );
}

#[test]
fn rtcp_goes_with_the_sessions_address() {
    assert_eq!(
        filtered(&format!(
            "c=IN IP4 198.51.100.9\nm=audio 50000 X\na=rtcp:50000\n{RELAY}\nm=video 46154 X\n{HOST}\n"
        )),
        format!("c=IN IP4 0.0.0.0\nm=audio 9 X\na=rtcp:9\n{RELAY}\nm=video 9 X\n")
    );
}

#[test]
fn the_sessions_address_counts_for_sections_without_their_own() {
    assert_eq!(
        filtered(&format!(
            "v=0\nc=IN IP4 192.168.1.10\nm=audio 46154 X\n{HOST}\nm=video 50000 X\nc=IN IP4 198.51.100.9\n{RELAY}\n"
        )),
        format!(
            "v=0\nc=IN IP4 0.0.0.0\nm=audio 9 X\nm=video 50000 X\nc=IN IP4 198.51.100.9\n{RELAY}\n"
        )
    );
    let shown = format!("v=0\nc=IN IP4 198.51.100.9\nm=audio 50000 X\n{RELAY}\n");
    assert_eq!(filtered(&shown), shown);
    assert_eq!(
        filtered(&format!("{shown}m=video 7 X\n{HOST}\n")),
        format!("v=0\nc=IN IP4 0.0.0.0\nm=audio 9 X\n{RELAY}\nm=video 9 X\n")
    );
    assert_eq!(
        filtered("v=0\nc=IN IP4 192.168.1.10\n"),
        "v=0\nc=IN IP4 0.0.0.0\n"
    );
}

#[test]
fn several_addresses_of_a_section_become_one() {
    assert_eq!(
        filtered(&format!(
            "m=audio 50000 X\nc=IN IP4 198.51.100.9\nc=IN IP4 192.168.1.10/127\n{RELAY}\n"
        )),
        format!("m=audio 50000 X\nc=IN IP4 198.51.100.9\nc=IN IP4 198.51.100.9\n{RELAY}\n")
    );
}

#[test]
fn the_origin_names_no_machine() {
    assert_eq!(
        filtered("o=- 1 2 IN IP4 192.168.1.10\r\n"),
        "o=- 1 2 IN IP4 0.0.0.0\r\n"
    );
    assert_eq!(filtered("o=- 1 2 IN IP6 2001:db8::1"), "o=- 1 2 IN IP6 ::");
    assert_eq!(
        filtered("o=- 1 2 IN IP4 laptop.example\n"),
        "o=- 1 2 IN IP4 0.0.0.0\n"
    );
    for kept in [
        "o=- 1 2 IN IP4 127.0.0.1\r\n",
        "o=mozilla 1 0 IN IP4 0.0.0.0\n",
        "o=\n",
        "o=- 1",
    ] {
        assert_eq!(filtered(kept), kept);
    }
}

#[test]
fn endings_and_unknown_lines_stay_to_the_byte() {
    assert_eq!(
        filtered(&format!(
            "v=0\n\r\nx\ra=candidate-like:1\r{HOST}\ra=mid:0\r\n {HOST}\n\n\0\u{e9}"
        )),
        "v=0\n\r\nx\ra=candidate-like:1\ra=mid:0\r\n\n\0\u{e9}"
    );
}

#[test]
fn a_candidate_is_found_however_it_is_written() {
    for line in [
        "A=Candidate:x",
        "\ta=candidate:x",
        "a= candidate :x",
        "a=candidate",
        "a=candidate x",
    ] {
        assert_eq!(filtered(line), "", "{line}");
    }
}

#[test]
fn what_lists_the_peers_addresses_goes() {
    assert_eq!(
        filtered("a=remote-candidates:1 192.168.1.10 5\na=mid:0\n"),
        "a=mid:0\n"
    );
}

#[test]
fn only_candidates_go_where_only_they_are_asked_for() {
    let sdp = format!("o=- 1 2 IN IP4 192.168.1.10\nm=audio 1 X\nc=IN IP4 192.168.1.10\n{HOST}\n");
    assert_eq!(
        filter(&sdp, Extent::Candidates, &mut RelaysOnly),
        Some("o=- 1 2 IN IP4 192.168.1.10\nm=audio 1 X\nc=IN IP4 192.168.1.10\n".into())
    );
}
