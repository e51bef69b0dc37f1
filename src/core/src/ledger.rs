//! The ledger: what the documents of each tab tried, and what came of it.
//!
//! It takes in the lines that guards hand over (see [`crate::tally`]), one batch of one document
//! at a time, with the time given from outside. Everything in it is bounded, whatever a guard
//! sends, and equal attempts share a row. It is kept in memory only (`storage.session`), for it
//! holds addresses.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::AddressClass;
use crate::candidate::CandidateType;
use crate::tally::{MOST_DETAIL, Outcome, Surface};
use crate::text::{cut, parse_u32};

mod words;

/// The most rows with details of one tab.
pub const MOST_ROWS: usize = 2_000;

/// The most rows with details of one host in a tab, so that no frame can push out the others'.
pub const MOST_ROWS_OF_HOST: usize = 250;

/// The most hosts that are told apart in one tab; all others share the row of no host.
pub const MOST_HOSTS: usize = 250;

/// The most lines that are read of one batch.
pub const MOST_LINES: usize = 512;

/// The most tabs.
pub const MOST_TABS: usize = 2_000;

/// Equal attempts of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Where.
    #[serde(with = "words")]
    pub surface: Surface,
    /// The type of the candidate, where there is one.
    #[serde(with = "words")]
    pub kind: Option<CandidateType>,
    /// The class of the address, where there is one.
    #[serde(with = "words")]
    pub class: Option<AddressClass>,
    /// What came of it.
    #[serde(with = "words")]
    pub outcome: Outcome,
    /// The address or the server's URL; may be empty.
    pub detail: String,
    /// The host of the document that tried; empty where it isn't known.
    pub host: String,
    /// How often.
    pub count: u64,
    /// When first, in milliseconds of the clock that the caller uses.
    pub first: u64,
    /// When last, in the same milliseconds.
    pub last: u64,
}

impl Row {
    fn same(&self, other: &Self) -> bool {
        self.surface == other.surface
            && self.kind == other.kind
            && self.class == other.class
            && self.outcome == other.outcome
            && self.detail == other.detail
            && self.host == other.host
    }
}

/// Reads one line of a drained tally; `None` for what isn't one.
#[must_use]
pub fn parse_line(line: &str, host: &str, now: u64) -> Option<Row> {
    let mut fields = line.splitn(6, '\t');
    let mut next = || fields.next();
    let surface = next()?.parse().ok()?;
    let kind = match next()? {
        "-" => None,
        word => Some(CandidateType::parse(word)).filter(|kind| kind.as_str() == word),
    };
    let class = next().map(AddressClass::from_word)?;
    let outcome = next()?.parse().ok()?;
    let count = parse_u32(next()?)?;
    let detail = cut(next()?, MOST_DETAIL).replace(char::is_control, " ");
    Some(Row {
        surface,
        kind,
        class,
        outcome,
        detail,
        host: cut(host, crate::host::MOST_HOST).into(),
        count: count.into(),
        first: now,
        last: now,
    })
}

/// The rows of one surface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Which surface.
    pub surface: Surface,
    /// Its rows, newest first.
    pub rows: Vec<&'a Row>,
    /// How many attempts they stand for.
    pub count: u64,
}

/// What the documents of one tab tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    rows: Vec<Row>,
    stopped: u64,
    total: u64,
}

impl Record {
    /// Takes in a batch from a document of `host`, at `now`. Returns how many of its attempts
    /// were stopped.
    pub fn add(&mut self, host: &str, lines: &str, now: u64) -> u64 {
        let mut stopped: u64 = 0;
        for line in lines.lines().take(MOST_LINES) {
            let Some(row) = parse_line(line, host, now) else {
                continue;
            };
            if row.outcome.is_stopped() {
                stopped = stopped.saturating_add(row.count);
            }
            self.total = self.total.saturating_add(row.count);
            self.put(row);
        }
        self.stopped = self.stopped.saturating_add(stopped);
        stopped
    }

