//! What the peer learned about one client: which address, from which message, when.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use iceveil_core::address::Address;
use serde::Serialize;
use tokio::sync::watch;

use crate::turn::Relays;

/// Distinct observations kept for one client. What comes after is counted, not kept.
pub const LIMIT: usize = 2048;

/// Which message gave an address away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum How {
    /// The source of an HTTP request.
    Http,
    /// The source of a WebSocket connection to a signalling room.
    WebSocket,
    /// The source of a STUN binding request to the client's own STUN port (RFC 8489).
    StunBinding,
    /// The source of a connectivity check to the peer's candidate (RFC 8445).
    StunCheck,
    /// An `a=candidate` line: its address or its related address (RFC 8839).
    SdpCandidate,
    /// A `c=`, `o=` or `a=rtcp` line, other than the placeholders.
    SdpConnection,
    /// A candidate that came after the description (RFC 8840).
    TrickleCandidate,
    /// The source of a TURN allocate request (RFC 8656).
    TurnAllocate,
    /// A peer address that the client asked the TURN server to permit.
    TurnPeer,
    /// The remote end over which a data channel opened.
    DataChannel,
}

/// How the message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// One address, learned in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    /// Counts from 1 for each client, without gaps.
    pub seq: u64,
    /// When it was first seen, in milliseconds since the client was made.
    pub at_ms: u64,
    /// An IP address, or the name that stood in its place.
    pub address: String,
    /// The port, where the message had one that says something.
    pub port: Option<u16>,
    /// The class of the address, in the words of `iceveil-core`.
    pub class: &'static str,
    /// From which message it was learned.
    pub how: How,
    /// How that message came.
    pub transport: Transport,
    /// For candidates: `host`, `srflx`, `prflx`, `relay`, or `related` for a related address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_type: Option<String>,
    /// The address lies on the TURN server that clients were told of: a relay's, not the client's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub relayed: bool,
    /// Under `--simulate-mapped`: the address that the answer claimed instead. Simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<String>,
    /// How often it was seen.
    pub count: u64,
    /// When it was last seen, in milliseconds since the client was made.
    pub last_ms: u64,
}

/// An observation on its way in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seen {
    address: String,
    port: Option<u16>,
    how: How,
    transport: Transport,
    candidate_type: Option<String>,
    relayed: bool,
    simulated: Option<IpAddr>,
}

impl Seen {
    /// The source of a message.
    pub fn source(how: How, transport: Transport, source: SocketAddr) -> Self {
        Self::named(
            how,
            transport,
            source.ip().to_canonical().to_string(),
            Some(source.port()),
        )
    }

    /// An address or name that was written in a message.
    pub fn named(how: How, transport: Transport, address: String, port: Option<u16>) -> Self {
        Self {
            address,
            port,
            how,
            transport,
            candidate_type: None,
            relayed: false,
            simulated: None,
        }
    }

    /// The same without its port: a new one for each TCP connection says nothing.
    #[must_use]
    pub fn without_port(self) -> Self {
        Self { port: None, ..self }
    }

    /// The same, with the type of the candidate it stood in.
    #[must_use]
    pub fn of_candidate(self, kind: &str) -> Self {
        Self {
            candidate_type: Some(kind.to_owned()),
            ..self
        }
    }

    /// The same, marked if it is an address of the peer's own TURN server.
    fn marked(self, relays: &Relays) -> Self {
        let ip = self.address.parse::<IpAddr>().ok();
        let address = ip.zip(self.port).map(SocketAddr::from);
        Self {
            relayed: address.is_some_and(|address| relays.contains(address)),
            ..self
        }
    }

    /// The same, marked with the simulated address that the answer claimed.
    #[must_use]
    pub fn answered_with(self, simulated: Option<IpAddr>) -> Self {
        Self { simulated, ..self }
    }
}

/// A client's observations, as the HTTP interface gives them.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// In the order in which they were first made.
    pub observations: Vec<Observation>,
    /// Messages that would have been new observations after [`LIMIT`] was reached.
    pub dropped: u64,
}

/// The observations of one client: bounded, and lossless up to the bound.
#[derive(Debug)]
pub struct Observations {
    since: Instant,
    relays: Arc<Relays>,
    kept: Mutex<Kept>,
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    rows: Vec<Observation>,
    index: HashMap<Seen, usize>,
    dropped: u64,
}

