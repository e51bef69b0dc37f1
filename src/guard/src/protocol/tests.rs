//! The protocol, natively.
#![allow(clippy::unwrap_used)]

use super::Frame;

const SRFLX: &str = "candidate:1 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.10 \
                     rport 46154 generation 0";
const RELAY: &str = "candidate:5 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.7 \
                     rport 40000 generation 0";

fn frame(policy: &str) -> Frame {
    let mut frame = Frame::default();
    frame.set_policy(policy, "example.org");
    frame
}

#[test]
fn what_is_no_question_is_answered_so() {
    let mut frame = frame("allow");
    for request in [
        "",
        "o",
        "o x",
        "z 1\n",
        "o -1",
        "c 1\nnowhere\nx",
        "c 1\ncandidate",
        "t 1\n",
        "t 1\nlocal\nhost",
        "e 1\na",
        "n 1\nx\ny",
        "\n",
        "o 99999999999",
    ] {
        assert_eq!(frame.ask(request), "!", "{request:?}");
    }
}

#[test]
fn a_connection_keeps_the_policy_it_was_opened_with() {
    let mut frame = frame("allow");
    assert_eq!(frame.ask("o 1\n"), "=allow");
    frame.set_policy("relay-only", "example.org");
    assert_eq!(frame.ask("o 2"), "=relay-only");
    assert_eq!(frame.ask(&format!("c 1\ncandidate\n{SRFLX}")), "=");
    assert!(
        frame
            .ask(&format!("c 2\ncandidate\n{SRFLX}"))
            .starts_with('-')
    );
    assert!(
        frame
            .ask(&format!("c 0\ncandidate\n{SRFLX}"))
            .starts_with('-')
    );
    assert_eq!(frame.ask("x 1\n"), "=");
    assert!(
        frame
            .ask(&format!("c 1\ncandidate\n{SRFLX}"))
            .starts_with('-')
    );
}

#[test]
fn before_any_policy_and_for_an_unknown_one_relay_only_holds() {
    assert_eq!(Frame::default().ask("o 1\n"), "=relay-only");
    assert_eq!(frame("sometimes").ask("o 1\n"), "=relay-only");
}

#[test]
fn stun_servers_are_removed() {
    let servers = "s 0\nstun:stun.example.org\nturn:turn.example.org\nSTUNS:x";
    assert_eq!(frame("relay-only").ask(servers), "~010");
    assert_eq!(frame("public-only").ask(servers), "=");
    assert_eq!(frame("relay-only").ask("s 0\nturn:turn.example.org"), "=");
    assert_eq!(frame("relay-only").ask("s 0\n"), "=");
}

#[test]
fn a_hidden_candidate_is_a_record_without_address() {
    let answer = frame("relay-only").ask(&format!("c 0\ncandidate\n{SRFLX}"));
    let token = answer.rsplit('\n').next().unwrap();
    assert_eq!(
        answer,
        format!(
            "-candidate:{token} 1 udp 1677729535 0.0.0.0 9 typ srflx raddr 0.0.0.0 rport 0 \
             generation 0\n\0\n\0\n\0\n\0\n{token}"
        )
    );
}

#[test]
fn a_shown_candidate_loses_related_address_and_foundation() {
    let mut frame = frame("relay-only");
    let answer = frame.ask(&format!("c 0\ntransport\n{RELAY}"));
    let token = answer.rsplit('\n').next().unwrap().to_owned();
    let line = format!(
        "candidate:{token} 1 udp 41885439 198.51.100.9 50000 typ relay raddr 0.0.0.0 rport 0 \
         generation 0"
    );
    assert_eq!(
        answer,
        format!("~{line}\n198.51.100.9\n50000\n0.0.0.0\n0\n{token}")
    );
    assert_eq!(frame.ask(&format!("c 0\ncandidate\n{line}")), "=");
    assert_eq!(frame.ask("c 0\ncandidate\n"), "=");
}

#[test]
fn a_description_comes_back_filtered_and_goes_back_whole() {
    let mut frame = frame("relay-only");
    frame.ask("o 7\n");
    let sdp = format!(
        "v=0\r\nm=audio 46154 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 203.0.113.7\r\na={SRFLX}\r\na={RELAY}\r\n"
    );
    let read = frame.ask(&format!("d 7\n{sdp}"));
    assert!(read.starts_with(
        "~v=0\r\nm=audio 50000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 198.51.100.9\r\na=candidate:"
    ));
    assert!(!read.contains("203.0.113.7"));
    let given = frame.ask(&format!("l 7\n{}", &read[1..]));
    assert!(given.contains(RELAY));
    assert_eq!(frame.ask(&format!("d 7\n{}", &read[1..])), "=");
    let planted = frame.ask(&format!("l 7\nv=0\r\na={SRFLX}\r\na={RELAY}\r\n"));
    assert_eq!(planted, "~v=0\r\n");
}

