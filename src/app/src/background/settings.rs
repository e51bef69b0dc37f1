//! The settings document is written here and nowhere else, one change after the other.

use iceveil_core::host::{Host, HostPattern};
use iceveil_core::policy::Policy;
use iceveil_core::settings::{BrowserProtection, MOST_SITES, Patch, Settings, SettingsError};
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::{history, sync};
use crate::api::{self, ApiError};
use crate::change::{Change, Problem, Refusal};
use crate::document::{self, Effective, Locked};
use crate::grants::Grants;
use crate::queue::in_turn;

/// How many broken documents are kept aside at most.
const MOST_ASIDE: u32 = 16;

/// Makes the change that a page of the extension asks for. The answer is JSON text: empty when it
/// is done, else the refusal.
pub(super) async fn change(request: &JsValue) -> JsValue {
    let change = api::text(request, "change").unwrap_or_default();
    let result = match serde_json::from_str::<Change>(&change) {
        Ok(change) => in_turn(make(change)).await,
        Err(_) => Err(Refusal::Failed {
            reason: String::new(),
        }),
    };
    match result {
        Ok(()) => "".into(),
        Err(refusal) => serde_json::to_string(&refusal).unwrap_or_default().into(),
    }
}

async fn make(change: Change) -> Result<(), Refusal> {
    match change {
        Change::Grant { tab, host, policy } => set_grant(tab, &host, policy.as_deref()).await,
        Change::ClearHistory => history::clear().await.map_err(Refusal::from),
        Change::ForgetCounts { host } => history::forget(&host).await.map_err(Refusal::from),
        Change::DiscardBroken => {
            let keys: Array = [document::BROKEN_KEY, document::PROBLEM_KEY]
                .into_iter()
                .map(JsValue::from)
                .collect();
            let done = api::call("storage.local.remove", &[keys.into()]).await;
            done.map(drop).map_err(Refusal::from)
        }
        Change::Sync { on } => {
            write(&change).await?;
            let done = if on {
                sync::join().await
            } else {
                sync::leave().await
            };
            done.map_err(Refusal::from)
        }
        change => write(&change).await,
    }
}

/// Reads the person's document, changes it, and writes it.
async fn write(change: &Change) -> Result<(), Refusal> {
    let effective = Effective::load().await?;
    let changed = apply(&effective, change)?;
    store(&changed).await?;
    if matches!(change, Change::History { on: false }) {
        history::clear().await?;
    }
    Ok(())
}

/// Writes the person's document.
pub(super) async fn store(settings: &Settings) -> Result<(), ApiError> {
    api::store("local", document::KEY, &api::from_json(&settings.to_json())).await
}

/// The person's document after a change.
fn apply(effective: &Effective, change: &Change) -> Result<Settings, Refusal> {
    let mut patch = patch_of(&effective.own, change)?;
    if let Change::Replace { .. } = change {
        // What the management has set is left out of an import, as the preview said.
        leave_managed(&mut patch, &effective.locked);
    } else if !patch.conflicts(&effective.managed).is_empty() {
        return Err(Refusal::Locked);
    }
    let changed = Settings::clone(&effective.own).apply(&patch);
    if changed.sites().len() > MOST_SITES {
        return Err(SettingsError::TooManySites.into());
    }
    Ok(changed)
}

/// Takes out of a patch what is managed.
pub(crate) fn leave_managed(patch: &mut Patch, locked: &Locked) {
    if locked.default_policy {
        patch.default_policy = None;
    }
    if locked.sites {
        patch.sites.clear();
    }
    if locked.browser_protection {
        patch.browser_protection = None;
    }
    if locked.history {
        patch.history = None;
    }
    if locked.sync {
        patch.sync = None;
    }
}

fn patch_of(own: &Settings, change: &Change) -> Result<Patch, Refusal> {
    let mut patch = Patch::default();
    match change {
        Change::Default { policy } => patch.default_policy = Some(known_policy(policy)?),
        Change::Protection { protection } => {
            let protection = BrowserProtection::from_word(protection).ok_or_else(unknown)?;
            patch.browser_protection = Some(protection);
        }
        Change::History { on } => patch.history = Some(*on),
        Change::Sync { on } => patch.sync = Some(*on),
        Change::Replace { settings } => {
            patch = Patch::between(own, &Settings::parse(settings).map_err(Refusal::from)?);
        }
        Change::Site {
            host,
            policy,
            instead,
        } => {
            if let Some(instead) = instead {
                patch.sites.insert(pattern(instead)?, None);
            }
            let policy = policy.as_deref().map(known_policy).transpose()?;
            patch.sites.insert(pattern(host)?, policy);
        }
        Change::Grant { .. }
        | Change::ClearHistory
        | Change::ForgetCounts { .. }
        | Change::DiscardBroken => {}
    }
    Ok(patch)
}

fn known_policy(word: &str) -> Result<Policy, Refusal> {
    word.parse().map_err(|_| unknown())
}

fn unknown() -> Refusal {
    Refusal::Failed {
        reason: String::new(),
    }
}

fn pattern(text: &str) -> Result<Host, Refusal> {
    let pattern = HostPattern::parse(text);
    pattern
        .map(HostPattern::into_host)
        .map_err(|_| Refusal::Host {
            host: text.to_owned(),
        })
}

