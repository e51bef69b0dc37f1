//! Real descriptions of both browsers, filtered. See `tests/corpus/README.md`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::path::Path;

use iceveil_core::candidate::Candidate;
use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::stats::Side;
use iceveil_core::tally::Tally;

/// The addresses of the machine on which the corpus was made.
const ADDRESSES: [&str; 4] = ["192.168.1.10", "10.8.0.2", "2001:db8:1::10", "203.0.113.7"];

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let descriptions: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "sdp"))
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    assert!(descriptions.len() > 40);
    descriptions
}

fn read(policy: Policy, sdp: &str) -> Option<String> {
    let mut connection = Connection::new(policy, PageHost::Elsewhere);
    connection.description(Side::Local, sdp, &mut Tally::default())
}

fn candidates(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.split("\r\n")
        .filter(|line| line.starts_with("a=candidate:"))
}

#[test]
fn every_candidate_of_a_browser_is_read() {
    for (name, sdp) in corpus() {
        for line in candidates(&sdp) {
            Candidate::parse(line).unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
        }
    }
}

#[test]
fn allow_changes_no_byte() {
    for (name, sdp) in corpus() {
        assert_eq!(read(Policy::Allow, &sdp), None, "{name}");
    }
}

#[test]
fn a_fresh_description_is_shown_as_it_is() {
    for (name, sdp) in corpus()
        .into_iter()
        .filter(|(name, _)| name.contains("-fresh"))
    {
        for policy in [Policy::PublicOnly, Policy::RelayOnly] {
            assert_eq!(read(policy, &sdp), None, "{name}");
        }
    }
}

#[test]
fn relay_only_leaves_no_candidate_and_a_default_of_nowhere() {
    for (name, sdp) in corpus() {
        let Some(shown) = read(Policy::RelayOnly, &sdp) else {
            continue;
        };
        assert_eq!(candidates(&shown).count(), 0, "{name}");
        assert!(
            ADDRESSES.iter().all(|address| !shown.contains(address)),
            "{name}"
        );
        assert!(!shown.contains(".local"), "{name}");
        let others = |sdp: &str| {
            let about_addresses = ["a=candidate:", "c=", "m=", "a=rtcp:"];
            sdp.split("\r\n")
                .filter(|line| !about_addresses.iter().any(|start| line.starts_with(start)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(others(&shown), others(&sdp), "{name}");
        for line in shown.split("\r\n") {
            if let Some(rest) = line.strip_prefix("m=") {
                let port = rest.split(' ').nth(1).unwrap();
                assert!(port == "9" || port == "0", "{name}: {line}");
            } else if line.starts_with("c=") {
                assert_eq!(line, "c=IN IP4 0.0.0.0", "{name}");
            } else if line.starts_with("a=rtcp:") {
                assert_eq!(line, "a=rtcp:9 IN IP4 0.0.0.0", "{name}");
            }
        }
    }
}

#[test]
fn public_only_leaves_names_and_public_addresses() {
    for (name, sdp) in corpus() {
        let Some(shown) = read(Policy::PublicOnly, &sdp) else {
            continue;
        };
        assert!(
            ADDRESSES[..3]
                .iter()
                .all(|address| !shown.contains(address)),
            "{name}"
        );
        let mut left = candidates(&shown);
        for line in candidates(&sdp) {
            let candidate = Candidate::parse(line).unwrap();
            if !Policy::PublicOnly.shows(candidate.kind(), candidate.class()) {
                continue;
            }
            let shown = Candidate::parse(left.next().unwrap()).unwrap();
            assert_eq!(shown.address(), candidate.address(), "{name}");
            assert_ne!(shown.foundation(), candidate.foundation(), "{name}");
        }
        assert_eq!(left.next(), None, "{name}");
        // Server-reflexive candidates are left, so the default of both browsers holds.
        let defaults = |sdp: &str| {
            let about = ["c=", "m=", "a=rtcp:"];
            sdp.split("\r\n")
                .filter(|line| about.iter().any(|start| line.starts_with(start)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(defaults(&shown), defaults(&sdp), "{name}");
    }
}