impl Observations {
    /// None yet; times count from `since`. What lies in `relays` is marked as relayed.
    pub fn new(since: Instant, relays: Arc<Relays>) -> Self {
        Self {
            since,
            relays,
            kept: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }

    /// Takes one in. The same one again only raises its count.
    pub fn add(&self, seen: Seen) {
        let seen = seen.marked(&self.relays);
        let now_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut kept = self.kept();
        if let Some(row) = kept
            .index
            .get(&seen)
            .copied()
            .and_then(|at| kept.rows.get_mut(at))
        {
            row.count = row.count.saturating_add(1);
            row.last_ms = now_ms;
            return;
        }
        if kept.rows.len() >= LIMIT {
            kept.dropped = kept.dropped.saturating_add(1);
            return;
        }
        let at = kept.rows.len();
        let seq = at as u64 + 1;
        kept.rows.push(Observation {
            seq,
            at_ms: now_ms,
            class: Address::parse(&seen.address).class().as_str(),
            address: seen.address.clone(),
            port: seen.port,
            how: seen.how,
            transport: seen.transport,
            candidate_type: seen.candidate_type.clone(),
            relayed: seen.relayed,
            simulated: seen.simulated.map(|ip| ip.to_string()),
            count: 1,
            last_ms: now_ms,
        });
        kept.index.insert(seen, at);
        drop(kept);
        self.newest.send_replace(seq);
    }

    /// All of them.
    pub fn account(&self) -> Account {
        let kept = self.kept();
        Account {
            observations: kept.rows.clone(),
            dropped: kept.dropped,
        }
    }

    /// Those after number `seq`.
    pub fn after(&self, seq: u64) -> Vec<Observation> {
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        self.kept().rows.iter().skip(skip).cloned().collect()
    }

    /// Tells of the newest number whenever it changes.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere can't leave it half-written: rows come before their index.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn seen(port: u16) -> Seen {
        Seen::source(
            How::StunBinding,
            Transport::Udp,
            ([192, 168, 1, 10], port).into(),
        )
    }

    #[test]
    fn the_same_address_again_raises_its_count() {
        let observations = Observations::new(Instant::now(), Arc::default());
        observations.add(seen(1));
        observations.add(seen(1));
        observations.add(seen(2));
        let account = observations.account();
        assert_eq!(account.observations.len(), 2);
        assert_eq!(account.observations[0].count, 2);
        assert_eq!(account.observations[0].class, "private");
        assert_eq!(account.observations[1].seq, 2);
        assert_eq!(observations.after(1).len(), 1);
    }

    #[test]
    fn what_exceeds_the_bound_is_counted() {
        let observations = Observations::new(Instant::now(), Arc::default());
        for port in 0..=u16::try_from(LIMIT).unwrap() {
            observations.add(seen(port));
        }
        let account = observations.account();
        assert_eq!(account.observations.len(), LIMIT);
        assert_eq!(account.dropped, 1);
        let mut numbers = account.observations.iter().map(|row| row.seq);
        assert!((1..=LIMIT as u64).eq(&mut numbers));
    }

    #[test]
    fn ipv4_in_ipv6_is_told_as_ipv4() {
        let observations = Observations::new(Instant::now(), Arc::default());
        let source = "[::ffff:10.0.0.1]:9".parse().unwrap();
        observations.add(Seen::source(How::Http, Transport::Tcp, source).without_port());
        let row = observations.account().observations.remove(0);
        assert_eq!(
            (row.address.as_str(), row.port, row.class),
            ("10.0.0.1", None, "private")
        );
    }

    #[test]
    fn json_has_the_names_that_others_read() {
        let observations = Observations::new(Instant::now(), Arc::default());
        observations.add(
            Seen::named(How::SdpCandidate, Transport::Udp, "a.local".into(), Some(9))
                .of_candidate("host"),
        );
        let json = serde_json::to_value(observations.account()).unwrap();
        let row = &json["observations"][0];
        assert_eq!(row["how"], "sdp-candidate");
        assert_eq!(row["class"], "local-name");
        assert_eq!(row["candidateType"], "host");
        assert_eq!(row["transport"], "udp");
        assert!(row["atMs"].is_u64());
    }
}