async fn set_grant(tab: u32, host: &str, policy: Option<&str>) -> Result<(), Refusal> {
    if policy.is_some() && Effective::load().await?.locked.sites {
        return Err(Refusal::Locked);
    }
    let host = pattern(host)?;
    let policy = policy.map(known_policy).transpose()?;
    let mut grants = Grants::load().await?;
    if grants.set(tab, host.as_str(), policy) {
        grants.save().await?;
    }
    Ok(())
}

/// Gives a site a policy until its tab is closed.
pub(super) async fn grant(tab: u32, host: &str, policy: Policy) {
    // From the menu there is no page to say on why it didn't work; the icon shows that it didn't.
    let _ = in_turn(set_grant(tab, host, Some(policy.as_str()))).await;
}

/// Blocks a site, for good and in its tab.
pub(super) async fn block(tab: u32, host: &str) {
    in_turn(async {
        let _ = set_grant(tab, host, None).await;
        let policy = Some(Policy::Block.as_str().to_owned());
        let _ = write(&Change::Site {
            host: host.to_owned(),
            policy,
            instead: None,
        })
        .await;
    })
    .await;
}

/// Moves a document that can't be read out of the way, so that the strict defaults hold and the
/// options page can give it back.
pub(super) async fn set_broken_aside() {
    let Ok(stored) = api::stored("local", document::KEY).await else {
        return;
    };
    if stored.is_undefined() {
        return;
    }
    let json = api::to_json(&stored).unwrap_or_default();
    let Err(error) = Settings::parse(&json) else {
        return;
    };
    let Ok(kept) = api::stored("local", document::BROKEN_KEY).await else {
        return;
    };
    let Some(aside) = beside(&kept, &json) else {
        return;
    };
    let problem = serde_json::to_string(&Problem::from(&error)).unwrap_or_default();
    let both = api::object(&[
        (document::BROKEN_KEY, aside),
        (document::PROBLEM_KEY, problem.into()),
    ]);
    if api::call("storage.local.set", &[both]).await.is_ok() {
        // If it stays, it is read as broken again: the same policy holds.
        let _ = api::forget("local", document::KEY).await;
    }
}

/// What is kept aside once the text `broken` is, too, the newest last. `None` where there are too many:
/// then it stays where it is, and the same policy holds.
fn beside(kept: &JsValue, broken: &str) -> Option<JsValue> {
    let all = if Array::is_array(kept) {
        Array::from(kept)
    } else {
        Array::new()
    };
    (all.length() < MOST_ASIDE).then(|| {
        all.push(&broken.into());
        all.into()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const STORED: &str = r#"{"version":1,"defaultPolicy":"relay-only","future":1,
        "sites":{"a.example":"allow","b.example":"block"},"browserProtection":"standard"}"#;

    fn changed(change: &Change) -> Result<Settings, Refusal> {
        apply(&Effective::from_json(Some(STORED), None), change)
    }

    fn site(host: &str, policy: Option<&str>, instead: Option<&str>) -> Change {
        let owned = |text: &str| text.to_owned();
        Change::Site {
            host: owned(host),
            policy: policy.map(owned),
            instead: instead.map(owned),
        }
    }

    fn policy_of(settings: &Settings, host: &str) -> Option<Policy> {
        settings.sites().get(host).copied()
    }

    #[test]
    fn a_change_leaves_the_other_fields_alone() {
        let settings = changed(&Change::Default {
            policy: "block".into(),
        })
        .unwrap();
        assert_eq!(settings.default_policy(), Policy::Block);
        assert_eq!(policy_of(&settings, "a.example"), Some(Policy::Allow));
        assert!(settings.to_json().contains("future"));
    }

    #[test]
    fn sites_are_added_renamed_and_removed() {
        let settings = changed(&site("*.C.Example", Some("public-only"), None)).unwrap();
        assert_eq!(policy_of(&settings, "c.example"), Some(Policy::PublicOnly));
        let settings = changed(&site("c.example", Some("allow"), Some("a.example"))).unwrap();
        assert_eq!(policy_of(&settings, "a.example"), None);
        assert_eq!(policy_of(&settings, "c.example"), Some(Policy::Allow));
        let settings = changed(&site("b.example", None, None)).unwrap();
        assert_eq!(policy_of(&settings, "b.example"), None);
    }

    #[test]
    fn a_rule_edited_under_its_own_name_stays() {
        let settings = changed(&site("a.example", Some("block"), Some("a.example"))).unwrap();
        assert_eq!(policy_of(&settings, "a.example"), Some(Policy::Block));
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert!(
            changed(&Change::Default {
                policy: "everything".into()
            })
            .is_err()
        );
        let refusal = changed(&site("not a host", Some("allow"), None)).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::Host {
                host: "not a host".into()
            }
        );
        assert!(
            changed(&Change::Replace {
                settings: "[1]".into()
            })
            .is_err()
        );
    }

    #[test]
    fn a_locked_field_stays() {
        let managed = r#"{"defaultPolicy":"block","sites":{"work.example":"allow"}}"#;
        let effective = Effective::from_json(Some(STORED), Some(managed));
        let refused = |change: &Change| apply(&effective, change) == Err(Refusal::Locked);
        assert!(refused(&Change::Default {
            policy: "allow".into()
        }));
        assert!(refused(&site("a.example", None, None)));
        assert!(!refused(&Change::History { on: true }));
        let import = r#"{"version":1,"defaultPolicy":"allow","history":false}"#;
        let settings = apply(
            &effective,
            &Change::Replace {
                settings: import.into(),
            },
        )
        .unwrap();
        assert_eq!(settings.default_policy(), Policy::RelayOnly);
        assert!(!settings.history());
    }
}
