//! Long-term credentials: made for a while from a secret, or named on the command line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::random::{self, NoRandomness};

/// How long credentials hold that were made for a client.
const LIFETIME: Duration = Duration::from_secs(6 * 3600);
/// Longest user name that is looked at.
const MAX_NAME: usize = 256;

/// Whom the TURN server knows.
///
/// The time-limited form is the one other servers use too: the name is `EXPIRY:CLIENT` with the
/// expiry in seconds since 1970, the password base64 of the name's HMAC-SHA-1 under a shared secret.
pub struct Credentials {
    secret: hmac::Key,
    shared: bool,
    users: Vec<(String, String)>,
}

/// A user whose password is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) password: String,
    /// The client it was made for; empty for lasting ones.
    pub(super) client: String,
    /// It doesn't hang on a client of this peer.
    pub(super) is_lasting: bool,
}

impl Credentials {
    /// With a secret that is shared with others (or a random one), and users that last.
    ///
    /// # Errors
    /// Without randomness, where no secret is given.
    pub fn new(secret: Option<&str>, users: Vec<(String, String)>) -> Result<Self, NoRandomness> {
        let shared = secret.is_some();
        let secret = secret.map_or_else(|| random::token(32), |secret| Ok(secret.to_owned()))?;
        let algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
        Ok(Self {
            secret: hmac::Key::new(algorithm, secret.as_bytes()),
            shared,
            users,
        })
    }

    /// A name and a password for a client, from now on.
    pub fn issue(&self, client: &str) -> (String, String) {
        let name = format!("{}:{client}", (now() + LIFETIME).as_secs());
        let password = self.password(&name);
        (name, password)
    }

    /// The user of that name, unless unknown or expired.
    pub(super) fn known(&self, name: &str) -> Option<Known> {
        if name.len() > MAX_NAME {
            return None;
        }
        if let Some((_, password)) = self.users.iter().find(|(user, _)| user == name) {
            let password = password.clone();
            return Some(Known {
                password,
                client: String::new(),
                is_lasting: true,
            });
        }
        let (expiry, client) = name.split_once(':')?;
        let expiry = Duration::from_secs(expiry.parse().ok()?);
        (expiry > now()).then(|| Known {
            password: self.password(name),
            client: client.to_owned(),
            is_lasting: self.shared,
        })
    }

    fn password(&self, name: &str) -> String {
        STANDARD.encode(hmac::sign(&self.secret, name.as_bytes()))
    }
}

fn now() -> Duration {
    // Before 1970 everything has expired but the epoch itself: then nothing holds.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::MAX / 2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_issued_is_known_until_it_expires() {
        let credentials = Credentials::new(None, vec![]).unwrap();
        let (name, password) = credentials.issue("client");
        let known = credentials.known(&name).unwrap();
        assert_eq!(
            (known.password, known.client.as_str()),
            (password, "client")
        );
        assert!(!known.is_lasting);
        assert_eq!(credentials.known("1:client"), None);
        for name in ["", "client", ":client", "x:client", "-1:client"] {
            assert_eq!(credentials.known(name), None, "{name}");
        }
    }

    #[test]
    fn passwords_are_those_of_other_servers() {
        // echo -n "4102444800:user" | openssl dgst -sha1 -hmac "north" -binary | base64
        let credentials = Credentials::new(Some("north"), vec![]).unwrap();
        let known = credentials.known("4102444800:user").unwrap();
        assert_eq!(known.password, "vhmMq9PCb1deEN8/igkE5Z5Hg4I=");
        assert!(known.is_lasting);
    }

    #[test]
    fn named_users_last() {
        let users = vec![("anna".to_owned(), "secret".to_owned())];
        let credentials = Credentials::new(None, users).unwrap();
        assert_eq!(credentials.known("anna").unwrap().password, "secret");
    }
}
