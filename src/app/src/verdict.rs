//! What a tab's record comes to, in one sentence and one number.

/// One row of a tab's record: what was asked, what it was about, what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    /// What was asked: `connection`, `candidate`…
    pub(crate) surface: &'a str,
    /// The candidate's type, or `-`.
    pub(crate) kind: &'a str,
    /// The address's class, or `-`.
    pub(crate) class: &'a str,
    /// What was done: `shown`, `hidden`…
    pub(crate) outcome: &'a str,
    /// How often.
    pub(crate) count: u64,
    /// The address or the server, or nothing.
    pub(crate) detail: &'a str,
}

/// Whose address a class belongs to, as a person thinks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An address of the person's own network.
    Local,
    /// The address that the internet sees.
    Public,
    /// Neither can be said.
    Other,
}

impl Kind {
    /// The kind of an address class.
    pub(crate) fn of(class: &str) -> Self {
        match class {
            "public" | "documentation" => Self::Public,
            "private" | "cgnat" | "loopback" | "link-local" | "unique-local" | "local-name" => {
                Self::Local
            }
            _ => Self::Other,
        }
    }
}

/// Whether what a row tells of was kept from the page.
pub(crate) fn is_stopped(outcome: &str) -> bool {
    matches!(outcome, "hidden" | "refused" | "removed" | "not-passed")
}

/// Whether a row tells of an own address that the page got.
pub(crate) fn is_got(row: &Row<'_>) -> bool {
    is_reading(row.surface)
        && row.kind != "relay"
        && matches!(row.outcome, "shown" | "changed")
        && matches!(row.class, "-" | "reserved")
            | (Kind::of(row.class) != Kind::Other && row.class != "local-name")
}

fn is_reading(surface: &str) -> bool {
    matches!(
        surface,
        "candidate" | "description" | "statistics" | "transport" | "error"
    )
}

/// The sums of a tab's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    tried: [u64; 3],
    got: [bool; 3],
    probed: u64,
    refused: u64,
    connections: u64,
    relays: u64,
    /// How many attempts were stopped.
    pub(crate) stopped: u64,
}

/// How the verdict looks: each has a shape of its own. The worst comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Nothing was tried.
    Quiet,
    /// Something was tried and nothing was had.
    Stopped,
    /// The page got an address.
    Got,
}

impl State {
    /// The word the style sheet knows it by.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Stopped => "stopped",
            Self::Got => "got",
        }
    }
}

