//! Who is asking: long-term credentials (RFC 8489, section 9.2).
//!
//! Nonces are made from a secret, the time and the asker's address, so that nobody has to be
//! remembered who only knocks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::{constant_time, hmac};
use stun_types::attribute::{MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};
use stun_types::prelude::AttributeStaticType;

use super::credentials::Credentials;
use super::message;
use crate::random::{self, NoRandomness};

/// How long a nonce holds.
const NONCE_TIME: Duration = Duration::from_secs(600);

/// Somebody whose message was signed with the right password.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) name: String,
    /// The client the credentials were made for.
    pub(super) client: String,
    /// Known without a client.
    pub(super) is_lasting: bool,
    /// For the answers.
    pub(super) key: IntegrityKey,
}

/// Checks messages.
pub(super) struct Authenticator {
    credentials: Arc<Credentials>,
    nonce_key: hmac::Key,
    since: Instant,
}

impl Authenticator {
    pub(super) fn new(credentials: Arc<Credentials>) -> Result<Self, NoRandomness> {
        let secret = random::token(32)?;
        let nonce_key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Ok(Self {
            credentials,
            nonce_key,
            since: Instant::now(),
        })
    }

    /// Who sent a request, or the answer that it gets instead.
    pub(super) fn check(&self, request: &Message<'_>, source: SocketAddr) -> Result<User, Vec<u8>> {
        if !request.has_attribute(MessageIntegrity::TYPE) {
            return Err(self.challenge(request, 401, source));
        }
        let (Ok(name), Ok(realm), Ok(nonce)) = (
            request.attribute::<Username>(),
            request.attribute::<Realm>(),
            request.attribute::<Nonce>(),
        ) else {
            return Err(message::refusal(request, 400, None));
        };
        let refused = || self.challenge(request, 401, source);
        let known = self
            .credentials
            .known(name.username())
            .ok_or_else(refused)?;
        if realm.realm() != message::REALM {
            return Err(refused());
        }
        let name = name.username().to_owned();
        let realm = message::REALM.to_owned();
        let key = LongTermKeyCredentials::new(name.clone(), known.password, realm)
            .make_key(IntegrityAlgorithm::Sha1);
        request
            .validate_integrity_with_key(&key)
            .map_err(|_| refused())?;
        if !self.nonce_holds(nonce.nonce(), source) {
            return Err(self.challenge(request, 438, source));
        }
        Ok(User {
            name,
            client: known.client,
            is_lasting: known.is_lasting,
            key,
        })
    }

    /// The answer that asks for credentials.
    pub(super) fn challenge(
        &self,
        request: &Message<'_>,
        code: u16,
        source: SocketAddr,
    ) -> Vec<u8> {
        let nonce = self.nonce(self.since.elapsed().as_secs(), source);
        message::challenge(request, code, &nonce)
    }

    fn nonce(&self, made: u64, source: SocketAddr) -> String {
        let tag = hmac::sign(&self.nonce_key, format!("{made} {source}").as_bytes());
        let tag: String = tag
            .as_ref()
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{made:x}-{tag}")
    }

    fn nonce_holds(&self, nonce: &str, source: SocketAddr) -> bool {
        let made = nonce
            .split_once('-')
            .and_then(|(made, _)| u64::from_str_radix(made, 16).ok());
        let now = self.since.elapsed().as_secs();
        made.is_some_and(|made| {
            let right = self.nonce(made, source);
            made <= now
                && now - made <= NONCE_TIME.as_secs()
                && constant_time::verify_slices_are_equal(right.as_bytes(), nonce.as_bytes())
                    .is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_nonce_holds_for_its_asker_only() {
        let credentials = Arc::new(Credentials::new(None, vec![]).unwrap());
        let authenticator = Authenticator::new(credentials).unwrap();
        let asker = "192.0.2.1:1".parse().unwrap();
        let nonce = authenticator.nonce(0, asker);
        assert!(authenticator.nonce_holds(&nonce, asker));
        assert!(!authenticator.nonce_holds(&nonce, "192.0.2.1:2".parse().unwrap()));
        for forged in ["", "-", "0-", "ffffffffffffffff-00", &nonce[1..]] {
            assert!(!authenticator.nonce_holds(forged, asker), "{forged}");
        }
    }
}
