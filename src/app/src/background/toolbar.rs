//! The toolbar button: badge, title, icon; its menu and the keyboard commands.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use iceveil_core::policy::Policy;
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::protection::Standing;
use crate::api;
use crate::document::{Effective, host_of};
use crate::grants::Grants;
use crate::i18n::{plural, text, text_with};
use crate::page::policy_name;
use crate::standing;
use crate::tab::TabRecord;
use crate::verdict::Summary;

/// What the menu and the keyboard can do.
const ALLOW_TAB: &str = "allow-tab";
const BLOCK_SITE: &str = "block-site";
const OPEN_OPTIONS: &str = "open-options";

/// What a tab's button shows: the policy, how many attempts were stopped, and what is lost.
type Shown = (Policy, u64, Option<&'static str>);

thread_local! {
    /// What each tab's button shows, as far as it's known.
    static SHOWN: RefCell<BTreeMap<u32, Shown>> = const { RefCell::new(BTreeMap::new()) };
    /// Why the protection that a person wants isn't in force: the key of the message.
    static LOST: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The badge of a count: three signs at most.
fn badge(count: u64) -> String {
    match count {
        0 => String::new(),
        1..=999 => count.to_string(),
        1000..=99_999 => format!("{}k", count / 1000),
        _ => "∞".to_owned(),
    }
}

/// Shows what holds for tabs of which nothing else is known; says whether what each tab shows has
/// to change too.
pub(super) async fn show_default(effective: &Effective, standing: Option<Standing>) -> bool {
    let policy = effective.settings.default_policy();
    set_icon(policy, None).await;
    let wanted = effective.settings.browser_protection();
    let lost = standing.and_then(|standing| standing::lost(standing, wanted));
    set(
        "setBadgeText",
        &[("text", if lost.is_some() { "!" } else { "" }.into())],
        None,
    )
    .await;
    set(
        "setBadgeBackgroundColor",
        &[("color", "#7a4a00".into())],
        None,
    )
    .await;
    set("setBadgeTextColor", &[("color", "#ffffff".into())], None).await;
    let title = title_of(policy, lost.map(text));
    set("setTitle", &[("title", title.as_str().into())], None).await;
    LOST.replace(lost) != lost
}

fn title_of(policy: Policy, lines: impl IntoIterator<Item = String>) -> String {
    let title = text_with("titlePolicy", &[&policy_name(policy)]);
    lines
        .into_iter()
        .fold(title, |title, line| format!("{title}\n{line}"))
}

/// Shows what holds for a tab and what was stopped there.
pub(super) async fn show(tab: u32) {
    let Ok(page) = api::call("tabs.get", &[tab.into()]).await else {
        return;
    };
    let (Ok(effective), Ok(grants)) = (Effective::known().await, Grants::load().await) else {
        return;
    };
    show_page(tab, &page, &effective, &grants).await;
}

/// Shows what holds for every tab.
pub(super) async fn show_all() {
    let Ok(tabs) = api::call("tabs.query", &[api::object(&[])]).await else {
        return;
    };
    let (Ok(effective), Ok(grants)) = (Effective::known().await, Grants::load().await) else {
        return;
    };
    for page in Array::from(&tabs) {
        if let Some(tab) = api::id(&page, "id") {
            show_page(tab, &page, &effective, &grants).await;
        }
    }
}

async fn show_page(tab: u32, page: &JsValue, effective: &Effective, grants: &Grants) {
    let host = api::text(page, "url")
        .and_then(|url| host_of(&url))
        .unwrap_or_default();
    let record = TabRecord::load(tab)
        .await
        .unwrap_or_default()
        .of_host(&host);
    let stopped = Summary::of(record.entries().map(|entry| entry.row)).stopped;
    let policy = effective.policy_in_tab(&host, tab, grants);
    let now = (policy, stopped, LOST.get());
    let before = SHOWN.with_borrow_mut(|shown| shown.insert(tab, now));
    if before == Some(now) {
        return;
    }
    let words = if stopped == 0 {
        text("titleQuiet")
    } else {
        plural("titleStopped", stopped, &[])
    };
    // Without a text of its own, a tab shows the one for all tabs.
    let badge = if stopped == 0 {
        JsValue::NULL
    } else {
        badge(stopped).as_str().into()
    };
    set("setBadgeText", &[("text", badge)], Some(tab)).await;
    if stopped > 0 {
        set(
            "setBadgeBackgroundColor",
            &[("color", "#0a5ec2".into())],
            Some(tab),
        )
        .await;
    }
    let lines = [Some(words), LOST.get().map(text)];
    let title = title_of(policy, lines.into_iter().flatten());
    set("setTitle", &[("title", title.as_str().into())], Some(tab)).await;
    if before.is_none_or(|(before, ..)| before != policy) {
        set_icon(policy, Some(tab)).await;
    }
}

/// Forgets what a tab's button shows: the browser does so when the tab goes to another page.
pub(super) fn forget(tab: u32) {
    SHOWN.with_borrow_mut(|shown| shown.remove(&tab));
}

async fn set_icon(policy: Policy, tab: Option<u32>) {
    let file = |size: u32| JsValue::from(format!("/icons/{}-{size}.png", policy.as_str()));
    let path = api::object(&[("16", file(16)), ("32", file(32))]);
    set("setIcon", &[("path", path)], tab).await;
}

async fn set(function: &str, details: &[(&str, JsValue)], tab: Option<u32>) {
    let mut details = details.to_vec();
    details.extend(tab.map(|tab| ("tabId", tab.into())));
    // A tab that closed meanwhile has no button.
    let _ = api::call(&format!("action.{function}"), &[api::object(&details)]).await;
}

fn menus() -> &'static str {
    if api::find("menus").is_object() {
        "menus"
    } else {
        "contextMenus"
    }
}

/// Makes the button's menu; the browser keeps it.
pub(super) async fn make_menu() {
    let menus = menus();
    // Nothing to remove is no failure.
    let _ = api::call(&format!("{menus}.removeAll"), &[]).await;
    for (id, key) in [
        (ALLOW_TAB, "menuAllowTab"),
        (BLOCK_SITE, "menuBlock"),
        (OPEN_OPTIONS, "menuOptions"),
    ] {
        let item = api::object(&[
            ("id", id.into()),
            ("title", text(key).as_str().into()),
            ("contexts", Array::of1(&"action".into()).into()),
        ]);
        // Returns an id, not a promise; a browser without menus leaves the popup.
        let _ = api::call_now(&format!("{menus}.create"), &[item]);
    }
}

/// Does what a menu item or a keyboard command names, on a tab.
pub(super) async fn act(name: &JsValue, page: &JsValue) {
    let host = api::text(page, "url").and_then(|url| host_of(&url));
    match (name.as_string().as_deref(), api::id(page, "id"), host) {
        (Some(OPEN_OPTIONS), ..) => crate::page::open_options().await,
        (Some(ALLOW_TAB), Some(tab), Some(host)) => {
            super::settings::grant(tab, &host, Policy::Allow).await;
        }
        (Some(BLOCK_SITE), Some(tab), Some(host)) => {
            super::settings::block(tab, &host).await;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_short() {
        assert_eq!(badge(0), "");
        assert_eq!(badge(7), "7");
        assert_eq!(badge(999), "999");
        assert_eq!(badge(12_345), "12k");
        assert_eq!(badge(u64::MAX), "∞");
    }
}
