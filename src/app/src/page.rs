//! What the popup, the options page and the welcome page have in common.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use iceveil_core::policy::Policy;
use iceveil_core::settings::BrowserProtection;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::api::{self, ApiError};
use crate::change::{Change, Problem, Refusal};
use crate::dom;
use crate::i18n::{text, text_with};

/// What is done for the person; it ends with whether it is done. Of one type, so that what is made of it
/// is there once.
pub(crate) type Work = Pin<Box<dyn Future<Output = bool>>>;

/// Which reading of the settings is the newest: several can be under way, and one that began before
/// a change may end after one that began after it.
#[derive(Debug, Default)]
pub(crate) struct Order {
    begun: Cell<u32>,
    shown: Cell<u32>,
    /// Changes under way that the person has asked for.
    changes: Cell<u32>,
}

impl Order {
    /// A reading begins; gives its place in the order.
    pub(crate) fn begin(&self) -> u32 {
        self.begun.set(self.begun.get().wrapping_add(1));
        self.begun.get()
    }

    /// Whether what was read is newer than what was shown last; if so, it is shown now.
    pub(crate) fn is_news(&self, turn: u32) -> bool {
        let is_news = turn > self.shown.get();
        if is_news {
            self.shown.set(turn);
        }
        is_news
    }

    /// Does what the person asks for. What was read before it was done says nothing about it.
    pub(crate) async fn change(&self, work: Work) {
        self.changes.set(self.changes.get() + 1);
        // What failed is said on the page.
        work.await;
        self.changes.set(self.changes.get() - 1);
        self.shown.set(self.begun.get());
    }

    /// Whether nothing is under way: until then, what the person chose stays as it is shown.
    pub(crate) fn is_settled(&self) -> bool {
        self.changes.get() == 0
    }
}

/// What the browser tells of while a page is open. It is heard from before the first reading on:
/// what changes between that and its being shown is read again.
pub(crate) struct News {
    then: RefCell<Option<Rc<dyn Fn()>>>,
    missed: Cell<bool>,
}

impl News {
    /// Listens for the browser's own setting, and for `keys` in storage, to change.
    pub(crate) fn listen(keys: &'static [&'static str]) -> Result<Rc<Self>, ApiError> {
        let news = Rc::new(Self {
            then: RefCell::new(None),
            missed: Cell::new(false),
        });
        let stored = Rc::clone(&news);
        on_event("storage.onChanged", move |changes: JsValue, _| {
            if keys
                .iter()
                .any(|key| api::member(&changes, key).is_object())
            {
                stored.hear();
            }
        })?;
        let setting = Rc::clone(&news);
        on_setting_change(move || setting.hear());
        Ok(news)
    }

    fn hear(&self) {
        let then = self.then.borrow().clone();
        match then {
            Some(then) => then(),
            None => self.missed.set(true),
        }
    }

    /// What has been read is shown: `then` is called for what came meanwhile, and for all to come.
    pub(crate) fn follow(&self, then: impl Fn() + 'static) {
        let then = Rc::new(then);
        self.then.replace(Some(then.clone()));
        if self.missed.take() {
            then();
        }
    }
}

/// The key of a policy's name.
pub(crate) fn policy_key(policy: Policy) -> &'static str {
    match policy {
        Policy::Allow => "policyAllow",
        Policy::PublicOnly => "policyPublicOnly",
        Policy::RelayOnly => "policyRelayOnly",
        Policy::Block => "policyBlock",
    }
}

/// A policy's name.
pub(crate) fn policy_name(policy: Policy) -> String {
    text(policy_key(policy))
}

/// A browser protection's name.
pub(crate) fn protection_name(protection: BrowserProtection) -> String {
    text(match protection {
        BrowserProtection::ProxiedOnly => "protectionProxied",
        BrowserProtection::Off => "protectionOff",
        _ => "protectionStandard",
    })
}

/// Asks the background for a change and says on the page what went wrong, if anything did.
pub(crate) async fn change(change: Change) -> bool {
    let result = ask(&change).await;
    if result.is_err() {
        // A list whose control shows what was refused is made anew.
        dom::set("sites", "data-of", "");
        dom::set("frames", "data-of", "");
    }
    show_failure(result.as_ref().err());
    result.is_ok()
}

/// Asks the background for a change.
pub(crate) async fn ask(change: &Change) -> Result<(), Refusal> {
    let failed = |reason: String| Refusal::Failed { reason };
    let change = serde_json::to_string(change).map_err(|error| failed(error.to_string()))?;
    let message = api::object(&[
        ("type", "change".into()),
        ("change", change.as_str().into()),
    ]);
    let reply = api::call("runtime.sendMessage", &[message])
        .await
        .map_err(Refusal::from)?;
    match reply.as_string().as_deref() {
        Some("") => Ok(()),
        Some(refusal) => {
            Err(serde_json::from_str(refusal).unwrap_or_else(|_| failed(String::new())))
        }
        None => Err(failed(String::new())),
    }
}

/// Shows why a change was not made, or takes that away.
pub(crate) fn show_failure(refusal: Option<&Refusal>) {
    dom::show("failed", refusal.is_some());
    dom::set_text(
        "failed-text",
        &refusal.map(refusal_words).unwrap_or_default(),
    );
}

/// Why a change was not made, in words.
pub(crate) fn refusal_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Locked => text("errorLocked"),
        Refusal::Quota => text("errorQuota"),
        Refusal::Host { host } => text_with("errorSite", &[host]),
        Refusal::Document { key, detail } => {
            text_with("importFailed", &[&text_with(key, &[detail])])
        }
        Refusal::Failed { reason } => text_with("errorWrite", &[reason]),
    }
}

/// Listens to an event of the browser for as long as the page lives.
pub(crate) fn on_event(
    path: &str,
    then: impl Fn(JsValue, JsValue) + 'static,
) -> Result<(), ApiError> {
    let listener = Closure::<dyn Fn(JsValue, JsValue)>::new(then).into_js_value();
    api::call_now(&format!("{path}.addListener"), &[listener]).map(drop)
}

/// Listens for the browser's own setting to change, in browsers that tell of it.
pub(crate) fn on_setting_change(then: impl Fn() + 'static) {
    let path = "privacy.network.webRTCIPHandlingPolicy.onChange";
    // In the others the page shows the state at its opening.
    let _ = on_event(path, move |_, _| then());
}

/// Opens the options page.
pub(crate) async fn open_options() {
    // Where it can't be opened there is nothing to be done about it.
    let _ = api::call("runtime.openOptionsPage", &[]).await;
}

/// What is wrong with a document, in words.
pub(crate) fn problem_words(problem: &Problem) -> String {
    text_with(&problem.key, &[&problem.detail])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_does_not_replace_what_was_read_after() {
        let order = Order::default();
        let (first, second) = (order.begin(), order.begin());
        assert!(order.is_news(second));
        assert!(!order.is_news(first));
        let third = order.begin();
        assert!(order.is_news(third));
    }
}
