//! Which policy a document has.

use iceveil_core::policy::Policy;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{attempts, protection};
use crate::api;
use crate::document::{Effective, host_of};
use crate::grants::Grants;
use crate::queue::{begin, in_turn};

/// How many documents above a frame are looked at; deeper frames are the strictest of these.
const MOST_ANCESTORS: u32 = 64;

/// Answers a document that asks for its policy.
pub(super) async fn answer(request: &JsValue, sender: &JsValue, tab: u32) -> JsValue {
    let hosts = Hosts::of(request, sender);
    let policy = look_up(tab, &hosts).await.unwrap_or_default();
    if api::id(sender, "frameId") == Some(0) {
        let document = api::text(sender, "documentId").unwrap_or_default();
        let own = hosts.own.clone();
        // The page's connection waits for this answer; the record of its tab need not come first.
        spawn_local(async move { in_turn(attempts::enter(tab, &document, &own)).await });
    }
    let policy = JsValue::from_str(policy.as_str());
    api::object(&[("policy", policy), ("host", hosts.own.as_str().into())])
}

/// The policy, or the strict one if settings can't be read.
async fn look_up(tab: u32, hosts: &Hosts) -> Result<Policy, api::ApiError> {
    let grants = begin(Grants::load());
    let effective = Effective::load().await?;
    protection::hold(effective.settings.browser_protection()).await;
    let grants = grants.await.ok_or(api::ApiError::Missing)??;
    Ok(strictest(&effective, &grants, tab, hosts))
}

/// The strictest policy of a document and of all above it.
fn strictest(effective: &Effective, grants: &Grants, tab: u32, hosts: &Hosts) -> Policy {
    hosts
        .above
        .iter()
        .chain([&hosts.own])
        .map(|host| effective.policy_in_tab(host, tab, grants))
        .fold(Policy::Allow, Policy::strictest)
}

/// Whose document it is, and whose documents are above it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hosts {
    /// The document's own host, or that of the nearest document above that has one.
    pub(super) own: String,
    above: Vec<String>,
}

impl Hosts {
    /// As the browser says; a message is believed only about the frames between a document and
    /// its tab's, where it could but make the policy stricter than theirs.
    pub(super) fn of(request: &JsValue, sender: &JsValue) -> Self {
        let said = |name| api::text(sender, name).and_then(|url| host_of(&url));
        // A sandboxed document has no origin, but the address that it came from.
        let own = said("origin").or_else(|| said("url"));
        if api::id(sender, "frameId") == Some(0) {
            return Self::from_parts(own, Vec::new());
        }
        // Only who asks for a policy lists them.
        let listed = api::member(request, "ancestors")
            .dyn_into::<Array>()
            .unwrap_or_default();
        let mut above: Vec<String> = (0..listed.length().min(MOST_ANCESTORS))
            .filter_map(|index| host_of(&listed.get(index).as_string()?))
            .collect();
        let top = api::text(&api::member(sender, "tab"), "url");
        above.extend(top.and_then(|url| host_of(&url)));
        Self::from_parts(own, above)
    }

    fn from_parts(own: Option<String>, above: Vec<String>) -> Self {
        let own = own.or_else(|| above.first().cloned()).unwrap_or_default();
        Self { own, above }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effective() -> Effective {
        Effective::from_json(
            Some(
                r#"{"version":1,"defaultPolicy":"relay-only","browserProtection":"standard",
                "sites":{"open.example":"allow","shut.example":"block","part.example":"public-only"}}"#,
            ),
            None,
        )
    }

    fn policy(own: &str, above: &[&str], grants: &Grants) -> Policy {
        let above = above.iter().map(|host| (*host).to_owned()).collect();
        let own = Some(own.to_owned()).filter(|own| !own.is_empty());
        strictest(&effective(), grants, 1, &Hosts::from_parts(own, above))
    }

    #[test]
    fn a_frame_has_the_strictest_of_its_own_and_of_those_above() {
        let none = Grants::default();
        assert_eq!(policy("open.example", &[], &none), Policy::Allow);
        assert_eq!(
            policy("open.example", &["part.example"], &none),
            Policy::PublicOnly
        );
        assert_eq!(
            policy("open.example", &["other.example"], &none),
            Policy::RelayOnly
        );
        assert_eq!(
            policy("open.example", &["open.example", "shut.example"], &none),
            Policy::Block
        );
        assert_eq!(
            policy("shut.example", &["open.example"], &none),
            Policy::Block
        );
    }

    #[test]
    fn a_document_without_host_has_that_of_the_one_above() {
        let none = Grants::default();
        assert_eq!(
            policy("", &["part.example", "open.example"], &none),
            Policy::PublicOnly
        );
        assert_eq!(policy("", &[], &none), Policy::RelayOnly);
    }

    #[test]
    fn a_tabs_own_policy_comes_first() {
        let mut grants = Grants::default();
        grants.set(1, "shut.example", Some(Policy::Allow));
        assert_eq!(policy("shut.example", &[], &grants), Policy::Allow);
        grants.set(1, "open.example", Some(Policy::Block));
        assert_eq!(
            policy("shut.example", &["open.example"], &grants),
            Policy::Block
        );
    }
}
