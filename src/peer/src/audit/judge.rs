//! What leaked: by what the page read, and by what the peer saw.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use iceveil_core::address::{Address, AddressClass};
use serde::Serialize;
use serde_json::{Value, json};

/// The outcome of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing leaked with the extension.
    Clean,
    /// Something leaked with the extension.
    Leak,
    /// It says nothing: the page couldn't test, or nothing leaked without the extension either.
    Unjudged,
}

/// What one run of the page gave: its own report and the peer's account.
#[derive(Debug, Default)]
pub(super) struct Findings {
    report: Value,
    observations: Vec<Value>,
    client: Value,
    /// Addresses that are no secret to the site: those it was asked from, and its own.
    known: BTreeSet<String>,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// The surface, in the report's word.
    pub(super) surface: String,
    /// What it gave away without the extension.
    pub(super) without: Vec<String>,
    /// What it gave away with it.
    pub(super) with: Vec<String>,
}

/// Both runs, compared.
#[derive(Debug)]
pub(super) struct Judgement {
    /// What the page could read.
    pub(super) rows: Vec<Row>,
    /// What the peer saw.
    pub(super) wire: Vec<Row>,
    /// The addresses that leaked without the extension.
    pub(super) leaked_without: Vec<String>,
    /// The addresses that leaked with it.
    pub(super) leaked_with: Vec<String>,
    /// The outcome.
    pub(super) verdict: Verdict,
}

/// Kinds of observation, in the words of the HTTP interface and of the table.
const WIRE: [(&str, &str); 9] = [
    ("http", "HTTP requests (the page itself)"),
    ("stun-binding", "STUN requests"),
    ("stun-check", "connectivity checks"),
    ("sdp-candidate", "candidates in its offers"),
    ("sdp-connection", "c=, o= and a=rtcp in its offers"),
    ("trickle-candidate", "candidates sent later"),
    ("turn-allocate", "TURN requests"),
    ("turn-peer", "peers named to TURN"),
    ("data-channel", "data channels"),
];

impl Findings {
    /// From the page's report, the peer's account and what the page was told of its client.
    pub(super) fn new(report: Value, account: &Value, client: Value) -> Self {
        let observations = account.get("observations").and_then(Value::as_array);
        let observations = observations.cloned().unwrap_or_default();
        let mut known: BTreeSet<String> = observations
            .iter()
            .filter(|seen| word(seen, "how") == "http" || is_relayed(seen))
            .map(|seen| word(seen, "address").to_owned())
            .collect();
        known.extend(servers(&client));
        Self {
            report,
            observations,
            client,
            known,
        }
    }

