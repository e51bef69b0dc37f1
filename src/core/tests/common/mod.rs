//! Descriptions and candidates made at random.
#![allow(unreachable_pub)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

/// A candidate and what must not be seen of it.
#[derive(Clone, Debug)]
pub struct Made {
    pub line: String,
    pub kind: &'static str,
    pub address: String,
    pub related: Option<String>,
}

impl Made {
    /// Whether `relay-only` shows it.
    pub fn is_relay(&self) -> bool {
        self.kind == "relay"
    }
}

/// An IP address of any class, never the unspecified or the loopback one that browsers put into
/// descriptions.
pub fn ip() -> impl Strategy<Value = IpAddr> {
    let v4 = prop_oneof![
        any::<[u8; 4]>(),
        any::<[u8; 3]>().prop_map(|[a, b, c]| [10, a, b, c]),
        any::<[u8; 2]>().prop_map(|[a, b]| [192, 168, a, b]),
        any::<[u8; 2]>().prop_map(|[a, b]| [100, 64, a, b]),
        any::<u8>().prop_map(|a| [203, 0, 113, a]),
    ]
    .prop_map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    let v6 = prop_oneof![
        any::<[u16; 8]>(),
        any::<[u16; 3]>().prop_map(|[a, b, c]| [0x2001, 0xdb8, 0, 0, a, 0, b, c]),
        any::<[u16; 3]>().prop_map(|[a, b, c]| [0xfd00, 0, a, 0, 0, b, 0, c]),
        any::<[u16; 2]>().prop_map(|[a, b]| [0xfe80, 0, 0, 0, 0, 0, a, b]),
        any::<[u16; 2]>().prop_map(|[a, b]| [0, 0, 0, 0, 0, 0xffff, a, b]),
    ]
    .prop_map(|segments| IpAddr::V6(Ipv6Addr::from(segments)));
    prop_oneof![v4, v6].prop_filter("says something", |ip| {
        !ip.is_unspecified() && !ip.is_loopback()
    })
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => ip().prop_map(|ip| ip.to_string()),
        1 => ip().prop_map(|ip| match ip {
            IpAddr::V6(ip) => format!("{:X}:{:X}:{:X}:{:X}:{:X}:{:X}:{:X}:{:X}",
                ip.segments()[0], ip.segments()[1], ip.segments()[2], ip.segments()[3],
                ip.segments()[4], ip.segments()[5], ip.segments()[6], ip.segments()[7]),
            IpAddr::V4(ip) => ip.to_string(),
        }),
        1 => "[0-9a-f]{8}-[0-9a-f]{4}\\.local",
    ]
}

/// A candidate line from `candidate:` on.
pub fn candidate() -> impl Strategy<Value = Made> {
    let kinds = prop_oneof![Just("host"), Just("srflx"), Just("prflx"), Just("relay")];
    let head = (
        "[a-zA-Z0-9+/]{1,12}",
        1..=2_u8,
        prop_oneof![4 => Just("udp"), 1 => Just("TCP")],
    );
    let extensions = prop_oneof![
        Just(String::new()),
        Just(" generation 0 ufrag EsAw network-id 1 network-cost 50".to_owned()),
        Just(" tcptype active".to_owned()),
        "( x-[a-z]{1,5} [a-zA-Z0-9]{1,5}){0,3}",
    ];
    let related = proptest::option::weighted(0.7, (address(), 1..=u16::MAX));
    (head, any::<u32>(), address(), 1..=u16::MAX, kinds, related, extensions).prop_map(
        |((foundation, component, transport), priority, address, port, kind, related, rest)| {
            let mut line = format!(
                "candidate:{foundation} {component} {transport} {priority} {address} {port} typ {kind}"
            );
            if let Some((related, port)) = &related {
                line += &format!(" raddr {related} rport {port}");
            }
            line += &rest;
            Made { line, kind, address, related: related.map(|(related, _)| related) }
        },
    )
}

/// A description and its candidates.
#[derive(Clone, Debug)]
pub struct Description {
    pub sdp: String,
    pub candidates: Vec<Made>,
}

