//! The settings as they hold: the person's own document under what the browser's management says.

mod sources;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use iceveil_core::host::Host;
use iceveil_core::policy::Policy;
use iceveil_core::settings::{Field, Managed, Settings};
use js_sys::{Array, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use crate::api::{self, ApiError};
use crate::change::Problem;
use crate::grants::Grants;
use sources::Sources;

/// Where the document is, in `storage.local`.
pub(crate) const KEY: &str = "settings";

/// Where documents that can't be read are kept, in `storage.local`: a list of JSON texts, the newest
/// last. As texts, for a browser takes seconds to copy an object of very many members.
pub(crate) const BROKEN_KEY: &str = "settingsBroken";

/// Where it is said, in `storage.local`, what is wrong with the newest of them: a [`Problem`] as JSON
/// text. They themselves aren't read for it.
pub(crate) const PROBLEM_KEY: &str = "settingsProblem";

/// Where the counts per site are, in `storage.local`.
pub(crate) const HISTORY_KEY: &str = "history";

/// Where it is said, in `storage.local`, that the welcome page was shown.
pub(crate) const WELCOMED_KEY: &str = "welcomed";

/// Where it is said, in `storage.local`, what keeps the settings from travelling.
pub(crate) const SYNC_PROBLEM_KEY: &str = "syncProblem";

/// What stands there while the browser takes no more changes for its sync.
pub(crate) const SYNC_BUSY: &str = "busy";

/// What this device and the others last agreed on, as JSON text in `storage.local`.
pub(crate) const SYNC_BASE_KEY: &str = "syncBase";

/// Where the texts that settings are made from are once more, in `storage.session`: as texts the browser
/// gives them out at once, where it takes an object of thousands of sites apart first.
pub(crate) const COPY_KEY: &str = "settingsCopy";

/// What managed storage held last, in `storage.local`.
pub(crate) const MANAGED_KEY: &str = "managedLast";

/// Milliseconds that managed storage may take.
const MANAGED_WAIT: u32 = 100;

/// Which situation the person said to be in, in `storage.local`.
pub(crate) const SITUATION_KEY: &str = "situation";

/// What holds if the management's document can't be read: as strict as can be without breaking
/// pages, and not for the person to loosen.
const STRICT: &str = r#"{"defaultPolicy":"relay-only","sites":{}}"#;

/// Which fields are managed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The default policy.
    pub(crate) default_policy: bool,
    /// The list of sites.
    pub(crate) sites: bool,
    /// The browser's own setting.
    pub(crate) browser_protection: bool,
    /// Whether counts are kept.
    pub(crate) history: bool,
    /// Whether the settings travel.
    pub(crate) sync: bool,
}

impl Locked {
    fn of(managed: &Managed) -> Self {
        let mut locked = Self::default();
        for field in managed.managed_fields() {
            match field {
                Field::DefaultPolicy => locked.default_policy = true,
                Field::Sites => locked.sites = true,
                Field::BrowserProtection => locked.browser_protection = true,
                Field::History => locked.history = true,
                Field::Sync => locked.sync = true,
            }
        }
        locked
    }

    /// Whether any field is managed.
    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }
}

/// The settings as they hold.
#[derive(Debug)]
pub(crate) struct Effective {
    /// What holds.
    pub(crate) settings: Rc<Settings>,
    /// The person's own part of it.
    pub(crate) own: Rc<Settings>,
    /// The management's part of it.
    pub(crate) managed: Managed,
    /// Which fields are managed.
    pub(crate) locked: Locked,
    /// What is wrong with the person's document, also if it was set aside.
    pub(crate) broken: Option<Problem>,
    /// What is wrong with the management's document.
    pub(crate) managed_broken: Option<Problem>,
}

thread_local! {
    static LAST: RefCell<Option<(Sources, Rc<Effective>)>> = const { RefCell::new(None) };
    /// How many changes of storage were heard of, and how many when [`LAST`] was read.
    static HEARD: Cell<u32> = const { Cell::new(0) };
    static READ_AT: Cell<Option<u32>> = const { Cell::new(None) };
    /// Whether managed storage has been asked and let its time pass without an answer until now.
    static MANAGED_IS_LATE: Cell<bool> = const { Cell::new(false) };
}

/// Storage has changed: what was read before may not hold any more.
pub(crate) fn hear_of_change() {
    HEARD.set(HEARD.get().wrapping_add(1));
}

/// Stores the texts that were read last as the copy. One that can't be stored is none: what is there
/// would be of another time.
pub(crate) async fn keep_copy() {
    let Some(copy) = LAST.with_borrow(|last| Some(last.as_ref()?.0.to_copy())) else {
        return;
    };
    if api::store("session", COPY_KEY, &copy).await.is_err() {
        let _ = api::forget("session", COPY_KEY).await;
    }
}

