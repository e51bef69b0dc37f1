//! Settings: one JSON document with a version.
//!
//! ```json
//! {"version":1,"defaultPolicy":"relay-only","sites":{"meet.example":"allow"},
//!  "browserProtection":"standard","history":true,"sync":false}
//! ```
//!
//! Fields that aren't there have their defaults; fields that aren't known are kept and written
//! again. A document with an unknown version or a broken field isn't used at all: the error says
//! what is wrong and where, and whoever loads it holds to [`Settings::default`], which is the
//! strictest that doesn't break pages (`relay-only` everywhere), until it is mended.

mod change;
mod error;
mod read;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use change::{Change, Patch};
pub use error::SettingsError;
pub use read::Managed;

use crate::host::Host;
use crate::policy::Policy;

/// The version that is written.
pub const VERSION: u64 = 1;

/// The most sites that a document may list.
pub const MOST_SITES: usize = 50_000;

/// What the browser itself is asked to do, by `privacy.network.webRTCIPHandlingPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BrowserProtection {
    /// Only the default route's public interface (RFC 8828, mode 3).
    #[default]
    Standard,
    /// No UDP but through a proxy (RFC 8828, mode 4).
    ProxiedOnly,
    /// The browser's setting is left alone.
    Off,
}

impl BrowserProtection {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 3] = [Self::Standard, Self::ProxiedOnly, Self::Off];

    /// The stable word, as it stands in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ProxiedOnly => "proxied-only",
            Self::Off => "off",
        }
    }

    /// What `word` stands for; `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protection| protection.as_str() == word)
    }
}

/// A field of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `defaultPolicy`
    DefaultPolicy,
    /// `sites`
    Sites,
    /// `browserProtection`
    BrowserProtection,
    /// `history`
    History,
    /// `sync`
    Sync,
}

impl Field {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 5] = [
        Self::DefaultPolicy,
        Self::Sites,
        Self::BrowserProtection,
        Self::History,
        Self::Sync,
    ];

    /// The name in the document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DefaultPolicy => "defaultPolicy",
            Self::Sites => "sites",
            Self::BrowserProtection => "browserProtection",
            Self::History => "history",
            Self::Sync => "sync",
        }
    }
}

/// The settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    default_policy: Policy,
    sites: BTreeMap<Host, Policy>,
    browser_protection: BrowserProtection,
    history: bool,
    sync: bool,
    /// Fields that this version doesn't know.
    other: Map<String, Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_policy: Policy::default(),
            sites: BTreeMap::new(),
            browser_protection: BrowserProtection::default(),
            history: true,
            sync: false,
            other: Map::new(),
        }
    }
}

impl Settings {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SettingsError`] says what is wrong and where.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        read::settings(json)
    }

    /// The document as JSON, sites in order.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// The document as JSON for people: indented.
    #[must_use]
    pub fn to_pretty_json(&self) -> String {
        format!("{:#}", self.to_value())
    }

    fn to_value(&self) -> Value {
        let mut fields = self.other.clone();
        let sites: Map<String, Value> = self
            .sites
            .iter()
            .map(|(host, policy)| (host.as_str().to_owned(), policy.as_str().into()))
            .collect();
        fields.insert("version".into(), VERSION.into());
        fields.insert("defaultPolicy".into(), self.default_policy.as_str().into());
        fields.insert("sites".into(), sites.into());
        fields.insert(
            "browserProtection".into(),
            self.browser_protection.as_str().into(),
        );
        fields.insert("history".into(), self.history.into());
        fields.insert("sync".into(), self.sync.into());
        fields.into()
    }

    /// The policy of sites that aren't listed.
    #[must_use]
    pub fn default_policy(&self) -> Policy {
        self.default_policy
    }

    /// The sites that have a policy of their own.
    #[must_use]
    pub fn sites(&self) -> &BTreeMap<Host, Policy> {
        &self.sites
    }

    /// What the browser itself is asked to do.
    #[must_use]
    pub fn browser_protection(&self) -> BrowserProtection {
        self.browser_protection
    }

    /// Whether counts are kept per site.
    #[must_use]
    pub fn history(&self) -> bool {
        self.history
    }

    /// Whether the settings travel between the person's devices.
    #[must_use]
    pub fn sync(&self) -> bool {
        self.sync
    }

    /// The entry of the list that counts for a host: the most specific one that covers it.
    #[must_use]
    pub fn rule_for(&self, host: &Host) -> Option<(&Host, Policy)> {
        host.and_parents()
            .find_map(|name| self.sites.get_key_value(name))
            .map(|(host, policy)| (host, *policy))
    }

    /// The policy of a site: that of its entry, else the default.
    #[must_use]
    pub fn policy_for_host(&self, host: &Host) -> Policy {
        self.rule_for(host)
            .map_or(self.default_policy, |(_, policy)| policy)
    }

    /// The policy of a document: the strictest of its own site's and of every document above it.
    #[must_use]
    pub fn policy_for_document(&self, own: &Host, ancestors: &[Host]) -> Policy {
        ancestors
            .iter()
            .map(|host| self.policy_for_host(host))
            .fold(self.policy_for_host(own), Policy::strictest)
    }

    /// These settings with the managed fields in place of their own.
    #[must_use]
    pub fn merge_managed(&self, managed: &Managed) -> Self {
        let mut merged = self.clone();
        merged.default_policy = managed.default_policy.unwrap_or(merged.default_policy);
        if let Some(sites) = &managed.sites {
            merged.sites.clone_from(sites);
        }
        merged.browser_protection = managed
            .browser_protection
            .unwrap_or(merged.browser_protection);
        merged.history = managed.history.unwrap_or(merged.history);
        merged.sync = managed.sync.unwrap_or(merged.sync);
        merged
    }
}

#[cfg(test)]
mod tests;
