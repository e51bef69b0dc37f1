//! What a page tried, counted: bounded, in memory, handed on as lines of text.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::address::AddressClass;
use crate::candidate::CandidateType;
use crate::text::{cut, push_u32};

/// How many distinct rows are kept between two drains.
pub const MOST_ROWS: usize = 128;

/// The most bytes of a detail.
pub const MOST_DETAIL: usize = 255;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All of them, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable word, as it stands in reports.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }
    };
}

/// A word that stands for no surface or outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord;

impl core::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a word that stands for no surface and no outcome")
    }
}

impl core::error::Error for UnknownWord {}

words! {
    /// Where a page met the guard.
    Surface {
        /// A connection was created.
        Connection = "connection",
        /// An `icecandidate` event.
        Candidate = "candidate",
        /// A description was read.
        Description = "description",
        /// `getStats()`.
        Statistics = "statistics",
        /// `RTCIceTransport` and candidate pairs.
        Transport = "transport",
        /// An `icecandidateerror` event.
        Error = "error",
        /// A STUN or TURN server was named.
        Server = "server",
        /// A remote candidate that the page supplied.
        Remote = "remote",
    }
}

words! {
    /// What came of it.
    Outcome {
        /// Shown as it is.
        Shown = "shown",
        /// Not shown.
        Hidden = "hidden",
        /// Shown with its related address or foundation replaced.
        Changed = "changed",
        /// The connection was refused.
        Refused = "refused",
        /// The server was taken out of the configuration.
        Removed = "removed",
        /// The remote candidate wasn't given to the browser.
        NotPassed = "not-passed",
    }
}

impl Outcome {
    /// Whether something was kept from the page: what the badge counts.
    #[must_use]
    pub fn is_stopped(self) -> bool {
        matches!(
            self,
            Self::Hidden | Self::Refused | Self::Removed | Self::NotPassed
        )
    }
}

/// One thing that a page tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Where.
    pub surface: Surface,
    /// The type of the candidate, where there is one.
    pub kind: Option<CandidateType>,
    /// The class of the address, where there is one.
    pub class: Option<AddressClass>,
    /// What came of it.
    pub outcome: Outcome,
    /// The address or the server's URL; may be empty.
    pub detail: &'a str,
}

/// Counts attempts; equal ones share a row.
#[derive(Debug, Default)]
pub struct Tally {
    rows: Vec<Row>,
    /// The key of each row: most rows need no closer look.
    keys: Vec<u32>,
    /// The place behind the row that was found last.
    next: usize,
}

#[derive(Debug)]
struct Row {
    surface: Surface,
    kind: Option<CandidateType>,
    class: Option<AddressClass>,
    outcome: Outcome,
    detail: String,
    count: u32,
}

impl Row {
    fn counts(&self, attempt: &Attempt<'_>) -> bool {
        self.surface == attempt.surface
            && self.kind == attempt.kind
            && self.class == attempt.class
            && self.outcome == attempt.outcome
            && self.detail == attempt.detail
    }
}

