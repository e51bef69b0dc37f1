//! Foundations, and the tokens that stand in for them.
//!
//! A foundation is a function of a candidate's type, base address, protocol and server (RFC 8445,
//! section 5.1.1.3). It stays comparable within a connection, so it lets a page test guesses of a
//! hidden address. A token says as much as a page needs: the same original, the same token.

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::push_u32;

/// How many originals a connection remembers. Past it every other original has one fixed token.
pub const MOST_FOUNDATIONS: usize = 1024;

/// The tokens of one connection: one per original, made from a counter only.
#[derive(Debug, Default)]
pub struct Tokens {
    known: Vec<Known>,
    counter: u32,
}

#[derive(Debug)]
struct Known {
    original: String,
    token: String,
}

impl Tokens {
    /// The token for `original`. A token that comes back in is returned as it is, so replacing
    /// twice is replacing once.
    pub fn token(&mut self, original: &str) -> &str {
        let found = self
            .known
            .iter()
            .position(|known| known.original == original || known.token == original);
        let index = match found {
            Some(index) => index,
            None if self.known.len() >= MOST_FOUNDATIONS || original == OVERFLOW => {
                return OVERFLOW;
            }
            None => {
                let token = self.fresh(original);
                self.known.push(Known {
                    original: original.into(),
                    token,
                });
                self.known.len() - 1
            }
        };
        self.known.get(index).map_or(OVERFLOW, |known| &known.token)
    }

    /// The next token that equals no original seen so far.
    fn fresh(&mut self, original: &str) -> String {
        loop {
            self.counter = self.counter.wrapping_add(1);
            let mut token = String::with_capacity(10);
            push_u32(&mut token, scatter(self.counter));
            let taken = token == original || self.known.iter().any(|known| known.original == token);
            if !taken {
                return token;
            }
        }
    }
}

/// The token of whatever came past the bound.
const OVERFLOW: &str = "4087130901";

/// Spreads the counter over 32 bits, so that tokens look like Chromium's foundations. The factor
/// is odd, so that no two counters meet.
fn scatter(counter: u32) -> u32 {
    counter.wrapping_mul(2_654_435_761)
}

#[cfg(test)]
mod tests {
    use super::{MOST_FOUNDATIONS, OVERFLOW, Tokens};

    #[test]
    fn one_token_for_one_original_and_none_for_a_token() {
        let mut tokens = Tokens::default();
        let first = tokens.token("1").to_owned();
        let second = tokens.token("2").to_owned();
        assert_ne!(first, second);
        assert_eq!(tokens.token("1"), first);
        assert_eq!(tokens.token(&first.clone()), first);
        assert_eq!(tokens.token(&second.clone()), second);
        assert!(first.parse::<u32>().is_ok());
    }

    #[test]
    fn tokens_come_from_the_order_only() {
        let (mut a, mut b) = (Tokens::default(), Tokens::default());
        assert_eq!(a.token("842163049"), b.token("1"));
    }

    #[test]
    fn a_token_never_equals_an_original_seen() {
        let first = Tokens::default().token("x").to_owned();
        let mut tokens = Tokens::default();
        let replaced = tokens.token(&first).to_owned();
        assert_ne!(replaced, first);
    }

    #[test]
    fn past_the_bound_there_is_one_token() {
        let mut tokens = Tokens::default();
        for n in 0..MOST_FOUNDATIONS {
            assert_ne!(tokens.token(&format!("f{n}")), OVERFLOW);
        }
        assert_eq!(tokens.token("one more"), OVERFLOW);
        assert_eq!(tokens.token("and more"), OVERFLOW);
        assert_eq!(tokens.token(OVERFLOW), OVERFLOW);
    }
}
