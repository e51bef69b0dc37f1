//! Connections: what they remember, and its bounds.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Connection, MOST_ISSUED};
use crate::policy::{PageHost, Policy};
use crate::stats::{Side, View};
use crate::tally::{Surface, Tally};
use alloc::format;
use alloc::string::String;

fn relay(foundation: usize) -> String {
    format!(
        "candidate:{foundation} 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.7 rport 4"
    )
}

fn seen(connection: &mut Connection, line: &str) -> String {
    match connection.candidate(Side::Local, Surface::Candidate, line, &mut Tally::default()) {
        View::Changed(values) | View::Hidden(values) => values.candidate,
        View::AsIs => line.into(),
    }
}

fn relay_only() -> Connection {
    Connection::new(Policy::RelayOnly, PageHost::Elsewhere)
}

#[test]
fn event_and_description_show_one_candidate_alike() {
    let mut connection = relay_only();
    let event = seen(&mut connection, &relay(7));
    let sdp = format!("a={}\r\n", relay(7));
    let read = connection.description(Side::Local, &sdp, &mut Tally::default());
    assert_eq!(read, Some(format!("a={event}\r\n")));
}

#[test]
fn a_page_can_not_plant_a_guess() {
    let mut connection = relay_only();
    let event = seen(&mut connection, &relay(7));
    let guess = |line: &str| {
        connection
            .local_description(&format!("v=0\na={line}\n"))
            .unwrap()
    };
    assert_eq!(guess(&event), format!("v=0\na={}\n", relay(7)));
    assert_eq!(guess(&relay(7)), "v=0\n");
    assert_eq!(guess(&relay(8)), "v=0\n");
    assert_eq!(
        guess("candidate:1 1 udp 1 192.168.1.10 5 typ host"),
        "v=0\n"
    );
}

#[test]
fn what_came_from_the_peer_is_not_put_back() {
    let mut connection = relay_only();
    let sdp = format!("a={}\n", relay(7));
    let read = connection
        .description(Side::Remote, &sdp, &mut Tally::default())
        .unwrap();
    assert_eq!(connection.local_description(&read), Some(String::new()));
}

#[test]
fn nothing_is_put_back_where_a_carriage_return_stands_alone() {
    let mut connection = relay_only();
    let shown = seen(&mut connection, &relay(7));
    for (text, left) in [
        (format!("a=mid:0\ra={shown}\r\n"), "a=mid:0\r"),
        (format!("a=mid:0\r\na={shown}\r"), "a=mid:0\r\n"),
    ] {
        assert_eq!(connection.local_description(&text).as_deref(), Some(left));
    }
    let whole = connection.local_description(&format!("a=mid:0\r\na={shown}\r\n"));
    assert!(whole.unwrap().contains(&relay(7)));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut connection = relay_only();
    let mut last = String::new();
    for foundation in 0..MOST_ISSUED + 100 {
        last = seen(&mut connection, &relay(foundation));
    }
    assert_eq!(connection.issued.len(), MOST_ISSUED);
    assert_eq!(
        connection.local_description(&format!("a={last}\n")),
        Some(String::new())
    );
    let long = format!("{} x {}", relay(1), "y".repeat(2000));
    let mut fresh = relay_only();
    assert!(seen(&mut fresh, &long).ends_with("yyy"));
    assert!(fresh.issued.is_empty());
}

#[test]
fn what_can_not_be_read_is_hidden() {
    let mut connection = relay_only();
    let hidden = seen(&mut connection, "candidate:what 192.168.1.10");
    assert_eq!(hidden, "candidate:0 1 udp 0 0.0.0.0 9 typ host");
    let sdp = "a=candidate:what 192.168.1.10\nb=AS:1\n";
    let read = connection.description(Side::Local, sdp, &mut Tally::default());
    assert_eq!(read.as_deref(), Some("b=AS:1\n"));
}

#[test]
fn the_end_of_candidates_passes() {
    let mut connection = relay_only();
    let mut tally = Tally::default();
    let view = connection.candidate(Side::Local, Surface::Candidate, "", &mut tally);
    assert_eq!(view, View::AsIs);
    assert_eq!(connection.remote_candidate("", &mut tally), None);
    assert!(tally.is_empty());
}

#[test]
fn what_no_browser_reads_is_passed_on_to_be_refused() {
    let connection = relay_only();
    let mut tally = Tally::default();
    assert_eq!(connection.remote_candidate("garbage", &mut tally), None);
    let unreadable = connection.remote_candidate("candidate:1 1 udp 192.168.1.9", &mut tally);
    assert_eq!(unreadable.as_deref(), Some("candidate:-"));
}

#[test]
fn repeated_reads_raise_a_count_only() {
    let mut connection = relay_only();
    let mut tally = Tally::default();
    let sdp = format!(
        "a={}\na=candidate:1 1 udp 1 192.168.1.10 5 typ host\n",
        relay(7)
    );
    for _ in 0..3 {
        connection.description(Side::Local, &sdp, &mut tally);
    }
    assert_eq!(
        tally.drain(),
        "description\trelay\tdocumentation\tchanged\t3\t198.51.100.9\n\
         description\thost\tprivate\thidden\t3\t192.168.1.10\n"
    );
}