impl Attempt<'_> {
    /// What equal attempts have in common, and others hardly: FNV-1a.
    fn key(&self) -> u32 {
        let known = [
            self.surface as u8,
            self.kind.map_or(u8::MAX, |kind| kind as u8),
            self.class.map_or(u8::MAX, |class| class as u8),
            self.outcome as u8,
        ];
        let bytes = known.into_iter().chain(self.detail.bytes());
        bytes.fold(0x811c_9dc5, |key, byte| {
            (key ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
    }
}

impl Tally {
    /// Counts one attempt. When all rows are taken, it counts in a row without class and detail,
    /// of which there is one per surface, type and outcome.
    pub fn count(&mut self, attempt: Attempt<'_>) {
        let mut attempt = Attempt {
            detail: cut(attempt.detail, MOST_DETAIL),
            ..attempt
        };
        if self.raise(&attempt) {
            return;
        }
        if self.rows.len() >= MOST_ROWS {
            attempt = Attempt {
                class: None,
                detail: "",
                ..attempt
            };
            if self.raise(&attempt) {
                return;
            }
        }
        self.keys.push(attempt.key());
        self.rows.push(Row {
            surface: attempt.surface,
            kind: attempt.kind,
            class: attempt.class,
            outcome: attempt.outcome,
            detail: attempt.detail.into(),
            count: 1,
        });
    }

    /// Raises the row of an equal attempt. Reads repeat in the same order, and a flood in one row, so
    /// the row behind the one that was found last and that one are tried first.
    fn raise(&mut self, attempt: &Attempt<'_>) -> bool {
        let near = [Some(self.next), self.next.checked_sub(1)];
        let mut near = near.into_iter().flatten();
        let is_equal = |place: &usize| self.rows.get(*place).is_some_and(|row| row.counts(attempt));
        let found = near.find(is_equal).or_else(|| {
            let key = attempt.key();
            let keys = self.keys.iter().enumerate();
            let mut alike = keys.filter_map(|(place, known)| (*known == key).then_some(place));
            alike.find(is_equal)
        });
        let Some(place) = found else { return false };
        if let Some(row) = self.rows.get_mut(place) {
            row.count = row.count.saturating_add(1);
        }
        self.next = place + 1;
        true
    }

    /// Whether nothing was counted since the last drain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Hands over all rows as lines and forgets them. A line is surface, candidate type or `-`,
    /// address class or `-`, outcome, count and detail, with tabs between them.
    pub fn drain(&mut self) -> String {
        let mut out = String::new();
        for row in core::mem::take(&mut self.rows) {
            out.push_str(row.surface.as_str());
            out.push('\t');
            out.push_str(row.kind.map_or("-", CandidateType::as_str));
            out.push('\t');
            out.push_str(row.class.map_or("-", AddressClass::as_str));
            out.push('\t');
            out.push_str(row.outcome.as_str());
            out.push('\t');
            push_u32(&mut out, row.count);
            out.push('\t');
            out.extend(
                row.detail
                    .chars()
                    .map(|sign| if sign.is_control() { ' ' } else { sign }),
            );
            out.push('\n');
        }
        self.keys.clear();
        self.next = 0;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, MOST_DETAIL, MOST_ROWS, Outcome, Surface, Tally};
    use crate::address::AddressClass;
    use crate::candidate::CandidateType;

    fn attempt(detail: &str) -> Attempt<'_> {
        Attempt {
            surface: Surface::Candidate,
            kind: Some(CandidateType::Host),
            class: Some(AddressClass::Private),
            outcome: Outcome::Hidden,
            detail,
        }
    }

    #[test]
    fn equal_attempts_share_a_row() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            tally.count(attempt("192.168.1.10"));
            tally.count(attempt("192.168.1.11"));
        }
        assert_eq!(
            tally.drain(),
            "candidate\thost\tprivate\thidden\t3\t192.168.1.10\n\
             candidate\thost\tprivate\thidden\t3\t192.168.1.11\n"
        );
        assert_eq!(tally.drain(), "");
    }

    #[test]
    fn past_the_bound_rows_lose_their_detail() {
        let mut tally = Tally::default();
        for n in 0..1000 {
            tally.count(attempt(&format!("10.0.{}.{}", n / 250, n % 250)));
        }
        let text = tally.drain();
        assert_eq!(text.lines().count(), MOST_ROWS + 1);
        assert_eq!(
            text.lines().last(),
            Some("candidate\thost\t-\thidden\t872\t")
        );
    }

    #[test]
    fn a_detail_can_not_break_a_line() {
        let mut tally = Tally::default();
        tally.count(attempt("a\tb\nc"));
        tally.count(attempt(&"é".repeat(400)));
        let text = tally.drain();
        assert!(text.starts_with("candidate\thost\tprivate\thidden\t1\ta b c\n"));
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.len() < MOST_DETAIL + 64));
    }

    #[test]
    fn words_read_back() {
        for surface in Surface::ALL {
            assert_eq!(surface.as_str().parse(), Ok(*surface));
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(*outcome));
        }
        assert!("Shown".parse::<Outcome>().is_err());
    }
}
