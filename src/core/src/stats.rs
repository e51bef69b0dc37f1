//! Entries of `getStats()` that describe candidates (W3C webrtc-stats, `RTCIceCandidateStats`).

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::address::{Address, AddressClass};
use crate::candidate::{CandidateType, is_unspecified, unspecified_like};
use crate::foundation::Tokens;
use crate::policy::Policy;

/// Whose candidate an object describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// One of this browser.
    Local,
    /// One of the peer.
    Remote,
}

/// What is read of an entry. `None` is a value that isn't there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Whose candidate it is.
    pub side: Side,
    /// `candidateType`.
    pub kind: Option<&'a str>,
    /// `address`, or `ip` of older versions.
    pub address: Option<&'a str>,
    /// `port`, in decimal.
    pub port: Option<&'a str>,
    /// `relatedAddress`.
    pub related_address: Option<&'a str>,
    /// `relatedPort`, in decimal.
    pub related_port: Option<&'a str>,
    /// `foundation`.
    pub foundation: Option<&'a str>,
}

/// How an object that describes a candidate looks to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// As it is.
    AsIs,
    /// Shown, with these values.
    Changed(Values),
    /// Hidden. These values stand in objects that the page can hold all the same.
    Hidden(Values),
}

/// The values of an object that describes a candidate. `None` is a value that isn't there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The candidate line; empty for statistics.
    pub candidate: String,
    /// The address.
    pub address: Option<String>,
    /// The port, in decimal.
    pub port: Option<String>,
    /// The related address.
    pub related_address: Option<String>,
    /// The related port, in decimal.
    pub related_port: Option<String>,
    /// The foundation.
    pub foundation: Option<String>,
}

impl Entry<'_> {
    /// The type; [`CandidateType::Other`] where it isn't there.
    #[must_use]
    pub fn candidate_type(&self) -> CandidateType {
        self.kind.map_or(CandidateType::Other, CandidateType::parse)
    }

    /// The class of the address, where there is one.
    #[must_use]
    pub fn class(&self) -> Option<AddressClass> {
        let address = self.address.filter(|address| !address.is_empty())?;
        Some(Address::parse(address).class())
    }

    /// How this entry looks under a policy.
    #[must_use]
    pub fn view(&self, policy: Policy, tokens: &mut Tokens) -> View {
        if policy == Policy::Allow {
            return View::AsIs;
        }
        let foundation = self
            .foundation
            .map(|original| tokens.token(original).to_owned());
        let same_foundation = foundation.as_deref() == self.foundation;
        // Without an address there is nothing but a related one to hide.
        let shown = match self.class() {
            Some(class) => policy.shows(self.candidate_type(), class),
            None => self.port.is_none() && policy != Policy::Block,
        };
        if !shown {
            return View::Hidden(Values {
                foundation,
                ..Values::default()
            });
        }
        let related_address = self.related_address.map(|related| {
            if is_unspecified(related) {
                related
            } else {
                unspecified_like(self.address.unwrap_or(""))
            }
        });
        let related_port = self.related_port.map(|_| "0");
        if same_foundation
            && related_address == self.related_address
            && related_port == self.related_port
        {
            return View::AsIs;
        }
        View::Changed(Values {
            candidate: String::new(),
            address: self.address.map(Into::into),
            port: self.port.map(Into::into),
            related_address: related_address.map(Into::into),
            related_port: related_port.map(Into::into),
            foundation,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::{Entry, Side, Values, View};
    use crate::foundation::Tokens;
    use crate::policy::Policy;

    const RELAY: Entry<'_> = Entry {
        side: Side::Local,
        kind: Some("relay"),
        address: Some("198.51.100.9"),
        port: Some("50000"),
        related_address: Some("203.0.113.7"),
        related_port: Some("40000"),
        foundation: Some("12"),
    };

    #[test]
    fn allow_shows_everything_as_it_is() {
        assert_eq!(
            RELAY.view(Policy::Allow, &mut Tokens::default()),
            View::AsIs
        );
    }

    #[test]
    fn a_shown_entry_loses_its_related_address() {
        let mut tokens = Tokens::default();
        let View::Changed(values) = RELAY.view(Policy::RelayOnly, &mut tokens) else {
            panic!()
        };
        assert_eq!(values.address.as_deref(), Some("198.51.100.9"));
        assert_eq!(values.related_address.as_deref(), Some("0.0.0.0"));
        assert_eq!(values.related_port.as_deref(), Some("0"));
        let again = Entry {
            related_address: values.related_address.as_deref(),
            related_port: values.related_port.as_deref(),
            foundation: values.foundation.as_deref(),
            ..RELAY
        };
        assert_eq!(again.view(Policy::RelayOnly, &mut tokens), View::AsIs);
    }

    #[test]
    fn a_hidden_entry_keeps_its_token_only() {
        let entry = Entry {
            kind: Some("host"),
            address: Some("192.168.1.10"),
            ..RELAY
        };
        for policy in [Policy::PublicOnly, Policy::RelayOnly, Policy::Block] {
            let View::Hidden(values) = entry.view(policy, &mut Tokens::default()) else {
                panic!()
            };
            let token = values.foundation.clone();
            assert_eq!(
                values,
                Values {
                    foundation: token,
                    ..Values::default()
                }
            );
        }
    }

    #[test]
    fn an_entry_without_type_is_hidden() {
        let entry = Entry {
            kind: None,
            ..RELAY
        };
        assert!(matches!(
            entry.view(Policy::PublicOnly, &mut Tokens::default()),
            View::Hidden(_)
        ));
    }

    #[test]
    fn an_entry_without_address_has_nothing_to_hide() {
        let entry = Entry {
            address: None,
            port: None,
            related_address: None,
            related_port: None,
            foundation: None,
            kind: Some("host"),
            ..RELAY
        };
        assert_eq!(
            entry.view(Policy::RelayOnly, &mut Tokens::default()),
            View::AsIs
        );
    }
}
