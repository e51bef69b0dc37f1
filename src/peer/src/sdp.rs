//! Addresses that stand in a client's descriptions and candidates (RFC 8839, RFC 8840).

use std::net::IpAddr;

use crate::observations::{How, Seen, Transport};

/// Lines of one description that are looked at; a browser's has a few hundred.
const MAX_LINES: usize = 10_000;

/// Every address of a description or of a trickle fragment that isn't a placeholder.
pub fn addresses(text: &str, candidates_as: How) -> Vec<Seen> {
    let mut found = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        let line = line.trim_end();
        if let Some(candidate) = line.strip_prefix("a=candidate:") {
            candidate_addresses(candidate, candidates_as, &mut found);
        } else if let Some(connection) = line.strip_prefix("c=IN IP") {
            connection_address(connection, None, &mut found);
        } else if let Some(rtcp) = line.strip_prefix("a=rtcp:") {
            if let Some((port, rest)) = rtcp.split_once(" IN IP") {
                connection_address(rest, port.trim().parse().ok(), &mut found);
            }
        } else if let Some((_, rest)) = line
            .strip_prefix("o=")
            .and_then(|origin| origin.split_once(" IN IP"))
        {
            // Chromium writes 127.0.0.1 there, whatever the machine's addresses are.
            if rest != "4 127.0.0.1" {
                connection_address(rest, None, &mut found);
            }
        }
    }
    found
}

/// The same description without the candidates that the library underneath can't use: names, and
/// transports other than UDP.
pub fn without_unusable_candidates(text: &str) -> String {
    keep_lines(text, |line| match line.strip_prefix("a=candidate:") {
        Some(candidate) => {
            let mut words = candidate.split_ascii_whitespace().skip(2);
            let udp = words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("udp"));
            let ip = words
                .nth(1)
                .is_some_and(|word| word.parse::<IpAddr>().is_ok());
            udp && ip
        }
        None => true,
    })
}

/// Whether an offer has a track that its sender wants to receive.
pub fn receives_media(offer: &str) -> bool {
    let sections = offer.split("\nm=").skip(1);
    let tracks = sections.filter(|one| one.starts_with("audio ") || one.starts_with("video "));
    tracks.into_iter().any(|one| {
        let mut lines = one.lines().take(MAX_LINES);
        !lines.any(|line| matches!(line.trim_end(), "a=sendonly" | "a=inactive"))
    })
}

/// The ICE user name fragment of the first section that has one, which names the ICE session.
pub fn ufrag(text: &str) -> Option<&str> {
    let mut lines = text.lines().take(MAX_LINES);
    let ufrag = lines.find_map(|line| line.strip_prefix("a=ice-ufrag:"))?;
    Some(ufrag.trim_end())
}

/// The same description as an offer that restarts ICE with the credentials of a fragment (RFC 9725,
/// section 4.3.3), without candidates. None if the fragment has no credentials.
pub fn restarted(description: &str, fragment: &str) -> Option<String> {
    let of = |name: &str| {
        let mut lines = fragment.lines().take(MAX_LINES);
        lines.find(|line| line.starts_with(name)).map(str::trim_end)
    };
    let credentials = [
        ("a=ice-ufrag:", of("a=ice-ufrag:")?),
        ("a=ice-pwd:", of("a=ice-pwd:")?),
    ];
    let mut offer = String::with_capacity(description.len());
    for line in without_candidates(description).split_inclusive('\n') {
        match credentials.iter().find(|(name, _)| line.starts_with(name)) {
            Some((_, new)) => offer.extend([new, "\r\n"]),
            None => offer.push_str(line),
        }
    }
    Some(offer)
}

/// What a description says of ICE, as a fragment (RFC 8840, section 9): the credentials and
/// candidates of its first section, in which the others are bundled.
pub fn fragment(description: &str) -> String {
    let mut sections = 0;
    let lines = description.split_inclusive('\n').take(MAX_LINES);
    lines
        .take_while(|line| {
            sections += usize::from(line.starts_with("m="));
            sections < 2
        })
        .filter(|line| {
            let names = [
                "m=",
                "a=mid:",
                "a=group:",
                "a=ice-",
                "a=candidate:",
                "a=end-of-candidates",
            ];
            names.iter().any(|name| line.starts_with(name))
        })
        .collect()
}

/// The same description with no candidate in it.
pub fn without_candidates(text: &str) -> String {
    keep_lines(text, |line| !line.starts_with("a=candidate:"))
}

fn keep_lines(text: &str, keep: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n')
        .filter(|line| keep(line))
        .collect()
}