    fn put(&mut self, mut row: Row) {
        if self.raise(&row) {
            return;
        }
        let of_host = self
            .rows
            .iter()
            .filter(|known| known.host == row.host)
            .count();
        if of_host == 0 && self.hosts().count() >= MOST_HOSTS {
            row.host.clear();
        }
        if of_host >= MOST_ROWS_OF_HOST || self.rows.len() >= MOST_ROWS {
            row.class = None;
            row.detail.clear();
            if self.rows.len() >= MOST_ROWS {
                row.host.clear();
            }
        }
        if !self.raise(&row) {
            self.rows.push(row);
        }
    }

    fn raise(&mut self, row: &Row) -> bool {
        let Some(known) = self.rows.iter_mut().find(|known| known.same(row)) else {
            return false;
        };
        known.count = known.count.saturating_add(row.count);
        known.last = known.last.max(row.last);
        true
    }

    /// All rows, newest first; among equally new ones in the order in which they came.
    #[must_use]
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| core::cmp::Reverse(row.last));
        rows
    }

    /// The rows by surface, the surface with the newest attempt first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for row in self.rows() {
            match groups.iter_mut().find(|group| group.surface == row.surface) {
                Some(group) => {
                    group.rows.push(row);
                    group.count = group.count.saturating_add(row.count);
                }
                None => {
                    groups.push(Group {
                        surface: row.surface,
                        rows: vec![row],
                        count: row.count,
                    });
                }
            }
        }
        groups
    }

    /// The hosts of the documents that tried something, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .map(|row| row.host.as_str())
            .collect::<BTreeSet<_>>()
            .into_iter()
    }

    /// The record of one host's documents alone.
    #[must_use]
    pub fn of_host(&self, host: &str) -> Self {
        let rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|row| row.host == host)
            .cloned()
            .collect();
        let sum = |rows: &mut dyn Iterator<Item = &Row>| {
            rows.fold(0, |sum: u64, row| sum.saturating_add(row.count))
        };
        let stopped = sum(&mut rows.iter().filter(|row| row.outcome.is_stopped()));
        let total = sum(&mut rows.iter());
        Self {
            rows,
            stopped,
            total,
        }
    }

    /// How many attempts were stopped: the number of the badge.
    #[must_use]
    pub fn stopped(&self) -> u64 {
        self.stopped
    }

    /// How many attempts there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether nothing was tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The records of all tabs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    tabs: BTreeMap<u32, Record>,
}

impl Ledger {
    /// Takes in a batch from a document of `host` in `tab`, at `now`. Returns how many attempts
    /// were stopped in that tab so far.
    pub fn add(&mut self, tab: u32, host: &str, lines: &str, now: u64) -> u64 {
        if !self.tabs.contains_key(&tab) && self.tabs.len() >= MOST_TABS {
            return 0;
        }
        let record = self.tabs.entry(tab).or_default();
        record.add(host, lines, now);
        record.stopped()
    }

    /// The record of a tab, where anything was tried.
    #[must_use]
    pub fn tab(&self, tab: u32) -> Option<&Record> {
        self.tabs.get(&tab)
    }

