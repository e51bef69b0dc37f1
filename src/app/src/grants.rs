//! Policies that end with their tab: in `storage.session`, which the browser forgets when it ends.

use std::collections::BTreeMap;

use iceveil_core::policy::Policy;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::api::{self, ApiError};

const KEY: &str = "grants";

/// How many hosts one tab can have policies for.
const MOST_HOSTS: usize = 32;

/// The policies of all tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Grants(BTreeMap<u32, BTreeMap<String, String>>);

impl Grants {
    /// What the browser holds; nothing if that can't be read.
    pub(crate) async fn load() -> Result<Self, ApiError> {
        let stored = api::stored("session", KEY).await?;
        Ok(Self::parse(&stored.as_string().unwrap_or_default()))
    }

    fn parse(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Hands them to the browser. The pages' bridges can't read session storage: a stamp in
    /// `storage.local`, which names no site, tells them to ask again.
    pub(crate) async fn save(&self) -> Result<(), ApiError> {
        let json = serde_json::to_string(self).unwrap_or_default();
        api::store("session", KEY, &json.as_str().into()).await?;
        api::store("local", KEY, &JsValue::from_f64(js_sys::Date::now())).await
    }

    /// The policy that `host`, or the closest of its parents, has in a tab.
    pub(crate) fn policy_for(&self, tab: u32, host: &str) -> Option<Policy> {
        let hosts = self.0.get(&tab)?;
        if let Some(policy) = hosts.get(host) {
            return policy.parse().ok();
        }
        let is_ip = host.parse::<std::net::IpAddr>().is_ok();
        let mut rest = host;
        while let Some((_, parent)) = rest.split_once('.').filter(|_| !is_ip) {
            if let Some(policy) = hosts.get(parent) {
                return policy.parse().ok();
            }
            rest = parent;
        }
        None
    }

    /// Sets or ends a host's policy in a tab, and says whether that changed anything.
    pub(crate) fn set(&mut self, tab: u32, host: &str, policy: Option<Policy>) -> bool {
        let hosts = self.0.entry(tab).or_default();
        let changed = match policy {
            Some(policy) if hosts.len() < MOST_HOSTS || hosts.contains_key(host) => {
                let word = policy.as_str().to_owned();
                hosts.insert(host.to_owned(), word.clone()) != Some(word)
            }
            Some(_) => false,
            None => hosts.remove(host).is_some(),
        };
        if hosts.is_empty() {
            self.0.remove(&tab);
        }
        changed
    }

    /// Forgets a tab, and says whether it had anything.
    pub(crate) fn forget(&mut self, tab: u32) -> bool {
        self.0.remove(&tab).is_some()
    }

    /// Moves a tab's policies to the tab that took its place.
    pub(crate) fn rename(&mut self, old: u32, new: u32) -> bool {
        let hosts = self.0.remove(&old);
        let had = hosts.is_some();
        if let Some(hosts) = hosts {
            self.0.insert(new, hosts);
        }
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_holds_in_its_tab_for_the_host_and_below() {
        let mut grants = Grants::default();
        assert!(grants.set(7, "meet.example", Some(Policy::Allow)));
        assert_eq!(grants.policy_for(7, "meet.example"), Some(Policy::Allow));
        assert_eq!(grants.policy_for(7, "eu.meet.example"), Some(Policy::Allow));
        assert_eq!(grants.policy_for(7, "notmeet.example"), None);
        assert_eq!(grants.policy_for(8, "meet.example"), None);
        assert!(grants.forget(7));
        assert_eq!(grants.policy_for(7, "meet.example"), None);
    }

    #[test]
    fn an_address_has_no_parents() {
        let mut grants = Grants::default();
        grants.set(1, "0.2.1", Some(Policy::Allow));
        assert_eq!(grants.policy_for(1, "192.0.2.1"), None);
    }

    #[test]
    fn they_survive_being_written_down() {
        let mut grants = Grants::default();
        grants.set(7, "meet.example", Some(Policy::PublicOnly));
        let json = serde_json::to_string(&grants).unwrap_or_default();
        assert_eq!(Grants::parse(&json), grants);
        assert_eq!(Grants::parse("nonsense"), Grants::default());
    }

    #[test]
    fn hosts_are_bounded() {
        let mut grants = Grants::default();
        for index in 0..100 {
            grants.set(1, &format!("{index}.example"), Some(Policy::Allow));
        }
        assert_eq!(grants.0.get(&1).map(BTreeMap::len), Some(MOST_HOSTS));
        assert!(grants.rename(1, 2));
        assert_eq!(grants.policy_for(2, "1.example"), Some(Policy::Allow));
    }
}