/// One sentence of the verdict, by the key of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentence {
    /// A message of its own.
    Plain(&'static str),
    /// A message in the plural forms of a number.
    Counted(&'static str, u64),
}

impl Summary {
    /// The sums of these rows.
    pub(crate) fn of<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> Self {
        rows.into_iter().fold(Self::default(), |mut sums, row| {
            sums.add(&row);
            sums
        })
    }

    fn add(&mut self, row: &Row<'_>) {
        let stopped = is_stopped(row.outcome);
        if stopped {
            self.stopped = self.stopped.saturating_add(row.count);
        }
        match row.surface {
            "connection" if stopped => add(&mut self.refused, row.count),
            "connection" => add(&mut self.connections, row.count),
            "server" | "remote" if stopped => add(&mut self.probed, row.count),
            "server" if row.detail.starts_with("turn") => add(&mut self.relays, row.count),
            surface if is_reading(surface) && row.kind == "relay" => {
                add(&mut self.relays, row.count);
            }
            surface if is_reading(surface) => self.add_reading(row),
            _ => {}
        }
    }

    fn add_reading(&mut self, row: &Row<'_>) {
        let [local, public, other] = &mut self.tried;
        let [got_local, got_public, got_other] = &mut self.got;
        let (tried, got) = match Kind::of(row.class) {
            Kind::Local => (local, got_local),
            Kind::Public => (public, got_public),
            Kind::Other => (other, got_other),
        };
        add(tried, row.count);
        *got |= is_got(row);
    }

    /// Whether calls can't connect under `relay-only`, for want of a relay.
    pub(crate) fn lacks_relay(&self) -> bool {
        self.connections > 0 && self.relays == 0
    }

    /// How often the page asked for something that `relay-only` would keep from it.
    pub(crate) fn tried(&self) -> u64 {
        let reads = self
            .tried
            .iter()
            .fold(0, |sum: u64, count| sum.saturating_add(*count));
        reads
            .saturating_add(self.probed)
            .saturating_add(self.refused)
    }

    /// How the verdict looks.
    pub(crate) fn state(&self) -> State {
        if self.got.contains(&true) {
            State::Got
        } else if self.tried() > 0 {
            State::Stopped
        } else {
            State::Quiet
        }
    }

    /// The verdict on all other sites of a page, if they tried anything: the key of its message, and how
    /// often they did.
    pub(crate) fn as_others(&self) -> Option<(&'static str, u64)> {
        let key = match self.state() {
            State::Quiet => return None,
            State::Stopped => "verdictOthersNone",
            State::Got => "verdictOthersSome",
        };
        Some((key, self.tried()))
    }

    /// The verdict, sentence by sentence.
    pub(crate) fn sentences(&self) -> Vec<Sentence> {
        let [local, public, other] = self.tried;
        let [got_local, got_public, got_other] = self.got;
        let reads = local.saturating_add(public).saturating_add(other);
        match (local > 0, public > 0, other > 0) {
            (true, true, _) => vec![
                Sentence::Counted("verdictTriedBoth", reads),
                Sentence::Plain(match (got_local, got_public) {
                    (true, true) => "verdictGotBoth",
                    (true, false) => "verdictGotLocal",
                    (false, true) => "verdictGotPublic",
                    (false, false) => "verdictGotNeither",
                }),
            ],
            (true, false, _) => one("verdictTriedLocal", reads, got_local),
            (false, true, _) => one("verdictTriedPublic", reads, got_public),
            (false, false, true) => vec![
                Sentence::Counted("verdictTriedAny", reads),
                Sentence::Plain(if got_other {
                    "verdictGotSome"
                } else {
                    "verdictGotNone"
                }),
            ],
            (false, false, false) if self.refused > 0 => {
                vec![Sentence::Counted("verdictRefused", self.refused)]
            }
            (false, false, false) if self.probed > 0 => {
                vec![Sentence::Counted("verdictProbed", self.probed)]
            }
            (false, false, false) if self.connections > 0 => {
                vec![Sentence::Plain("verdictConnected")]
            }
            (false, false, false) => vec![Sentence::Plain("verdictQuiet")],
        }
    }
}

fn one(key: &'static str, count: u64, got: bool) -> Vec<Sentence> {
    let result = if got {
        "verdictGotIt"
    } else {
        "verdictGotNothing"
    };
    vec![Sentence::Counted(key, count), Sentence::Plain(result)]
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

/// An address as the popup shows it until the person asks: never enough to tell one host from its
/// neighbours. Names and servers of the page's own choosing stay.
pub(crate) fn cut(detail: &str, class: &str) -> String {
    if matches!(class, "name" | "-") || detail.contains("://") || is_server(detail) {
        return detail.to_owned();
    }
    if class == "local-name" {
        return "….local".to_owned();
    }
    let keep = if detail.contains(':') {
        detail.split_inclusive(':').take(2).map(str::len).sum()
    } else {
        detail
            .split_inclusive('.')
            .take(if Kind::of(class) == Kind::Public {
                2
            } else {
                3
            })
            .map(str::len)
            .sum()
    };
    let head = detail
        .get(..keep)
        .filter(|head| head.len() < detail.len())
        .unwrap_or_default();
    format!("{head}…")
}

fn is_server(detail: &str) -> bool {
    ["stun:", "stuns:", "turn:", "turns:"]
        .iter()
        .any(|scheme| detail.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(surface: &'static str, class: &'static str, outcome: &'static str) -> Row<'static> {
        Row {
            surface,
            kind: "host",
            class,
            outcome,
            count: 3,
            detail: "",
        }
    }

    fn verdict(rows: &[Row<'static>]) -> Vec<Sentence> {
        Summary::of(rows.iter().copied()).sentences()
    }

    #[test]
    fn a_page_that_tried_nothing_is_quiet() {
        assert_eq!(verdict(&[]), [Sentence::Plain("verdictQuiet")]);
        assert_eq!(Summary::default().state(), State::Quiet);
    }

    #[test]
    fn hidden_local_and_public_addresses_are_named_together() {
        let rows = [
            row("candidate", "private", "hidden"),
            row("description", "documentation", "hidden"),
        ];
        assert_eq!(
            verdict(&rows),
            [
                Sentence::Counted("verdictTriedBoth", 6),
                Sentence::Plain("verdictGotNeither")
            ]
        );
        assert_eq!(Summary::of(rows).state(), State::Stopped);
        assert_eq!(Summary::of(rows).stopped, 6);
    }

    #[test]
    fn what_was_shown_is_said() {
        let rows = [
            row("candidate", "private", "hidden"),
            row("candidate", "public", "changed"),
        ];
        assert_eq!(
            verdict(&rows).last(),
            Some(&Sentence::Plain("verdictGotPublic"))
        );
        assert_eq!(Summary::of(rows).state(), State::Got);
    }

    #[test]
    fn a_local_name_that_was_shown_gives_nothing_away() {
        let rows = [row("candidate", "local-name", "shown")];
        assert_eq!(
            verdict(&rows).last(),
            Some(&Sentence::Plain("verdictGotNothing"))
        );
    }

    #[test]
    fn a_relay_is_not_the_persons_address() {
        let rows = [
            row("connection", "-", "shown"),
            Row {
                kind: "relay",
                ..row("candidate", "public", "changed")
            },
        ];
        let summary = Summary::of(rows);
        assert_eq!(summary.sentences(), [Sentence::Plain("verdictConnected")]);
        assert!(!summary.lacks_relay());
    }

    #[test]
    fn a_connection_without_relay_is_told() {
        let connection = row("connection", "-", "shown");
        let stun = Row {
            detail: "stun:stun.example",
            ..row("server", "name", "removed")
        };
        let turn = Row {
            detail: "turns:turn.example",
            ..row("server", "name", "shown")
        };
        assert!(Summary::of([connection, stun]).lacks_relay());
        assert!(!Summary::of([connection, stun, turn]).lacks_relay());
        assert_eq!(
            verdict(&[connection, stun]),
            [Sentence::Counted("verdictProbed", 3)]
        );
    }

    #[test]
    fn other_sites_are_told_of_once_they_tried() {
        let others = |rows: &[Row<'static>]| Summary::of(rows.iter().copied()).as_others();
        assert_eq!(others(&[row("connection", "-", "shown")]), None);
        let hidden = row("candidate", "private", "hidden");
        let asked = row("server", "name", "removed");
        assert_eq!(others(&[hidden, asked]), Some(("verdictOthersNone", 6)));
        let shown = row("statistics", "public", "shown");
        assert_eq!(others(&[hidden, shown]), Some(("verdictOthersSome", 6)));
        assert!(State::Got > State::Stopped && State::Stopped > State::Quiet);
    }

    #[test]
    fn a_refusal_is_told() {
        let rows = [row("connection", "-", "refused")];
        assert_eq!(verdict(&rows), [Sentence::Counted("verdictRefused", 3)]);
    }

    #[test]
    fn sums_saturate() {
        let much = Row {
            count: u64::MAX,
            ..row("candidate", "private", "hidden")
        };
        assert_eq!(Summary::of([much, much]).stopped, u64::MAX);
    }

    #[test]
    fn addresses_are_cut_and_servers_are_not() {
        assert_eq!(cut("192.0.2.44", "public"), "192.0.…");
        assert_eq!(cut("192.168.1.44", "private"), "192.168.1.…");
        assert_eq!(cut("2001:db8::44", "documentation"), "2001:db8:…");
        assert_eq!(cut("9b36eaac-bb2e.local", "local-name"), "….local");
        assert_eq!(cut("stun:192.0.2.1:3478", "public"), "stun:192.0.2.1:3478");
        assert_eq!(cut("::1", "loopback"), "::…");
        assert_eq!(cut("nothing", "reserved"), "…");
    }
}