#[derive(Clone, Debug)]
struct Section {
    candidates: Vec<Made>,
    default: usize,
    connection: bool,
    rtcp: u8,
    port_zero: bool,
    rest: Vec<&'static str>,
}

const REST: [&str; 9] = [
    "a=mid:0",
    "a=rtcp-mux",
    "a=ice-ufrag:EsAw",
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
    "a=fingerprint:sha-256 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:62:C9:9A:7F:B9",
    "a=rtpmap:111 opus/48000/2",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=x-candidate:1 1 udp",
    "a=end-of-candidates",
];

fn section() -> impl Strategy<Value = Section> {
    (
        proptest::collection::vec(candidate(), 0..6),
        0..6_usize,
        any::<bool>(),
        0..4_u8,
        proptest::bool::weighted(0.1),
        proptest::sample::subsequence(REST.to_vec(), 0..=REST.len()),
    )
        .prop_map(
            |(candidates, default, connection, rtcp, port_zero, rest)| Section {
                candidates,
                default,
                connection,
                rtcp,
                port_zero,
                rest,
            },
        )
}

fn family(address: &str) -> &'static str {
    if address.contains(':') { "IP6" } else { "IP4" }
}

/// A description as browsers write them, in all the variety that the grammar leaves: defaults in
/// the session or in sections, any mixture of line endings.
pub fn description() -> impl Strategy<Value = Description> {
    let sections = proptest::collection::vec(section(), 0..4);
    let endings = proptest::collection::vec(
        prop_oneof![6 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r")],
        1..8,
    );
    (
        sections,
        endings,
        any::<bool>(),
        any::<bool>(),
        proptest::option::weighted(0.2, ip()),
    )
        .prop_map(
            |(sections, endings, session_connection, last_ending, origin)| {
                let mut lines = vec!["v=0".to_owned()];
                let origin = origin.map_or("127.0.0.1".to_owned(), |ip| ip.to_string());
                lines.push(format!(
                    "o=- 4611731400430051336 2 IN {} {origin}",
                    family(&origin)
                ));
                lines.push("s=-".into());
                let first = sections
                    .iter()
                    .flat_map(|section| &section.candidates)
                    .next();
                if let Some(first) = first.filter(|_| session_connection) {
                    lines.push(format!("c=IN {} {}", family(&first.address), first.address));
                }
                lines.push("t=0 0".into());
                lines.push("a=group:BUNDLE 0 1".into());
                for section in &sections {
                    push_section(section, &mut lines);
                }
                let mut sdp = String::new();
                for (index, line) in lines.iter().enumerate() {
                    sdp += line;
                    if index + 1 < lines.len() || last_ending {
                        sdp += endings[index % endings.len()];
                    }
                }
                let candidates = sections
                    .into_iter()
                    .flat_map(|section| section.candidates)
                    .collect();
                Description { sdp, candidates }
            },
        )
}

fn push_section(section: &Section, lines: &mut Vec<String>) {
    let default = section.candidates.get(section.default);
    let fields = default.map(|made| made.line.split(' ').collect::<Vec<_>>());
    let (address, port) = fields
        .as_ref()
        .map_or(("0.0.0.0", "9"), |fields| (fields[4], fields[5]));
    let port = if section.port_zero { "0" } else { port };
    lines.push(format!("m=audio {port} UDP/TLS/RTP/SAVPF 111 63"));
    if section.connection {
        lines.push(format!("c=IN {} {address}", family(address)));
    }
    match section.rtcp {
        1 => lines.push("a=rtcp:9 IN IP4 0.0.0.0".into()),
        2 => lines.push(format!("a=rtcp:{port} IN {} {address}", family(address))),
        3 => lines.push(format!("a=rtcp:{port}")),
        _ => {}
    }
    lines.extend(
        section
            .candidates
            .iter()
            .map(|made| format!("a={}", made.line)),
    );
    lines.extend(section.rest.iter().map(|line| (*line).to_owned()));
}