#[test]
fn remote_candidates_are_judged() {
    let mut frame = frame("relay-only");
    let local = "candidate:1 1 udp 1 192.168.1.1 5 typ host ufrag ab";
    assert_eq!(
        frame.ask(&format!("a 0\n{local}")),
        "~candidate:1 1 tcp 1 0.0.0.0 9 typ host tcptype active ufrag ab"
    );
    assert_eq!(frame.ask(&format!("a 0\n{SRFLX}")), "=");
    assert_eq!(frame.ask("a 0\n"), "=");
    assert_eq!(frame.ask("a 0\ngarbage 192.168.1.1"), "=");
    assert_eq!(
        frame.ask("a 0\ncandidate:garbage 192.168.1.1"),
        "~candidate:-"
    );
    assert_eq!(
        frame.ask(&format!("r 0\nv=0\na={local}\na={SRFLX}\n")),
        format!("~v=0\na={SRFLX}\n")
    );
    frame.set_policy("relay-only", "192.168.1.2");
    assert_eq!(frame.ask(&format!("a 0\n{local}")), "=");
}

#[test]
fn local_and_remote_foundations_can_not_be_compared() {
    let mut frame = frame("public-only");
    let local = frame.ask(&format!("c 0\ncandidate\n{SRFLX}"));
    frame.ask(&format!("k 0\ntransport\n{RELAY}"));
    let remote = frame.ask(&format!("k 0\ntransport\n{SRFLX}"));
    assert_ne!(local.rsplit('\n').next(), remote.rsplit('\n').next());
}

#[test]
fn statistics_are_records_too() {
    let mut frame = frame("public-only");
    let host = "local\nhost\n192.168.1.10\n5000\n\0\n\0\n77\nstun:stun.example.org";
    let answer = frame.ask(&format!("t 0\n{host}"));
    assert!(answer.starts_with("-\n\0\n\0\n\0\n\0\n"));
    let relay = "local\nrelay\n198.51.100.9\n5000\n203.0.113.7\n4\n78\n\0";
    let answer = frame.ask(&format!("t 0\n{relay}"));
    assert!(answer.starts_with("~\n198.51.100.9\n5000\n0.0.0.0\n0\n"));
    assert_eq!(
        frame.ask("t 0\nremote\nsrflx\n203.0.113.7\n5\n\0\n\0\n\0\n\0"),
        "="
    );
}

#[test]
fn an_error_hides_its_address() {
    assert_eq!(
        frame("public-only").ask("e 0\n192.168.1.x\n5000\n192.168.1.x:5000"),
        "-"
    );
    assert_eq!(frame("allow").ask("e 0\n192.168.1.10\n5000\n\0"), "=");
    assert_eq!(frame("relay-only").ask("e 0\n\0\n\0\n\0"), "=");
}

#[test]
fn what_happened_is_drained_once() {
    let mut frame = frame("relay-only");
    frame.ask("o 1\n");
    frame.ask(&format!("c 1\ncandidate\n{SRFLX}"));
    frame.ask(&format!("c 1\ncandidate\n{SRFLX}"));
    frame.ask("s 1\nstun:stun.example.org");
    assert_eq!(frame.ask("n 1\nconnection\nrefused"), "=");
    assert_eq!(
        frame.drain(),
        "connection\t-\t-\tshown\t1\t\n\
         candidate\tsrflx\tdocumentation\thidden\t2\t203.0.113.7\n\
         server\t-\tname\tremoved\t1\tstun:stun.example.org\n\
         connection\t-\t-\trefused\t1\t\n"
    );
    assert_eq!(frame.drain(), "");
}

#[test]
fn the_number_of_connections_is_bounded() {
    let mut frame = frame("allow");
    for number in 1..2000 {
        assert_eq!(frame.ask(&format!("o {number}\n")), "=allow");
    }
    frame.set_policy("relay-only", "");
    assert_eq!(frame.ask(&format!("c 1\ncandidate\n{SRFLX}")), "=");
    assert!(
        frame
            .ask(&format!("c 1999\ncandidate\n{SRFLX}"))
            .starts_with('-')
    );
}