    /// The tabs with a record, in order.
    pub fn tabs(&self) -> impl Iterator<Item = u32> + '_ {
        self.tabs.keys().copied()
    }

    /// Forgets a tab: it was closed, or went to another page.
    pub fn forget(&mut self, tab: u32) {
        self.tabs.remove(&tab);
    }

    /// Forgets every tab that isn't among `open`.
    pub fn keep_only(&mut self, open: &[u32]) {
        self.tabs.retain(|tab, _| open.contains(tab));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::{Ledger, MOST_ROWS, MOST_ROWS_OF_HOST, Record, parse_line};
    use crate::tally::{Outcome, Surface};

    const BATCH: &str = "candidate\thost\tprivate\thidden\t2\t192.168.1.10\n\
                         connection\t-\t-\tshown\t1\t\n\
                         server\t-\tname\tremoved\t1\tstun:stun.example.org\n";

    #[test]
    fn equal_attempts_share_a_row() {
        let mut record = Record::default();
        assert_eq!(record.add("a.example", BATCH, 5), 3);
        assert_eq!(record.add("a.example", BATCH, 9), 3);
        assert_eq!(record.rows().len(), 3);
        assert_eq!((record.stopped(), record.total()), (6, 8));
        let row = record.rows()[0].clone();
        assert_eq!((row.count, row.first, row.last), (4, 5, 9));
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        for line in [
            "",
            "candidate",
            "nowhere\thost\tprivate\thidden\t2\tx",
            "candidate\thost\tprivate\tlost\t2\tx",
            "candidate\thost\tprivate\thidden\t-2\tx",
            "candidate\thost\tprivate\thidden\t2",
        ] {
            assert_eq!(parse_line(line, "", 0), None, "{line}");
        }
        let row = parse_line("candidate\tnew\tnew\thidden\t2\ta\tb", "", 0).unwrap();
        assert_eq!(
            (row.kind, row.class, row.detail.as_str()),
            (None, None, "a b")
        );
    }

    #[test]
    fn groups_and_rows_are_newest_first() {
        let mut record = Record::default();
        record.add("a.example", BATCH, 1);
        record.add("b.example", "statistics\thost\tprivate\thidden\t7\t\n", 2);
        record.add("b.example", "candidate\thost\tprivate\thidden\t1\t\n", 3);
        let groups = record.groups();
        let surfaces: Vec<_> = groups
            .iter()
            .map(|group| (group.surface, group.count))
            .collect();
        assert_eq!(surfaces[0], (Surface::Candidate, 3));
        assert_eq!(surfaces[1], (Surface::Statistics, 7));
        assert_eq!(groups[0].rows[0].host, "b.example");
        assert_eq!(
            record.hosts().collect::<Vec<_>>(),
            ["a.example", "b.example"]
        );
        assert_eq!(record.of_host("b.example").stopped(), 8);
    }

    #[test]
    fn ten_thousand_attempts_stay_bounded_and_counted() {
        let mut record = Record::default();
        for n in 0..10_000_u64 {
            let line = format!(
                "candidate\thost\tprivate\thidden\t1\t10.0.{}.{}",
                n / 250,
                n % 250
            );
            record.add(&format!("{}.example", n % 40), &line, n);
        }
        assert!(record.rows().len() <= MOST_ROWS + 300);
        assert_eq!(record.stopped(), 10_000);
        assert_eq!(
            record.rows().iter().map(|row| row.count).sum::<u64>(),
            10_000
        );
    }

    #[test]
    fn one_host_can_not_push_out_another() {
        let mut record = Record::default();
        for n in 0..5_000 {
            let line = format!("candidate\thost\tprivate\thidden\t1\t{n}");
            record.add("loud.example", &line, 1);
        }
        assert!(record.rows().len() <= MOST_ROWS_OF_HOST + 1);
        record.add("quiet.example", BATCH, 2);
        assert_eq!(record.rows()[0].detail, "192.168.1.10");
        for n in 0..5_000 {
            record.add(&format!("{n}.example"), "connection\t-\t-\tshown\t1\t", 1);
        }
        assert!(record.hosts().count() <= super::MOST_HOSTS + 1);
    }

    #[test]
    fn tabs_are_kept_apart_and_survive_storage() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.add(1, "a.example", BATCH, 1), 3);
        assert_eq!(ledger.add(2, "a.example", BATCH, 1), 3);
        assert_eq!(ledger.add(1, "a.example", BATCH, 1), 6);
        let json = serde_json::to_string(&ledger).unwrap();
        let mut again: Ledger = serde_json::from_str(&json).unwrap();
        assert_eq!(again, ledger);
        again.forget(1);
        assert!(again.tab(1).is_none());
        again.keep_only(&[]);
        assert_eq!(again.tabs().count(), 0);
        let first = ledger.tab(1).unwrap().rows();
        assert_eq!(first[0].outcome, Outcome::Hidden);
    }
}
