//! What filtering costs natively, against libraries that parse, filter and write, and against
//! copying the bytes, which nothing that gives out a new text can beat.
//!
//! Criterion measures; ours and theirs take turns. Between Criterion's own lines stands one for each
//! row, `row` and a JSON object:
//! `{"what", "unit", "peer", "ours": [µs…], "theirs": [µs…], "faster"}`; `faster` is the budget, as
//! how many times faster ours has to be, where there is one. `./build.sh bench native` shows it.
#![forbid(unsafe_code)]

mod peers;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use criterion::Criterion;
use serde_json::{Value, json};

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

/// How often ours and theirs take turns.
const ROUNDS: usize = 4;
const BUDGET: u32 = 10;

type Call<'a> = Box<dyn FnMut() + 'a>;

/// Criterion for one turn of one side: many short samples, and no report of its own.
fn criterion(home: &Path) -> Criterion {
    Criterion::default()
        .output_directory(home)
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(20))
        .measurement_time(Duration::from_millis(60))
        .nresamples(1001)
}

/// Microseconds of one call in each of the samples that Criterion took last.
fn samples(home: &Path, side: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let path = home.join("turn").join(side).join("new/sample.json");
    let found: Value = serde_json::from_slice(&fs::read(path)?)?;
    let list = |name: &str| {
        let numbers = found[name].as_array().into_iter().flatten();
        numbers.filter_map(Value::as_f64).collect::<Vec<f64>>()
    };
    let each = list("times").into_iter().zip(list("iters"));
    Ok(each.map(|(time, count)| time / count / 1000.0).collect())
}

/// Microseconds of one call, ours and theirs by turns.
fn compare(sides: [Call<'_>; 2]) -> Result<[Vec<f64>; 2], Box<dyn Error>> {
    let home = env::temp_dir().join(format!("iceveil-criterion-{}", process::id()));
    let mut times = [Vec::new(), Vec::new()];
    let mut sides = ["ours", "theirs"]
        .into_iter()
        .zip(sides)
        .collect::<Vec<_>>();
    for _ in 0..ROUNDS {
        for ((name, side), times) in sides.iter_mut().zip(&mut times) {
            let mut turn = criterion(&home);
            let mut group = turn.benchmark_group("turn");
            group.bench_function(*name, |bencher| bencher.iter(&mut *side));
            group.finish();
            times.extend(samples(&home, name)?);
        }
    }
    fs::remove_dir_all(&home)?;
    Ok(times)
}

fn row(what: &str, peer: &str, faster: Option<u32>, sides: [Call<'_>; 2]) -> Outcome {
    let [ours, theirs] = compare(sides)?;
    let row = json!({
        "what": what, "unit": "µs", "peer": peer,
        "ours": ours, "theirs": theirs, "faster": faster,
    });
    println!("row {row}");
    Ok(())
}

type Outcome = Result<(), Box<dyn Error>>;

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
        start.elapsed() > Duration::from_millis(20)
    })
}

/// Against each library that reads this description at all.
fn description(what: &str, text: &str, budget: bool) -> Outcome {
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
        row(what, name, faster, [filter(text), theirs])?;
    }
    row(what, "copying it", None, [filter(text), copy(text)])
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

fn one_candidate() -> Call<'static> {
    let mut connection = Connection::new(Policy::PublicOnly, PageHost::Elsewhere);
    let mut tally = Tally::default();
    Box::new(move || {
        let text = black_box(CANDIDATE);
        black_box(connection.candidate(Side::Local, Surface::Candidate, text, &mut tally));
    })
}

fn candidate() -> Outcome {
    let theirs: Call<'_> = Box::new(|| {
        black_box(peers::candidate(black_box(CANDIDATE)));
    });
    row("1 candidate", "webrtc-sdp", None, [one_candidate(), theirs])?;
    let copied = [one_candidate(), copy(CANDIDATE)];
    row("1 candidate", "copying it", None, copied)
}

fn statistics(entries: u32) -> Outcome {
    let addresses: Vec<String> = (0..entries)
        .map(|n| format!("10.{}.{}.{}", n / 62_500, n / 250 % 250, n % 250))
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
    let what = format!("statistics, {entries} candidates");
    row(&what, "copying the fields", None, [ours, theirs])
}

fn main() -> Outcome {
    description("Chromium's description", CHROMIUM, true)?;
    description("Firefox's description", FIREFOX, true)?;
    candidate()?;
    for entries in [500, 5_000, 50_000] {
        statistics(entries)?;
    }
    let large = long(1_000_000 / (CHROMIUM.len() / 3));
    description("a description of 1 MB", &large, false)?;
    for sections in [3, 30, 300] {
        let text = long(sections);
        let what = format!("growth: {sections} sections");
        row(&what, "copying it", None, [filter(&text), copy(&text)])?;
    }
    Ok(())
}