impl Effective {
    /// What the storage holds now; with `soon` what the copy says, if there is one: as a rule the same, and
    /// there far sooner. Who shows that has to look at the storage itself then.
    pub(crate) async fn load_or_copy(soon: bool) -> Result<Rc<Self>, ApiError> {
        if soon
            && let Ok(copy) = api::stored("session", COPY_KEY).await
            && let Some(sources) = Sources::from_copy(&copy)
        {
            return Ok(Self::of(sources));
        }
        Self::load().await
    }

    /// What was read last if nothing has changed since, for whoever hears of all changes and shows it
    /// anew then; else what the storage holds now.
    pub(crate) async fn known() -> Result<Rc<Self>, ApiError> {
        if READ_AT.get() == Some(HEARD.get())
            && let Some(known) = LAST.with_borrow(|last| Some(Rc::clone(&last.as_ref()?.1)))
        {
            return Ok(known);
        }
        Self::load().await
    }

    /// What the browser's storage holds now.
    pub(crate) async fn load() -> Result<Rc<Self>, ApiError> {
        let heard = HEARD.get();
        let keys: Array = [KEY, PROBLEM_KEY, MANAGED_KEY]
            .into_iter()
            .map(JsValue::from)
            .collect();
        let managed = ask_managed();
        let local = api::call("storage.local.get", &[keys.into()]).await?;
        let managed = match managed {
            Some(asked) => managed_document(asked, &local).await,
            None => None,
        };
        let sources = Sources {
            own: api::to_json(&api::member(&local, KEY)),
            problem: api::text(&local, PROBLEM_KEY),
            managed,
        };
        let effective = Self::of(sources);
        READ_AT.set(Some(heard));
        Ok(effective)
    }

    /// The settings that these texts make. The same texts aren't read twice.
    fn of(sources: Sources) -> Rc<Self> {
        let known = LAST.with_borrow(|last| {
            let (known, effective) = last.as_ref()?;
            (*known == sources).then(|| Rc::clone(effective))
        });
        known.unwrap_or_else(|| {
            let effective = Rc::new(Self::from_sources(&sources));
            LAST.set(Some((sources, Rc::clone(&effective))));
            effective
        })
    }

    /// The settings that these documents make.
    #[cfg(test)]
    pub(crate) fn from_json(own: Option<&str>, managed: Option<&str>) -> Self {
        let owned = |text: &str| text.to_owned();
        let (own, managed) = (own.map(owned), managed.map(owned));
        Self::from_sources(&Sources {
            own,
            managed,
            problem: None,
        })
    }

    fn from_sources(sources: &Sources) -> Self {
        let (own, broken) = match sources.own.as_deref().map(Settings::parse) {
            None => (Settings::default(), None),
            Some(Ok(own)) => (own, None),
            Some(Err(error)) => (Settings::default(), Some(Problem::from(&error))),
        };
        let aside = sources
            .problem
            .as_deref()
            .and_then(|problem| serde_json::from_str(problem).ok());
        let (managed, managed_broken) = match sources.managed.as_deref().map(Managed::parse) {
            None => (Managed::default(), None),
            Some(Ok(managed)) => (managed, None),
            Some(Err(error)) => {
                let strict = Managed::parse(STRICT).unwrap_or_default();
                (strict, Some(Problem::from(&error)))
            }
        };
        let own = Rc::new(own);
        let locked = Locked::of(&managed);
        // Thousands of sites aren't copied for nothing.
        let settings = if locked.any() {
            Rc::new(own.merge_managed(&managed))
        } else {
            Rc::clone(&own)
        };
        Self {
            settings,
            own,
            locked,
            managed,
            broken: broken.or(aside),
            managed_broken,
        }
    }

    /// The policy of a host in any tab; that of no host at all is the default.
    pub(crate) fn policy_for(&self, host: &str) -> Policy {
        match Host::parse(host) {
            Ok(host) => self.settings.policy_for_host(&host),
            Err(_) => self.settings.default_policy(),
        }
    }

    /// The policy of a host in a tab, which may have one of its own.
    pub(crate) fn policy_in_tab(&self, host: &str, tab: u32, grants: &Grants) -> Policy {
        let granted = grants.policy_for(tab, host).filter(|_| !self.locked.sites);
        granted.unwrap_or_else(|| self.policy_for(host))
    }

    /// The host whose rule counts for this one.
    pub(crate) fn rule_for(&self, host: &str) -> Option<String> {
        let host = Host::parse(host).ok()?;
        self.settings
            .rule_for(&host)
            .map(|(rule, _)| rule.as_str().to_owned())
    }

    /// The policy that a host would have without a rule of its own.
    pub(crate) fn policy_without(&self, host: &str) -> Policy {
        match Host::parse(host) {
            Ok(host) => host
                .and_parents()
                .skip(1)
                .find_map(|parent| self.settings.sites().get(parent))
                .copied()
                .unwrap_or_else(|| self.settings.default_policy()),
            Err(_) => self.settings.default_policy(),
        }
    }
}

