//! The STUN server: binding requests over UDP (RFC 8489).
//!
//! Each client has ports of its own, so that a request that carries no name can still be told
//! apart by client.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use stun_types::attribute::{Fingerprint, MessageIntegrity, Software, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, Message, MessageClass, MessageWrite, MessageWriteExt, MessageWriteVec,
};
use stun_types::prelude::AttributeStaticType;
use tokio::net::UdpSocket;
use tracing::{debug, trace};

use crate::logging::Logged;
use crate::observations::{How, Observations, Seen, Transport};

/// Longest datagram that is looked at. A binding request with everything in it is far below.
const MAX_DATAGRAM: usize = 1500;

/// The answer to one datagram, or none if it isn't a binding request.
///
/// `simulated` takes the place of the source's IP address in the answer.
pub fn answer(datagram: &[u8], source: SocketAddr, simulated: Option<IpAddr>) -> Option<Vec<u8>> {
    let request = Message::from_bytes(datagram).ok()?;
    if !request.has_class(MessageClass::Request) || !request.has_method(BINDING) {
        return None;
    }
    // A server without authentication takes no offence at credentials.
    let known = [
        Fingerprint::TYPE,
        MessageIntegrity::TYPE,
        Software::TYPE,
        Username::TYPE,
    ];
    let refusal =
        Message::check_attribute_types(&request, &known, &[], MessageWriteVec::with_capacity(64));
    if let Some(refusal) = refusal {
        return Some(refusal.finish());
    }
    let mapped = SocketAddr::new(
        simulated.unwrap_or_else(|| source.ip().to_canonical()),
        source.port(),
    );
    let mut response = Message::builder_success(&request, MessageWriteVec::with_capacity(64));
    response
        .add_attribute(&XorMappedAddress::new(mapped, request.transaction_id()))
        .ok()?;
    response.add_fingerprint().ok()?;
    Some(response.finish())
}

/// Whether a datagram is a STUN binding request: what a connectivity check is, too.
pub fn is_binding_request(datagram: &[u8]) -> bool {
    // Type 0x0001, magic cookie at 4 (RFC 8489, section 5).
    datagram.len() >= 20
        && datagram.starts_with(&[0, 1])
        && datagram.get(4..8) == Some(&[0x21, 0x12, 0xa4, 0x42])
}

/// Answers on `socket` until it is dropped; notes each request in `observations`, if there are.
///
/// # Errors
/// When the socket can't be read any more.
pub async fn serve(
    socket: UdpSocket,
    observations: Option<Arc<Observations>>,
    simulated: Option<IpAddr>,
) -> io::Result<()> {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let (length, source) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An ICMP error for an earlier answer: not about this socket.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error),
        };
        let Some(response) = buffer
            .get(..length)
            .and_then(|datagram| answer(datagram, source, simulated))
        else {
            trace!(bytes = length, source = %Logged(source), "not a binding request");
            continue;
        };
        // Noted before it is answered: what is acknowledged is never lost.
        if let Some(observations) = &observations {
            let seen = Seen::source(How::StunBinding, Transport::Udp, source);
            observations.add(seen.answered_with(simulated));
        }
        debug!(source = %Logged(source), "binding request");
        // A full send buffer loses the answer as the network would: the client asks again.
        let _ = socket.try_send_to(&response, source);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use stun_types::attribute::{ErrorCode, RawAttribute};

    use super::*;

    fn request() -> MessageWriteVec {
        Message::builder_request(BINDING, MessageWriteVec::new())
    }

    fn mapped(response: &[u8]) -> SocketAddr {
        let message = Message::from_bytes(response).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        mapped.addr(message.transaction_id())
    }

    #[test]
    fn the_answer_names_the_source() {
        for source in ["192.0.2.1:5000", "[2001:db8::1]:5000"] {
            let source = source.parse().unwrap();
            assert_eq!(
                mapped(&answer(&request().finish(), source, None).unwrap()),
                source
            );
        }
        let six = "[::ffff:192.0.2.1]:5000".parse().unwrap();
        let four = "192.0.2.1:5000".parse().unwrap();
        assert_eq!(
            mapped(&answer(&request().finish(), six, None).unwrap()),
            four
        );
    }

    #[test]
    fn a_simulated_address_takes_the_sources_place() {
        let simulated = Some("203.0.113.7".parse().unwrap());
        let response = answer(
            &request().finish(),
            "127.0.0.1:5000".parse().unwrap(),
            simulated,
        );
        assert_eq!(
            mapped(&response.unwrap()),
            "203.0.113.7:5000".parse().unwrap()
        );
    }

    #[test]
    fn unknown_required_attributes_are_refused() {
        let mut request = request();
        let change_request = RawAttribute::new(0x0003.into(), &[0, 0, 0, 6]);
        request.add_attribute(&change_request).unwrap();
        let response = answer(&request.finish(), "127.0.0.1:1".parse().unwrap(), None).unwrap();
        let message = Message::from_bytes(&response).unwrap();
        assert_eq!(message.attribute::<ErrorCode>().unwrap().code(), 420);
    }

    #[test]
    fn what_is_no_request_gets_no_answer() {
        let source = "127.0.0.1:1".parse().unwrap();
        let response = answer(&request().finish(), source, None).unwrap();
        let request = request().finish();
        for datagram in [
            &b""[..],
            b"GET / HTTP/1.1",
            &[0; 20],
            &request[..19],
            &response,
        ] {
            assert_eq!(answer(datagram, source, None), None);
        }
        assert!(is_binding_request(&request));
        assert!(!is_binding_request(&response));
    }

    #[test]
    fn no_cut_or_flipped_request_upsets_the_parser() {
        let mut request = request();
        request.add_fingerprint().unwrap();
        let request = request.finish();
        let source = "127.0.0.1:1".parse().unwrap();
        for at in 0..request.len() {
            let _ = answer(&request[..at], source, None);
            for bit in 0..8 {
                let mut flipped = request.clone();
                flipped[at] ^= 1 << bit;
                let _ = answer(&flipped, source, None);
            }
        }
    }
}