fn candidate_addresses(candidate: &str, how: How, found: &mut Vec<Seen>) {
    // foundation component transport priority address port "typ" type [extensions]
    let words: Vec<&str> = candidate.split_ascii_whitespace().take(64).collect();
    let [_, _, transport, _, address, port, _, kind, extensions @ ..] = words.as_slice() else {
        return;
    };
    let transport = if transport.eq_ignore_ascii_case("tcp") {
        Transport::Tcp
    } else {
        Transport::Udp
    };
    if let Some(address) = told(address) {
        let seen = Seen::named(how, transport, address, port.parse().ok());
        found.push(seen.of_candidate(kind));
    }
    let value = |name: &str| {
        let at = extensions
            .iter()
            .step_by(2)
            .position(|word| *word == name)?;
        extensions.get(at * 2 + 1)
    };
    if let Some(address) = value("raddr").and_then(|address| told(address)) {
        let port = value("rport").and_then(|port| port.parse().ok());
        found.push(Seen::named(how, transport, address, port).of_candidate("related"));
    }
}

/// `rest` follows `IN IP`: `4 192.0.2.1`, `6 2001:db8::1`, with a TTL behind a slash perhaps.
fn connection_address(rest: &str, port: Option<u16>, found: &mut Vec<Seen>) {
    let address = rest.split_once(' ').map(|(_, address)| address.trim());
    let address = address
        .and_then(|address| address.split('/').next())
        .and_then(told);
    if let Some(address) = address {
        found.push(Seen::named(
            How::SdpConnection,
            Transport::Udp,
            address,
            port,
        ));
    }
}

/// The address in its usual notation, unless it is a placeholder. Names have 253 bytes at most.
fn told(address: &str) -> Option<String> {
    match address.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => None,
        Ok(ip) => Some(ip.to_canonical().to_string()),
        Err(_) if address.is_empty() || address.len() > 253 => None,
        Err(_) => Some(address.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n\
        m=application 40000 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 198.51.100.7\r\n\
        a=rtcp:9 IN IP4 0.0.0.0\r\n\
        a=candidate:1 1 udp 2122260223 192.168.1.10 40000 typ host generation 0\r\n\
        a=candidate:2 1 udp 1 198.51.100.7 40001 typ srflx raddr 192.168.1.10 rport 40000\r\n\
        a=candidate:3 1 udp 1 Abc.local 40001 typ host\r\n\
        a=candidate:4 1 tcp 1 192.168.1.10 9 typ host tcptype active\r\n\
        a=candidate:5 1 udp 1 203.0.113.9 5 typ relay raddr 0.0.0.0 rport 0\r\n";

    #[test]
    fn every_address_is_found_and_placeholders_are_not() {
        let udp =
            |how, address: &str, port| Seen::named(how, Transport::Udp, address.to_owned(), port);
        let candidate = |address, port, kind: &str| {
            udp(How::SdpCandidate, address, Some(port)).of_candidate(kind)
        };
        let tcp = Seen::named(
            How::SdpCandidate,
            Transport::Tcp,
            "192.168.1.10".into(),
            Some(9),
        );
        assert_eq!(
            addresses(OFFER, How::SdpCandidate),
            [
                udp(How::SdpConnection, "198.51.100.7", None),
                candidate("192.168.1.10", 40000, "host"),
                candidate("198.51.100.7", 40001, "srflx"),
                candidate("192.168.1.10", 40000, "related"),
                candidate("abc.local", 40001, "host"),
                tcp.of_candidate("host"),
                candidate("203.0.113.9", 5, "relay"),
            ]
        );
    }

    #[test]
    fn unusable_candidates_go_and_nothing_else() {
        let kept = without_unusable_candidates(OFFER);
        assert_eq!(kept.matches("a=candidate:").count(), 3);
        assert_eq!(without_candidates(&kept), without_candidates(OFFER));
        assert!(!without_candidates(OFFER).contains("candidate"));
    }

    #[test]
    fn fragments_restart_and_tell() {
        let head = "v=0\r\na=group:BUNDLE 0 1\r\n";
        let section = "a=mid:0\r\na=ice-ufrag:old\r\na=ice-pwd:secret\r\na=sctp-port:5000\r\n";
        let candidate = "a=candidate:1 1 udp 1 198.51.100.7 40001 typ host\r\n";
        let text = format!("{head}m=audio 9 A 0\r\n{section}{candidate}m=video 9 A 0\r\n{section}");
        let told = fragment(&text);
        assert!(told.ends_with(candidate) && !told.contains("sctp") && !told.contains("m=video"));
        let offer = restarted(&text, "a=ice-ufrag:new\r\na=ice-pwd:other\r\n");
        let expected = without_candidates(&text)
            .replace("old", "new")
            .replace("secret", "other");
        assert_eq!(offer.as_deref(), Some(expected.as_str()));
        assert_eq!(restarted(&text, "a=ice-ufrag:new\r\n"), None);
    }

    #[test]
    fn garbage_gives_nothing() {
        for text in [
            "",
            "\0",
            "a=candidate:",
            "a=candidate:1 1 udp",
            "c=IN IP",
            "o= IN IP",
            "a=rtcp:",
        ] {
            assert_eq!(addresses(text, How::SdpCandidate), [], "{text:?}");
        }
    }
}
