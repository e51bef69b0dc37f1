//! Changes to settings that name what they change, so that two windows which edit at once lose
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{BrowserProtection, Field, Managed, Settings};
use crate::host::Host;
use crate::policy::Policy;

/// What is to change; everything else stays as it is found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// The policy of sites that aren't listed.
    pub default_policy: Option<Policy>,
    /// Entries of the site list: to set, or with `None` to take away.
    pub sites: BTreeMap<Host, Option<Policy>>,
    /// What the browser itself is asked to do.
    pub browser_protection: Option<BrowserProtection>,
    /// Whether counts are kept per site.
    pub history: Option<bool>,
    /// Whether the settings travel.
    pub sync: Option<bool>,
}

/// One line of what a patch does, for a person to look at before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The default policy.
    DefaultPolicy {
        /// What it is.
        from: Policy,
        /// What it will be.
        to: Policy,
    },
    /// An entry of the site list; `None` is no entry.
    Site {
        /// Which.
        host: Host,
        /// What it is.
        from: Option<Policy>,
        /// What it will be.
        to: Option<Policy>,
    },
    /// Browser protection.
    BrowserProtection {
        /// What it is.
        from: BrowserProtection,
        /// What it will be.
        to: BrowserProtection,
    },
    /// Whether counts are kept per site.
    History {
        /// What it will be.
        to: bool,
    },
    /// Whether the settings travel.
    Sync {
        /// What it will be.
        to: bool,
    },
}

impl Patch {
    /// A patch that sets the policy of one site, or with `None` takes its entry away.
    #[must_use]
    pub fn site(host: Host, policy: Option<Policy>) -> Self {
        Self {
            sites: BTreeMap::from([(host, policy)]),
            ..Self::default()
        }
    }

    /// What has to change to come from one document to the other.
    #[must_use]
    pub fn between(from: &Settings, to: &Settings) -> Self {
        fn changed<T: PartialEq + Copy>(from: T, to: T) -> Option<T> {
            (from != to).then_some(to)
        }
        let hosts: BTreeSet<&Host> = from.sites.keys().chain(to.sites.keys()).collect();
        Self {
            default_policy: changed(from.default_policy, to.default_policy),
            sites: hosts
                .into_iter()
                .map(|host| (host, from.sites.get(host), to.sites.get(host)))
                .filter(|(_, from, to)| from != to)
                .map(|(host, _, to)| (host.clone(), to.copied()))
                .collect(),
            browser_protection: changed(from.browser_protection, to.browser_protection),
            history: changed(from.history, to.history),
            sync: changed(from.sync, to.sync),
        }
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The fields that it touches and that are managed: a patch with any of them is to be
    /// refused.
    #[must_use]
    pub fn conflicts(&self, managed: &Managed) -> Vec<Field> {
        let touches = |field: &Field| match field {
            Field::DefaultPolicy => self.default_policy.is_some(),
            Field::Sites => !self.sites.is_empty(),
            Field::BrowserProtection => self.browser_protection.is_some(),
            Field::History => self.history.is_some(),
            Field::Sync => self.sync.is_some(),
        };
        managed
            .managed_fields()
            .into_iter()
            .filter(touches)
            .collect()
    }

    /// What it would do to these settings, line by line, sites in order.
    #[must_use]
    pub fn changes(&self, settings: &Settings) -> Vec<Change> {
        let from = settings;
        let default_policy = self
            .default_policy
            .filter(|to| *to != from.default_policy)
            .map(|to| Change::DefaultPolicy {
                from: from.default_policy,
                to,
            });
        let protection = self
            .browser_protection
            .filter(|to| *to != from.browser_protection)
            .map(|to| Change::BrowserProtection {
                from: from.browser_protection,
                to,
            });
        let history = self
            .history
            .filter(|to| *to != from.history)
            .map(|to| Change::History { to });
        let sync = self
            .sync
            .filter(|to| *to != from.sync)
            .map(|to| Change::Sync { to });
        let sites = self.sites.iter().filter_map(|(host, to)| {
            let known = from.sites.get(host).copied();
            (known != *to).then(|| Change::Site {
                host: host.clone(),
                from: known,
                to: *to,
            })
        });
        default_policy
            .into_iter()
            .chain(protection)
            .chain(history)
            .chain(sync)
            .chain(sites)
            .collect()
    }
}

impl Settings {
    /// These settings with a patch applied. Fields that aren't known stay.
    #[must_use]
    pub fn apply(mut self, patch: &Patch) -> Self {
        self.default_policy = patch.default_policy.unwrap_or(self.default_policy);
        self.browser_protection = patch.browser_protection.unwrap_or(self.browser_protection);
        self.history = patch.history.unwrap_or(self.history);
        self.sync = patch.sync.unwrap_or(self.sync);
        for (host, policy) in &patch.sites {
            match policy {
                Some(policy) => self.sites.insert(host.clone(), *policy),
                None => self.sites.remove(host),
            };
        }
        self
    }

    /// Brings together two documents that were made from one: what `ours` changed since `base`
    /// is done to `theirs`. Where both changed the same thing, ours counts.
    #[must_use]
    pub fn merge(base: &Self, ours: &Self, theirs: &Self) -> Self {
        let mut merged = theirs.clone().apply(&Patch::between(base, ours));
        for (name, value) in &ours.other {
            if base.other.get(name) != Some(value) {
                merged.other.insert(name.clone(), value.clone());
            }
        }
        merged
    }
}
