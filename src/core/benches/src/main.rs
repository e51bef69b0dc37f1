//! What filtering a description and a candidate costs, and parsing and writing the same
//! description with other libraries: one run, medians, ratios.
//!
//! `cargo run --release --target-dir target/bench --manifest-path src/core/benches/Cargo.toml`
//!
//! Exits with 1 where the budget (ten times faster than `webrtc-sdp`) isn't kept.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::io::Cursor;
use std::process::ExitCode;
use std::time::Instant;

use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::stats::Side;
use iceveil_core::tally::{Surface, Tally};

/// A gathered description of Chromium, 24 candidates in three sections.
const DESCRIPTION: &str =
    include_str!("../../../../tests/corpus/chromium-media-mdns-offer-gathered.sdp");

const CANDIDATE: &str = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx \
                         raddr 192.168.1.10 rport 46154 generation 0 ufrag Eq3f network-id 1";

const ROUNDS: usize = 31;
const EACH: usize = 100;
const BUDGET: f64 = 10.0;

/// The median of what one call takes, in microseconds.
fn measure(mut call: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..EACH {
                call();
            }
            start.elapsed().as_secs_f64() * 1e6 / EACH as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds.get(ROUNDS / 2).copied().unwrap_or(f64::NAN)
}

fn filter(policy: Policy) -> f64 {
    let mut connection = Connection::new(policy, PageHost::Elsewhere);
    let mut tally = Tally::default();
    measure(|| {
        black_box(connection.description(Side::Local, black_box(DESCRIPTION), &mut tally));
    })
}

fn candidate(policy: Policy) -> f64 {
    let mut connection = Connection::new(policy, PageHost::Elsewhere);
    let mut tally = Tally::default();
    measure(|| {
        let text = black_box(CANDIDATE);
        black_box(connection.candidate(Side::Local, Surface::Candidate, text, &mut tally));
    })
}

fn main() -> ExitCode {
    println!(
        "description of {} bytes, median of {ROUNDS} rounds of {EACH}",
        DESCRIPTION.len()
    );
    let webrtc_sdp = measure(|| {
        if let Ok(session) = webrtc_sdp::parse_sdp(black_box(DESCRIPTION), false) {
            black_box(session.to_string());
        }
    });
    let sdp = measure(|| {
        let mut text = Cursor::new(black_box(DESCRIPTION));
        if let Ok(session) = sdp::SessionDescription::unmarshal(&mut text) {
            black_box(session.marshal());
        }
    });
    let sdp_types = measure(|| {
        if let Ok(session) = sdp_types::Session::parse(black_box(DESCRIPTION.as_bytes())) {
            let mut out = Vec::new();
            if session.write(&mut out).is_ok() {
                black_box(out);
            }
        }
    });
    let mut kept = true;
    println!("{:<22}{:>9}  webrtc-sdp  sdp      sdp-types", "", "µs");
    for policy in [Policy::Allow, Policy::PublicOnly, Policy::RelayOnly] {
        let ours = filter(policy);
        kept &= webrtc_sdp / ours >= BUDGET;
        println!(
            "{:<22}{ours:>9.2}  {:>9.1}×  {:>6.1}×  {:>8.1}×",
            policy.as_str(),
            webrtc_sdp / ours,
            sdp / ours,
            sdp_types / ours
        );
    }
    println!("{:<22}{webrtc_sdp:>9.2}", "webrtc-sdp");
    println!("{:<22}{sdp:>9.2}", "sdp");
    println!("{:<22}{sdp_types:>9.2}", "sdp-types");
    for policy in [Policy::PublicOnly, Policy::RelayOnly] {
        println!(
            "{:<22}{:>9.2}",
            format!("candidate, {}", policy.as_str()),
            candidate(policy)
        );
    }
    if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