    /// The address that STUN answers claimed, if they didn't tell the truth.
    pub(super) fn simulated(&self) -> Option<&str> {
        self.client.get("simulated").and_then(Value::as_str)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "report": self.report, "observations": self.observations })
    }

    /// The page could make its checks.
    fn is_complete(&self) -> bool {
        matches!(word(&self.report, "verdict"), "leak" | "clean")
    }

    /// What each surface gave away, by surface. Other windows count as one surface, besides those
    /// in `apart`.
    fn surfaces(&self, apart: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in list(&self.report, "surfaces") {
            let surface = match word(row, "realm") {
                "top" | "" => word(row, "id").to_owned(),
                realm if apart.contains(realm) => format!("window or frame: {realm}"),
                _ => OTHER_WINDOWS.to_owned(),
            };
            let told = self.addresses(row).into_iter().map(ToOwned::to_owned);
            found.entry(surface).or_default().extend(told);
        }
        found
    }

    /// The other windows and frames that gave something away.
    fn leaking_realms(&self) -> BTreeSet<String> {
        list(&self.report, "surfaces")
            .filter(|row| !matches!(word(row, "realm"), "top" | ""))
            .filter(|row| !self.addresses(row).is_empty())
            .map(|row| word(row, "realm").to_owned())
            .collect()
    }

    /// What one row of the report gave away.
    fn addresses<'a>(&self, row: &'a Value) -> Vec<&'a str> {
        list(row, "addresses")
            .filter(|address| address.get("known").is_none())
            .map(|address| word(address, "address"))
            .filter(|address| self.tells(address))
            .collect()
    }

    /// What the peer saw, by kind of message.
    fn wire(&self, how: &str) -> Vec<String> {
        let seen = self
            .observations
            .iter()
            .filter(|seen| word(seen, "how") == how);
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for seen in seen {
            let simulated = seen.get("simulated").and_then(Value::as_str);
            let simulated = simulated
                .map(|claimed| format!(" (as {claimed}, simulated)"))
                .unwrap_or_default();
            let relayed = if is_relayed(seen) { " (our relay)" } else { "" };
            let address = match word(seen, "address") {
                name if name.ends_with(".local") => "a .local name",
                address => address,
            };
            let line = format!("{address}{relayed}{simulated}");
            let count = seen.get("count").and_then(Value::as_u64).unwrap_or(1);
            *lines.entry(line).or_default() += count;
        }
        lines
            .into_iter()
            .map(|(line, count)| format!("{count} × {line}"))
            .collect()
    }

    /// Every address that leaked.
    fn leaked(&self) -> BTreeSet<String> {
        let mut leaked: BTreeSet<String> = self
            .surfaces(&BTreeSet::new())
            .into_values()
            .flatten()
            .collect();
        for seen in &self.observations {
            leaked.extend(self.leaked_by(seen).map(ToOwned::to_owned));
        }
        leaked
    }

    fn leaked_by<'a>(&self, seen: &'a Value) -> Option<&'a str> {
        let address = word(seen, "address");
        let simulated = seen.get("simulated").and_then(Value::as_str);
        let leaked = match word(seen, "how") {
            "http" | "turn-peer" => None,
            // Behind the NAT that is simulated, this is what the request would have shown.
            "stun-binding" if simulated.is_some() => simulated,
            // The server that relays sees where it relays for: no news, if the page came from
            // there, too. On loopback the two are never comparable.
            "turn-allocate" if self.simulated().is_some() => None,
            "turn-allocate" if !self.page_came_by(address) => None,
            _ if is_relayed(seen) => None,
            _ => Some(address),
        };
        leaked.filter(|address| self.tells(address))
    }

    /// Whether the page was loaded over the same family of addresses.
    fn page_came_by(&self, address: &str) -> bool {
        let family = |address: &str| address.parse::<IpAddr>().map(|ip| ip.is_ipv4()).ok();
        self.observations.iter().any(|seen| {
            word(seen, "how") == "http" && family(word(seen, "address")) == family(address)
        })
    }

    /// Whether an address says something about the person: it isn't known and it isn't nothing.
    fn tells(&self, address: &str) -> bool {
        let class = Address::parse(address).class();
        let nothing = matches!(
            class,
            AddressClass::Unspecified | AddressClass::Loopback | AddressClass::LocalName
        );
        !nothing && !self.known.contains(address)
    }
}

/// The row for all realms but the page's own.
pub(super) const OTHER_WINDOWS: &str = "other windows and frames";

impl Judgement {
    /// Compares the two runs.
    pub(super) fn new(without: &Findings, with: &Findings) -> Self {
        // Those that still leak are named; the others are all the same.
        let apart = with.leaking_realms();
        let (mut before, mut after) = (without.surfaces(&apart), with.surfaces(&apart));
        let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
        let rows = names.into_iter().map(|surface| Row {
            without: before
                .remove(&surface)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            with: after
                .remove(&surface)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            surface,
        });
        let wire = WIRE.iter().map(|(how, words)| Row {
            surface: (*words).to_owned(),
            without: without.wire(how),
            with: with.wire(how),
        });
        let leaked_without: Vec<String> = without.leaked().into_iter().collect();
        let leaked_with: Vec<String> = with.leaked().into_iter().collect();
        let verdict = if !leaked_with.is_empty() {
            Verdict::Leak
        } else if leaked_without.is_empty() || !without.is_complete() || !with.is_complete() {
            Verdict::Unjudged
        } else {
            Verdict::Clean
        };
        Self {
            rows: rows.collect(),
            wire: wire.collect(),
            leaked_without,
            leaked_with,
            verdict,
        }
    }
}

