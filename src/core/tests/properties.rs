//! What holds for every input.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod common;

use std::net::IpAddr;

use common::{Made, candidate, description};
use iceveil_core::address::Address;
use iceveil_core::candidate::Candidate;
use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::servers::{ServerUrl, may_be_stun};
use iceveil_core::stats::{Entry, Side, Values, View};
use iceveil_core::tally::{Surface, Tally};
use proptest::prelude::*;

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::PublicOnly),
        Just(Policy::RelayOnly),
        Just(Policy::Block)
    ]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Local), Just(Side::Remote)]
}

fn connection(policy: Policy) -> (Connection, Tally) {
    (
        Connection::new(policy, PageHost::Elsewhere),
        Tally::default(),
    )
}

fn entry(made: &Made) -> Entry<'_> {
    let candidate = Candidate::parse(&made.line).unwrap();
    Entry {
        side: Side::Local,
        kind: Some(made.kind),
        address: Some(candidate.address()),
        port: Some(candidate.port()),
        related_address: candidate.related_address(),
        related_port: candidate.related_port(),
        foundation: Some(candidate.foundation()),
    }
}

/// All text of a view; what is shown as it is is the input.
fn text_of(view: View, input: &str) -> String {
    match view {
        View::AsIs => input.to_owned(),
        View::Changed(values) | View::Hidden(values) => text_of_values(values),
    }
}

