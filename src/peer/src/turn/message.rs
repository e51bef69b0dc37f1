//! Answers of the TURN server.

use stun_types::attribute::{ErrorCode, Nonce, Realm};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageWrite, MessageWriteExt, MessageWriteVec,
};
use stun_types::prelude::AttributeWrite;

/// Room for any answer.
const ROOM: usize = 256;

/// Longest text of a challenge; both are ours and far below.
pub(super) const REALM: &str = "iceveil";

/// Says no, signed where the client is known.
pub(super) fn refusal(request: &Message<'_>, code: u16, key: Option<&IntegrityKey>) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::with_capacity(ROOM));
    add_error(&mut answer, code);
    finish(answer, key)
}

/// Says no, and what it takes to be let in (RFC 8489, section 9.2).
pub(super) fn challenge(request: &Message<'_>, code: u16, nonce: &str) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::with_capacity(ROOM));
    add_error(&mut answer, code);
    if let (Ok(realm), Ok(nonce)) = (Realm::new(REALM), Nonce::new(nonce)) {
        add(&mut answer, &realm);
        add(&mut answer, &nonce);
    }
    finish(answer, None)
}

/// Says yes.
pub(super) fn success(
    request: &Message<'_>,
    attributes: &[&dyn AttributeWrite],
    key: &IntegrityKey,
) -> Vec<u8> {
    let mut answer = Message::builder_success(request, MessageWriteVec::with_capacity(ROOM));
    for attribute in attributes {
        add(&mut answer, *attribute);
    }
    finish(answer, Some(key))
}

fn add(message: &mut MessageWriteVec, attribute: &dyn AttributeWrite) {
    // It fails for a second one of a kind, or after the integrity: nobody here adds these.
    let _ = message.add_attribute(attribute);
}

fn add_error(message: &mut MessageWriteVec, code: u16) {
    if let Ok(error) = ErrorCode::builder(code).build() {
        add(message, &error);
    }
}

fn finish(mut message: MessageWriteVec, key: Option<&IntegrityKey>) -> Vec<u8> {
    if let Some(key) = key {
        let _ = message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
    }
    let _ = message.add_fingerprint();
    message.finish()
}