/// The addresses of a client's own ICE servers.
fn servers(client: &Value) -> Vec<String> {
    let servers = client
        .get("iceServers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let urls = servers
        .filter_map(|server| server.get("urls").and_then(Value::as_array))
        .flatten();
    urls.filter_map(Value::as_str)
        .filter_map(|url| {
            let host = url.split_once(':')?.1.split('?').next()?;
            let address: std::net::SocketAddr = host.parse().ok()?;
            Some(address.ip().to_string())
        })
        .collect()
}

fn is_relayed(seen: &Value) -> bool {
    seen.get("relayed")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;

    fn findings(addresses: &[&str], observations: &Value) -> Findings {
        let addresses: Vec<_> = addresses.iter().map(|a| json!({ "address": a })).collect();
        let report = json!({
            "verdict": if addresses.is_empty() { "clean" } else { "leak" },
            "surfaces": [{ "id": "candidate", "realm": "top", "addresses": addresses }],
        });
        let client = json!({
            "simulated": "203.0.113.7",
            "iceServers": [{ "urls": ["stun:192.0.2.99:3478"] }],
        });
        Findings::new(report, &json!({ "observations": observations }), client)
    }

    fn seen(how: &str, address: &str) -> Value {
        json!({ "how": how, "address": address, "count": 1 })
    }

    #[test]
    fn a_leak_that_stops_is_clean() {
        let without = findings(&["192.168.1.10"], &json!([seen("http", "127.0.0.1")]));
        let with = findings(&[], &json!([seen("http", "127.0.0.1")]));
        let judgement = Judgement::new(&without, &with);
        assert_eq!(judgement.verdict, Verdict::Clean);
        assert_eq!(judgement.leaked_without, ["192.168.1.10"]);
    }

    #[test]
    fn what_leaks_on_the_wire_only_is_a_leak() {
        let without = findings(&["192.168.1.10"], &json!([]));
        for (how, address) in [
            ("stun-check", "192.168.1.10"),
            ("sdp-candidate", "10.0.0.1"),
        ] {
            let with = findings(&[], &json!([seen(how, address)]));
            assert_eq!(
                Judgement::new(&without, &with).verdict,
                Verdict::Leak,
                "{how}"
            );
        }
        let mut stun = seen("stun-binding", "127.0.0.1");
        stun["simulated"] = "203.0.113.7".into();
        let with = findings(&[], &json!([stun]));
        assert_eq!(Judgement::new(&without, &with).leaked_with, ["203.0.113.7"]);
    }

    #[test]
    fn what_the_site_knows_anyway_is_no_leak() {
        let known = json!([
            seen("http", "198.51.100.1"),
            seen("stun-check", "198.51.100.1")
        ]);
        let findings = findings(
            &["198.51.100.1", "192.0.2.99", "127.0.0.1", "x.local"],
            &known,
        );
        assert!(findings.leaked().is_empty());
    }

    #[test]
    fn nothing_leaked_either_way_says_nothing() {
        let nothing = findings(&[], &json!([]));
        assert_eq!(
            Judgement::new(&nothing, &nothing).verdict,
            Verdict::Unjudged
        );
        let without = findings(&["192.168.1.10"], &json!([]));
        let mut broken = findings(&[], &json!([]));
        broken.report["verdict"] = "partial".into();
        assert_eq!(Judgement::new(&without, &broken).verdict, Verdict::Unjudged);
    }
}
