//! Policies: what a page may learn and do, as one table.

use core::str::FromStr;

use crate::address::{Address, AddressClass};
use crate::candidate::CandidateType;

/// What a page may learn and do. Ordered: a later one is stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// As without the extension.
    Allow,
    /// Local addresses are hidden.
    PublicOnly,
    /// Only relayed candidates are shown and used. Also what holds where a value is unknown.
    #[default]
    RelayOnly,
    /// No connection can be created.
    Block,
}

/// A word that names no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPolicy;

impl core::fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a policy: expected allow, public-only, relay-only or block")
    }
}

impl core::error::Error for UnknownPolicy {}

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(word: &str) -> Result<Self, UnknownPolicy> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == word)
            .ok_or(UnknownPolicy)
    }
}

impl Policy {
    /// Every policy, from the least strict to the strictest.
    pub const ALL: [Self; 4] = [Self::Allow, Self::PublicOnly, Self::RelayOnly, Self::Block];

    /// The stable word for this policy, as it stands in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::PublicOnly => "public-only",
            Self::RelayOnly => "relay-only",
            Self::Block => "block",
        }
    }

    /// The stricter of two policies.
    #[must_use]
    pub fn strictest(a: Self, b: Self) -> Self {
        a.max(b)
    }

    /// Whether a candidate of this type with this address may be shown.
    #[must_use]
    pub fn shows(self, kind: CandidateType, class: AddressClass) -> bool {
        match (self, kind) {
            (Self::Allow, _) => true,
            (Self::Block, _) => false,
            (_, CandidateType::Relay) => true,
            (Self::RelayOnly, _) | (_, CandidateType::Other) => false,
            (Self::PublicOnly, CandidateType::Host) => class == AddressClass::LocalName,
            (Self::PublicOnly, CandidateType::Srflx | CandidateType::Prflx) => class.is_public(),
        }
    }

    /// Whether related addresses and foundations are replaced in what is shown.
    #[must_use]
    pub fn replaces_details(self) -> bool {
        self != Self::Allow
    }

    /// Whether plain STUN servers are taken out of a connection's configuration.
    #[must_use]
    pub fn removes_stun(self) -> bool {
        self >= Self::RelayOnly
    }

    /// Whether a remote candidate with an address of this class may be given to the browser, for
    /// a page that was loaded from `page`.
    #[must_use]
    pub fn passes_remote(self, class: AddressClass, page: PageHost) -> bool {
        match self {
            Self::Allow => true,
            Self::Block => false,
            Self::RelayOnly if class.is_name() => false,
            Self::PublicOnly if class.is_name() => true,
            _ => class.is_public() || page == PageHost::Local,
        }
    }
}

/// Where a page was loaded from, as far as remote candidates go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PageHost {
    /// A private, link-local or loopback IP address, or `localhost` (RFC 6761, section 6.3).
    Local,
    /// Anywhere else, or not known.
    #[default]
    Elsewhere,
}

impl PageHost {
    /// Reads the host part of a page's URL.
    #[must_use]
    pub fn parse(host: &str) -> Self {
        use AddressClass::{Cgnat, LinkLocal, LocalName, Loopback, Private, UniqueLocal};
        let name = host.strip_suffix('.').unwrap_or(host);
        let localhost = name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case("localhost"));
        match Address::parse(host).class() {
            Private | Loopback | LinkLocal | UniqueLocal | Cgnat => Self::Local,
            LocalName => Self::Elsewhere,
            _ if localhost => Self::Local,
            _ => Self::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use super::{PageHost, Policy};
    use crate::address::AddressClass as Class;
    use crate::candidate::CandidateType as Type;

    #[test]
    fn the_table_of_shown_candidates() {
        let types = [
            Type::Host,
            Type::Srflx,
            Type::Prflx,
            Type::Relay,
            Type::Other,
        ];
        for class in Class::ALL {
            for kind in types {
                assert!(Policy::Allow.shows(kind, class));
                assert!(!Policy::Block.shows(kind, class));
                assert_eq!(Policy::RelayOnly.shows(kind, class), kind == Type::Relay);
                let public = class == Class::Public || class == Class::Documentation;
                let expected = match kind {
                    Type::Host => class == Class::LocalName,
                    Type::Srflx | Type::Prflx => public,
                    Type::Relay => true,
                    Type::Other => false,
                };
                assert_eq!(Policy::PublicOnly.shows(kind, class), expected);
            }
        }
    }

    #[test]
    fn remote_literals_of_a_local_network_are_for_local_pages() {
        for policy in [Policy::PublicOnly, Policy::RelayOnly] {
            for class in [
                Class::Private,
                Class::Loopback,
                Class::UniqueLocal,
                Class::Unspecified,
            ] {
                assert!(!policy.passes_remote(class, PageHost::Elsewhere));
                assert!(policy.passes_remote(class, PageHost::Local));
            }
            assert!(policy.passes_remote(Class::Public, PageHost::Elsewhere));
            assert!(policy.passes_remote(Class::Documentation, PageHost::Elsewhere));
        }
        assert!(Policy::PublicOnly.passes_remote(Class::LocalName, PageHost::Elsewhere));
        assert!(!Policy::RelayOnly.passes_remote(Class::LocalName, PageHost::Local));
        assert!(!Policy::RelayOnly.passes_remote(Class::Name, PageHost::Local));
        assert!(!Policy::Block.passes_remote(Class::Public, PageHost::Local));
        assert!(Policy::Allow.passes_remote(Class::Private, PageHost::Elsewhere));
    }

    #[test]
    fn a_page_is_local_by_address_or_as_localhost() {
        for host in [
            "127.0.0.1",
            "::1",
            "[::1]",
            "192.168.1.4",
            "fd00::1",
            "localhost",
            "a.LOCALHOST",
        ] {
            assert_eq!(PageHost::parse(host), PageHost::Local, "{host}");
        }
        for host in [
            "",
            "example.org",
            "203.0.113.7",
            "printer.local",
            "localhost.example",
            "0.0.0.0",
        ] {
            assert_eq!(PageHost::parse(host), PageHost::Elsewhere, "{host}");
        }
    }

    #[test]
    fn words_read_back_and_the_stricter_wins() {
        for policy in Policy::ALL {
            assert_eq!(policy.as_str().parse(), Ok(policy));
            assert_eq!(Policy::strictest(policy, Policy::Allow), policy);
            assert_eq!(Policy::strictest(Policy::Block, policy), Policy::Block);
        }
        assert!("Allow".parse::<Policy>().is_err());
        assert_eq!(Policy::default(), Policy::RelayOnly);
    }
}