fn text_of_values(values: Values) -> String {
    let Values {
        candidate,
        address,
        port,
        related_address,
        related_port,
        foundation,
    } = values;
    let parts = [
        Some(candidate),
        address,
        port,
        related_address,
        related_port,
        foundation,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The addresses that no output may carry under `relay-only`: those of hidden candidates, and
/// related ones of all, except those that a relay has as well.
fn secrets(candidates: &[Made]) -> Vec<String> {
    let shown: Vec<_> = candidates
        .iter()
        .filter(|made| made.is_relay())
        .map(|made| made.address.as_str())
        .collect();
    let hidden = candidates
        .iter()
        .filter(|made| !made.is_relay())
        .map(|made| &made.address);
    let related = candidates.iter().filter_map(|made| made.related.as_ref());
    hidden
        .chain(related)
        .filter(|secret| !shown.iter().any(|shown| same(shown, secret)))
        .cloned()
        .collect()
}

fn plain(text: &str) -> Option<IpAddr> {
    Address::parse(text).ip().map(|ip| ip.to_canonical())
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || plain(a).is_some_and(|ip| plain(b) == Some(ip))
}

/// Panics if `output` carries `secret` in any notation.
fn assert_hidden(output: &str, secret: &str) {
    let parts = output.split(|sign: char| !(sign.is_ascii_alphanumeric() || ".:-".contains(sign)));
    for part in parts.flat_map(|part| {
        [
            part,
            part.trim_matches(':'),
            part.rsplit_once(':').map_or("", |(host, _)| host),
        ]
    }) {
        assert!(
            part.is_empty() || !part.contains(['.', ':']) || !same(part, secret),
            "{secret} in {output}"
        );
    }
    if let Some(IpAddr::V4(ip)) = plain(secret) {
        let number = u32::from(ip);
        for notation in [
            format!("{number:08x}"),
            format!("{:#x}", number),
            ip.to_string().replace('.', "-"),
        ] {
            assert!(
                number < 0x0100_0000 || !output.to_lowercase().contains(&notation),
                "{notation} in {output}"
            );
        }
    }
}

/// The lines of a description with what is about addresses taken out.
fn about_other_things(sdp: &str) -> Vec<String> {
    let marked = sdp.replace("\r\n", "\u{1}");
    let lines = marked
        .split_inclusive(['\n', '\r', '\u{1}'])
        .filter_map(|line| {
            if let Some(rest) = line.strip_prefix("m=audio ") {
                return rest.split_once(' ').map(|(_, rest)| rest.to_owned());
            }
            if let Some(rest) = line.strip_prefix("o=") {
                return Some(rest.split(' ').take(4).collect());
            }
            let addresses = ["a=candidate:", "c=", "a=rtcp:"];
            (!addresses.iter().any(|start| line.starts_with(start))).then(|| line.to_owned())
        });
    lines.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn allow_is_the_identity(made in description(), text in any::<String>(), side in side()) {
        let (mut connection, mut tally) = connection(Policy::Allow);
        for sdp in [&made.sdp, &text] {
            prop_assert_eq!(connection.description(side, sdp, &mut tally), None);
            prop_assert_eq!(connection.local_description(sdp), None);
            prop_assert_eq!(connection.remote_description(sdp, &mut tally), None);
            prop_assert_eq!(connection.remote_candidate(sdp, &mut tally), None);
            prop_assert!(connection.shows_error(sdp, sdp, &mut tally));
            prop_assert!(connection.keeps_server(sdp, &mut tally));
            prop_assert_eq!(connection.candidate(side, Surface::Candidate, sdp, &mut tally), View::AsIs);
        }
        for made in &made.candidates {
            prop_assert_eq!(connection.candidate(side, Surface::Candidate, &made.line, &mut tally), View::AsIs);
            prop_assert_eq!(connection.statistics(&entry(made), &mut tally), View::AsIs);
        }
    }

    #[test]
    fn filtering_a_description_twice_is_filtering_it_once(made in description(), policy in policy(), side in side()) {
        let (mut connection, mut tally) = connection(policy);
        let once = connection.description(side, &made.sdp, &mut tally).unwrap_or(made.sdp);
        prop_assert_eq!(connection.description(side, &once, &mut tally), None, "{}", once);
        let passed = connection.remote_description(&once, &mut tally).unwrap_or(once);
        prop_assert_eq!(connection.remote_description(&passed, &mut tally), None);
    }

    #[test]
    fn filtering_a_candidate_twice_is_filtering_it_once(made in candidate(), policy in policy(), side in side()) {
        let (mut connection, mut tally) = connection(policy);
        let mut look = |line: &str| match connection.candidate(side, Surface::Candidate, line, &mut tally) {
            View::AsIs => line.to_owned(),
            View::Changed(values) | View::Hidden(values) => values.candidate,
        };
        let once = look(&made.line);
        prop_assert_eq!(look(&once), once);
        let inert = connection.remote_candidate(&made.line, &mut tally).unwrap_or(made.line);
        prop_assert_eq!(connection.remote_candidate(&inert, &mut tally), None);
    }

    #[test]
    fn filtering_statistics_twice_is_filtering_them_once(made in candidate(), policy in policy()) {
        let (mut connection, mut tally) = connection(policy);
        let first = entry(&made);
        if let View::Changed(values) | View::Hidden(values) = connection.statistics(&first, &mut tally) {
            let second = Entry {
                address: values.address.as_deref(),
                port: values.port.as_deref(),
                related_address: values.related_address.as_deref(),
                related_port: values.related_port.as_deref(),
                foundation: values.foundation.as_deref(),
                ..first
            };
            match connection.statistics(&second, &mut tally) {
                View::AsIs => {}
                View::Changed(again) | View::Hidden(again) => prop_assert_eq!(again, values),
            }
        }
    }

    #[test]
    fn under_relay_only_no_output_carries_a_hidden_address(made in description(), side in side()) {
        let (mut connection, mut tally) = connection(Policy::RelayOnly);
        let secrets = secrets(&made.candidates);
        let mut outputs = Vec::new();
        let read = connection.description(side, &made.sdp, &mut tally);
        outputs.push(read.unwrap_or_else(|| made.sdp.clone()));
        for candidate in &made.candidates {
            let view = connection.candidate(side, Surface::Transport, &candidate.line, &mut tally);
            outputs.push(text_of(view, &candidate.line));
            let view = connection.statistics(&entry(candidate), &mut tally);
            outputs.push(text_of(view, &candidate.line));
            if connection.shows_error(&candidate.address, "", &mut tally) {
                outputs.push(candidate.address.clone());
            }
        }
        for output in &outputs {
            for secret in &secrets {
                assert_hidden(output, secret);
            }
        }
    }

    #[test]
    fn a_remote_name_or_local_address_is_not_passed_on(made in description()) {
        let (connection, mut tally) = connection(Policy::RelayOnly);
        let passed = connection.remote_description(&made.sdp, &mut tally).unwrap_or_else(|| made.sdp.clone());
        for line in passed.split(['\r', '\n']).filter(|line| line.starts_with("a=candidate")) {
            prop_assert!(Candidate::parse(line).unwrap().class().is_public());
        }
        for candidate in &made.candidates {
            let given = connection.remote_candidate(&candidate.line, &mut tally).unwrap_or_else(|| candidate.line.clone());
            let given = Candidate::parse(&given).unwrap();
            prop_assert!(given.class().is_public() || given.is_inert());
        }
    }

    #[test]
    fn what_is_not_about_addresses_stays_to_the_byte(made in description(), policy in policy(), side in side()) {
        let (mut connection, mut tally) = connection(policy);
        let read = connection.description(side, &made.sdp, &mut tally).unwrap_or_else(|| made.sdp.clone());
        prop_assert_eq!(about_other_things(&read), about_other_things(&made.sdp));
        let mut kept = read.split(['\r', '\n']).filter(|line| line.starts_with("a=candidate"));
        for candidate in &made.candidates {
            let parsed = Candidate::parse(&candidate.line).unwrap();
            if !policy.shows(parsed.kind(), parsed.class()) {
                continue;
            }
            let mut expected: Vec<&str> = candidate.line.split(' ').collect();
            let shown: Vec<&str> = kept.next().unwrap().split(' ').collect();
            expected[0] = "";
            for place in 1..expected.len() {
                if expected[place - 1] == "raddr" || expected[place - 1] == "rport" {
                    expected[place] = shown[place];
                }
            }
            prop_assert_eq!(&expected[1..], &shown[1..]);
        }
        prop_assert_eq!(kept.next(), None);
    }

    #[test]
    fn what_was_read_goes_back_as_the_browser_wrote_it(made in description(), policy in policy()) {
        let (mut connection, mut tally) = connection(policy);
        let read = connection.description(Side::Local, &made.sdp, &mut tally).unwrap_or_else(|| made.sdp.clone());
        let given = connection.local_description(&read).unwrap_or(read);
        for line in given.split(['\r', '\n']).filter_map(|line| line.strip_prefix("a=candidate")) {
            prop_assert!(made.candidates.iter().any(|made| made.line.ends_with(line)));
        }
    }

    #[test]
    fn nothing_panics_on_any_text(text in any::<String>(), other in any::<String>(), policy in policy()) {
        never_panics(&text, &other, policy);
    }

    #[test]
    fn nothing_panics_on_text_that_is_nearly_a_description(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("a=candidate:"), Just("a="), Just("candidate:"), Just(" "), Just("\r\n"), Just("\n"),
                Just("\r"), Just("m=audio "), Just("c=IN IP4 "), Just("c="), Just("m="), Just("o="),
                Just("o=- 1 2 IN IP6 "), Just("a=rtcp:"), Just("a=rtcp"), Just("1 1 udp 1 "), Just("10.0.0.1"),
                Just(" 9 typ host"), Just(" 9 typ relay raddr "), Just("::1"), Just("0"), Just("é"), Just("\t"),
                Just("\0"), Just("a=remote-candidates:"), Just(" rport "), Just("IP6"), Just("/"),
            ],
            0..40,
        ),
        policy in policy(),
    ) {
        let text: String = parts.concat();
        never_panics(&text, &text, policy);
        let (mut connection, mut tally) = connection(policy);
        let once = connection.description(Side::Local, &text, &mut tally).unwrap_or(text);
        prop_assert_eq!(connection.description(Side::Local, &once, &mut tally), None, "{:?}", once);
    }
}

fn never_panics(text: &str, other: &str, policy: Policy) {
    let (mut connection, mut tally) = connection(policy);
    connection.description(Side::Local, text, &mut tally);
    connection.description(Side::Remote, text, &mut tally);
    let _ = connection.local_description(text);
    connection.remote_description(text, &mut tally);
    connection.remote_candidate(text, &mut tally);
    connection.candidate(Side::Local, Surface::Candidate, text, &mut tally);
    connection.keeps_server(text, &mut tally);
    connection.shows_error(text, other, &mut tally);
    let entry = Entry {
        side: Side::Remote,
        kind: Some(other),
        address: Some(text),
        port: Some(other),
        related_address: Some(text),
        related_port: None,
        foundation: Some(other),
    };
    connection.statistics(&entry, &mut tally);
    let _ = (
        ServerUrl::parse(text),
        may_be_stun(text),
        PageHost::parse(text),
    );
    tally.drain();
}
