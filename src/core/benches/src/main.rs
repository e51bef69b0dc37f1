//! What filtering costs natively, against libraries that parse, filter and write, and against
//! copying the bytes, which nothing that gives out a new text can beat.
//!
//! Ours and theirs take turns within each round. Prints one JSON object per row:
//! `{"what", "unit", "peer", "ours": [µs…], "theirs": [µs…], "faster"}`; `faster` is the budget, as
//! how many times faster ours has to be, where there is one. `./build.sh bench native` shows it.
#![forbid(unsafe_code)]

mod peers;

use std::hint::black_box;
use std::time::{Duration, Instant};

use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::stats::{Entry, Side};
use iceveil_core::tally::{Surface, Tally};

/// Gathered descriptions of both browsers.
const CHROMIUM: &str =
    include_str!("../../../../tests/corpus/chromium-media-mdns-offer-gathered.sdp");
const FIREFOX: &str =
    include_str!("../../../../tests/corpus/firefox-media-mdns-offer-gathered.sdp");

const CANDIDATE: &str = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx \
                         raddr 192.168.1.10 rport 46154 generation 0 ufrag Eq3f network-id 1";

const ROUNDS: usize = 15;
/// No comparison goes on for longer, however few its rounds.
const LONGEST: Duration = Duration::from_secs(3);
/// A round of one side takes about this long.
const ROUND: Duration = Duration::from_millis(3);
const BUDGET: u32 = 10;

type Call<'a> = Box<dyn FnMut() + 'a>;

/// How many calls fill a round.
fn calls(call: &mut Call<'_>) -> u32 {
    let mut count = 1_u32;
    loop {
        let start = Instant::now();
        (0..count).for_each(|_| call());
        if start.elapsed() >= ROUND || count >= 1 << 20 {
            return count;
        }
        count *= 2;
    }
}

/// Microseconds of one call in each round, ours and theirs by turns.
fn compare(mut sides: [Call<'_>; 2]) -> [Vec<f64>; 2] {
    let counts = [calls(&mut sides[0]), calls(&mut sides[1])];
    let mut times = [Vec::new(), Vec::new()];
    let began = Instant::now();
    for _ in 0..ROUNDS {
        if began.elapsed() > LONGEST {
            break;
        }
        for ((side, count), times) in sides.iter_mut().zip(counts).zip(&mut times) {
            let start = Instant::now();
            (0..count).for_each(|_| side());
            times.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(count));
        }
    }
    times
}

fn row(what: &str, peer: &str, faster: Option<u32>, sides: [Call<'_>; 2]) {
    let [ours, theirs] = compare(sides);
    let faster = faster.map_or(String::from("null"), |times| times.to_string());
    println!(
        "{{\"what\":\"{what}\",\"unit\":\"µs\",\"peer\":\"{peer}\",\"ours\":{ours:?},\"theirs\":{theirs:?},\"faster\":{faster}}}"
    );
}

fn filter(text: &str) -> Call<'_> {
    let mut connection = Connection::new(Policy::RelayOnly, PageHost::Elsewhere);
    let mut tally = Tally::default();
    Box::new(move || {
        black_box(connection.description(Side::Local, black_box(text), &mut tally));
    })
}

fn copy(text: &str) -> Call<'_> {
    Box::new(move || {
        black_box(black_box(text).to_owned());
    })
}

/// Some take minutes for 1 MB: known by what a tenth of that, or less, takes them.
fn takes_too_long(peer: peers::Peer) -> bool {
    [3, 12, 36].into_iter().any(|sections| {
        let text = long(sections);
        let start = Instant::now();
        black_box(peer(&text));
        start.elapsed() > Duration::from_millis(50)
    })
}

/// Against each library that reads this description at all.
fn description(what: &str, text: &str, budget: bool) {
    for (name, peer) in peers::ALL {
        if !budget && takes_too_long(peer) {
            continue;
        }
        if !peer(text) {
            continue; // it refuses the text
        }
        let faster = (budget && name == "webrtc-sdp").then_some(BUDGET);
        let theirs: Call<'_> = Box::new(move || {
            black_box(peer(black_box(text)));
        });
        row(what, name, faster, [filter(text), theirs]);
    }
    row(what, "copying it", None, [filter(text), copy(text)]);
}

/// A description of `sections` media sections: those of Chromium's, again and again.
fn long(sections: usize) -> String {
    let (session, media) = CHROMIUM.split_once("m=").unwrap_or((CHROMIUM, ""));
    let media: Vec<&str> = media.split("\r\nm=").collect();
    let mut text = session.to_owned();
    for section in media.iter().cycle().take(sections) {
        text.push_str("m=");
        text.push_str(section.trim_end());
        text.push_str("\r\n");
    }
    text
}

fn candidate() {
    let mut connection = Connection::new(Policy::PublicOnly, PageHost::Elsewhere);
    let mut tally = Tally::default();
    let ours: Call<'_> = Box::new(move || {
        let text = black_box(CANDIDATE);
        black_box(connection.candidate(Side::Local, Surface::Candidate, text, &mut tally));
    });
    row("1 candidate", "copying it", None, [ours, copy(CANDIDATE)]);
}

fn statistics() {
    let addresses: Vec<String> = (0..500)
        .map(|n| format!("192.168.{}.{}", n / 250, n % 250))
        .collect();
    let copied = addresses.clone();
    let mut connection = Connection::new(Policy::RelayOnly, PageHost::Elsewhere);
    let mut tally = Tally::default();
    let ours: Call<'_> = Box::new(move || {
        for address in &addresses {
            let entry = Entry {
                side: Side::Local,
                kind: Some("host"),
                address: Some(address),
                port: Some("50000"),
                related_address: None,
                related_port: None,
                foundation: Some("842163049"),
            };
            black_box(connection.statistics(black_box(&entry), &mut tally));
        }
    });
    let theirs: Call<'_> = Box::new(move || {
        for address in &copied {
            black_box([black_box(address).clone(), "842163049".to_owned()]);
        }
    });
    row(
        "statistics, 500 candidates",
        "copying the fields",
        None,
        [ours, theirs],
    );
}

fn main() {
    description("Chromium's description", CHROMIUM, true);
    description("Firefox's description", FIREFOX, true);
    candidate();
    statistics();
    let large = long(1_000_000 / (CHROMIUM.len() / 3));
    description("a description of 1 MB", &large, false);
    for sections in [3, 30, 300] {
        let text = long(sections);
        row(
            &format!("growth: {sections} sections"),
            "copying it",
            None,
            [filter(&text), copy(&text)],
        );
    }
}
