//! The background: settings, policies, the browser's setting, what each tab tried.
//!
//! It can be ended at any moment, so it remembers nothing that isn't in storage as well. Whatever
//! reads and writes storage does so in turn ([`crate::queue`]).

mod attempts;
pub(crate) mod history;
mod policy;
pub(crate) mod protection;
mod settings;
mod sync;
mod toolbar;

pub(crate) use settings::leave_managed;

use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::api;
use crate::document::{self, Effective};
use crate::grants::Grants;
use crate::queue::in_turn;
use crate::tab::TabRecord;

/// Runs whenever the browser has started the background, before any event is handled.
pub(crate) async fn start() {
    in_turn(async {
        settings::set_broken_aside().await;
        settle().await;
        sync::resume().await;
    })
    .await;
}

/// Makes the browser's setting and the toolbar agree with the settings.
async fn settle() {
    // Without settings there is nothing to agree with; policies are answered strictly meanwhile.
    let Ok(effective) = Effective::load().await else {
        return;
    };
    document::keep_copy().await;
    let standing = protection::ensure(effective.settings.browser_protection()).await;
    if toolbar::show_default(&effective, standing.ok()).await {
        toolbar::show_all().await;
    }
}

/// Handles an event that `background.js` listens for.
pub(crate) async fn event(name: &str, details: &Array) {
    match name {
        "installed" => {
            toolbar::make_menu().await;
            if api::text(&details.get(0), "reason").as_deref() == Some("install") {
                welcome().await;
            }
        }
        "startup" => toolbar::make_menu().await,
        "stored" => stored(&details.get(0), &details.get(1)).await,
        "tabUpdated" => tab_updated(&details.get(0), &details.get(1)).await,
        "tabRemoved" => tab_removed(&details.get(0)).await,
        "tabReplaced" => tab_replaced(&details.get(0), &details.get(1)).await,
        "menu" => toolbar::act(&api::member(&details.get(0), "menuItemId"), &details.get(1)).await,
        "command" => toolbar::act(&details.get(0), &details.get(1)).await,
        "protection" => in_turn(settle()).await,
        _ => {}
    }
}

/// Shows the welcome page once, unless the browser's management has answered its question. To Chromium
/// each start with an unpacked extension is an installation.
async fn welcome() {
    let key = document::WELCOMED_KEY;
    let shown = api::stored("local", key).await;
    if shown.is_ok_and(|shown| shown.is_truthy()) {
        return;
    }
    let _ = api::store("local", key, &JsValue::TRUE).await;
    let managed = Effective::load()
        .await
        .is_ok_and(|effective| effective.locked.any());
    if !managed {
        let page = api::object(&[("url", "welcome.html".into())]);
        let _ = api::call("tabs.create", &[page]).await;
    }
}

async fn stored(changes: &JsValue, area: &JsValue) {
    let has = |key: &str| api::member(changes, key).is_object();
    if area.as_string().as_deref() != Some("session") {
        document::hear_of_change();
    }
    match area.as_string().as_deref() {
        Some("local") if has("settings") => {
            in_turn(async {
                settings::set_broken_aside().await;
                settle().await;
                toolbar::show_all().await;
                sync::exchange().await;
            })
            .await;
        }
        Some("managed") => in_turn(settle_anew()).await,
        Some("local") if has(document::PROBLEM_KEY) => in_turn(settle()).await,
        // Read late, after the browser had started: see `Effective::load`.
        Some("local") if has(document::MANAGED_KEY) => in_turn(settle_anew()).await,
        Some("session") if has("grants") => in_turn(toolbar::show_all()).await,
        Some("sync") => in_turn(sync::hear()).await,
        _ => {}
    }
}

/// Makes everything agree with what the browser's management says now.
async fn settle_anew() {
    settle().await;
    toolbar::show_all().await;
    if let Ok(grants) = Grants::load().await {
        // Also tells open pages to ask again.
        let _ = grants.save().await;
    }
}

async fn tab_updated(tab: &JsValue, change: &JsValue) {
    let Some(tab) = api::to_id(tab) else { return };
    let loading = api::text(change, "status").as_deref() == Some("loading");
    if !loading && api::text(change, "status").is_none() {
        return;
    }
    in_turn(async {
        if loading {
            attempts::leave(tab).await;
            toolbar::forget(tab);
        }
        toolbar::show(tab).await;
    })
    .await;
}

async fn tab_removed(tab: &JsValue) {
    let Some(tab) = api::to_id(tab) else { return };
    in_turn(async {
        toolbar::forget(tab);
        // What can't be forgotten now goes with the session.
        let _ = TabRecord::forget(tab).await;
        let Ok(mut grants) = Grants::load().await else {
            return;
        };
        if grants.forget(tab) {
            let _ = grants.save().await;
        }
    })
    .await;
}

async fn tab_replaced(new: &JsValue, old: &JsValue) {
    let (Some(new), Some(old)) = (api::to_id(new), api::to_id(old)) else {
        return;
    };
    in_turn(async {
        let _ = TabRecord::forget(old).await;
        let Ok(mut grants) = Grants::load().await else {
            return;
        };
        if grants.rename(old, new) {
            let _ = grants.save().await;
        }
    })
    .await;
}

/// Answers a message. A page's scripts can't send any, but a page's process can, once it's taken
/// over: nothing in a message is believed that the browser itself can say.
pub(crate) async fn message(request: &JsValue, sender: &JsValue) -> JsValue {
    let own = api::text(&api::find("runtime"), "id");
    if own.is_none() || api::text(sender, "id") != own {
        return JsValue::NULL;
    }
    let kind = api::text(request, "type").unwrap_or_default();
    let page = api::text(sender, "url").unwrap_or_default();
    if page.starts_with(&api::own_url("")) {
        return match kind.as_str() {
            "change" => settings::change(request).await,
            _ => JsValue::NULL,
        };
    }
    match (kind.as_str(), api::id(&api::member(sender, "tab"), "id")) {
        ("policy", Some(tab)) => policy::answer(request, sender, tab).await,
        ("attempts", Some(tab)) => attempts::take(request, sender, tab).await,
        ("twin", Some(tab)) => send_twin(sender, tab).await,
        _ => JsValue::NULL,
    }
}

/// Gives a frame, whose page forbids WebAssembly, the guard as JavaScript.
async fn send_twin(sender: &JsValue, tab: u32) -> JsValue {
    let Some(frame) = api::id(sender, "frameId") else {
        return JsValue::NULL;
    };
    let document = api::text(sender, "documentId");
    // The document itself where the browser can name it: the frame may have moved on.
    let place = match document {
        Some(document) => ("documentIds", Array::of1(&document.into()).into()),
        None => ("frameIds", Array::of1(&frame.into()).into()),
    };
    let injection = api::object(&[
        ("target", api::object(&[("tabId", tab.into()), place])),
        ("files", Array::of1(&"twin.js".into()).into()),
        ("world", "ISOLATED".into()),
        ("injectImmediately", true.into()),
    ]);
    // A frame that is gone needs no guard.
    let _ = api::call("scripting.executeScript", &[injection]).await;
    JsValue::NULL
}
