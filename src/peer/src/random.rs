//! Randomness: the ids, secrets and nonces of this program.

use std::fmt::Write as _;

/// `bytes` random bytes in lower-case hexadecimal.
///
/// # Errors
/// When the system gives no randomness; nothing that must be unguessable may go on then.
pub fn token(bytes: usize) -> Result<String, NoRandomness> {
    let mut raw = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut raw).map_err(|_| NoRandomness)?;
    Ok(raw.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRandomness;

impl std::fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the system gives no random numbers")
    }
}

impl std::error::Error for NoRandomness {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn tokens_have_their_length_and_differ() {
        let (a, b) = (super::token(16).unwrap(), super::token(16).unwrap());
        assert_eq!(a.len(), 32);
        assert!(a.bytes().all(|c| c.is_ascii_hexdigit()));
        assert_ne!(a, b);
    }
}