/// Asks managed storage for all of it; `None` in a browser that has none.
fn ask_managed() -> Option<Promise> {
    // Without management some browsers fail here, others find nothing.
    let asked = api::ask("storage.managed.get", &[]).ok()?;
    Some(future_to_promise(async move {
        let found = JsFuture::from(asked).await;
        Ok(found.unwrap_or_else(|_| Object::new().into()))
    }))
}

/// What managed storage holds, as JSON. Some browsers take seconds to say so when they have just
/// started, too long for a page that waits: then what they said last holds, and if they say
/// something else later, that is stored, which the background hears of.
async fn managed_document(asked: Promise, local: &JsValue) -> Option<String> {
    let last = api::text(local, MANAGED_KEY).filter(|json| !json.is_empty());
    // Who asks while it is late doesn't wait once more.
    let wait = if MANAGED_IS_LATE.get() {
        0
    } else {
        MANAGED_WAIT
    };
    if let Some(found) = api::within(wait, &asked).await {
        let json = as_managed(&found);
        keep_managed(last.as_deref(), json.as_deref()).await;
        return json;
    }
    MANAGED_IS_LATE.set(true);
    let assumed = last.clone();
    spawn_local(async move {
        let found = JsFuture::from(asked).await;
        MANAGED_IS_LATE.set(false);
        if let Ok(found) = found {
            keep_managed(assumed.as_deref(), as_managed(&found).as_deref()).await;
        }
    });
    last
}

/// An empty object is no management.
fn as_managed(found: &JsValue) -> Option<String> {
    api::to_json(found).filter(|json| json != "{}")
}

async fn keep_managed(last: Option<&str>, json: Option<&str>) {
    if last != json {
        // If it can't be kept, the browser is asked again.
        let _ = api::store("local", MANAGED_KEY, &json.unwrap_or_default().into()).await;
    }
}

/// The host of a page's address or of an origin; `None` where there is none.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    web.then(|| Host::of_origin(url))
        .flatten()
        .map(String::from)
}

/// A host as a person reads it.
pub(crate) fn host_shown(host: &str) -> String {
    Host::parse(host).map_or_else(|_| host.to_owned(), |host| host.to_unicode())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = r#"{"version":1,"defaultPolicy":"allow","sites":{"a.example":"allow"}}"#;

    #[test]
    fn without_any_document_relay_only_holds() {
        let effective = Effective::from_json(None, None);
        assert_eq!(effective.policy_for("a.example"), Policy::RelayOnly);
        assert_eq!(effective.policy_for(""), Policy::RelayOnly);
        assert!(effective.broken.is_none());
    }

    #[test]
    fn a_broken_document_counts_for_nothing() {
        for broken in [
            "",
            "[]",
            r#"{"version":1,"defaultPolicy":"open"}"#,
            r#"{"version":9}"#,
        ] {
            let effective = Effective::from_json(Some(broken), None);
            assert_eq!(
                effective.policy_for("a.example"),
                Policy::RelayOnly,
                "{broken}"
            );
            assert!(effective.broken.is_some(), "{broken}");
        }
    }

    #[test]
    fn a_document_set_aside_is_still_told_of() {
        let problem = Problem {
            key: "errorField".to_owned(),
            detail: "sites".to_owned(),
        };
        let sources = Sources {
            problem: serde_json::to_string(&problem).ok(),
            own: Some(OPEN.to_owned()),
            managed: None,
        };
        let effective = Effective::from_sources(&sources);
        assert_eq!(effective.broken, Some(problem));
        assert_eq!(effective.policy_for("b.example"), Policy::Allow);
    }

    #[test]
    fn management_wins_and_locks() {
        let effective = Effective::from_json(Some(OPEN), Some(r#"{"defaultPolicy":"block"}"#));
        assert_eq!(effective.policy_for("b.example"), Policy::Block);
        assert_eq!(effective.policy_for("a.example"), Policy::Allow);
        assert!(effective.locked.default_policy);
        assert!(!effective.locked.sites);
    }

    #[test]
    fn broken_management_is_strict() {
        let effective = Effective::from_json(Some(OPEN), Some(r#"{"defaultPolicy":"open"}"#));
        assert_eq!(effective.policy_for("a.example"), Policy::RelayOnly);
        assert!(effective.locked.sites);
        assert!(effective.managed_broken.is_some());
    }

    #[test]
    fn managed_sites_leave_no_room_for_a_tabs_own_policy() {
        let effective =
            Effective::from_json(Some(OPEN), Some(r#"{"sites":{"a.example":"block"}}"#));
        let mut grants = Grants::default();
        grants.set(1, "a.example", Some(Policy::Allow));
        assert_eq!(
            effective.policy_in_tab("a.example", 1, &grants),
            Policy::Block
        );
    }

    #[test]
    fn only_pages_of_the_web_have_hosts() {
        assert_eq!(
            host_of("https://Meet.example:8443/a").as_deref(),
            Some("meet.example")
        );
        assert_eq!(host_of("http://[::1]/").as_deref(), Some("::1"));
        assert_eq!(host_of("chrome-extension://abcdef/popup.html"), None);
        assert_eq!(host_of("null"), None);
    }
}
