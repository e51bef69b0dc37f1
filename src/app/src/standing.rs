//! How things stand with the browser's own setting: who decides on it, what is in force, and what a
//! person can do about it. Popup, options and welcome page show it in the same place.

use iceveil_core::settings::BrowserProtection;
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::background::protection::{Control, Routes, Standing};
use crate::dom;
use crate::i18n::{text, text_with};

/// The pages that Chromium opens for an extension; Firefox opens none of its own.
const EXTENSIONS_PAGE: &str = "chrome://extensions";
const POLICIES_PAGE: &str = "chrome://policy";

/// What can be done about a setting that isn't Iceveil's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Help {
    /// The message that says what to do, if any.
    words: Option<&'static str>,
    /// The button's message and the page that it opens, where the browser lets an extension open it.
    page: Option<(&'static str, &'static str)>,
}

fn help(control: Control, firefox: bool) -> Help {
    let (words, page) = match (control, firefox) {
        (Control::Other, true) => (Some("helpAddons"), None),
        (Control::Other, false) => (None, Some(("helpExtensions", EXTENSIONS_PAGE))),
        (Control::Managed, true) => (Some("helpConfiguration"), None),
        (Control::Managed, false) => (None, Some(("helpPolicies", POLICIES_PAGE))),
        (Control::Ours | Control::Free | Control::Missing, _) => (None, None),
    };
    Help { words, page }
}

fn control_key(control: Control, firefox: bool) -> &'static str {
    match control {
        Control::Ours => "controlOurs",
        Control::Free => "controlNone",
        Control::Other => "controlOther",
        Control::Managed if firefox => "controlLocked",
        Control::Managed => "controlManaged",
        Control::Missing => "controlMissing",
    }
}

fn routes_key(routes: Routes) -> &'static str {
    match routes {
        Routes::Any => "routesAny",
        Routes::DefaultAndLocal => "routesLocal",
        Routes::Default => "routesDefault",
        Routes::Proxy => "routesProxy",
    }
}

/// Shows it; `wanted` is the protection that a person, or the browser's management, has chosen.
pub(crate) fn render(standing: Standing, wanted: BrowserProtection, locked: bool) {
    let firefox = api::is_firefox();
    let is_lost = lost(standing, wanted).is_some();
    let state = if is_lost { "lost" } else { "kept" };
    dom::set("protection-standing", "data-state", state);
    // Whoever manages Iceveil controls it then: the note beside it says so.
    dom::show(
        "protection-control",
        !(locked && standing.control == Control::Ours),
    );
    dom::set_text(
        "protection-control",
        &text(control_key(standing.control, firefox)),
    );
    let now = standing
        .routes
        .map(|routes| text_with("controlNow", &[&text(routes_key(routes))]));
    dom::show("protection-now", now.is_some());
    dom::set_text("protection-now", &now.unwrap_or_default());
    let help = help(standing.control, firefox);
    for place in ["protection-help", "lost-help"] {
        dom::show(place, help.words.is_some());
        dom::set_text(place, &help.words.map(text).unwrap_or_default());
    }
    for button in ["protection-open", "lost-open"] {
        dom::show(button, help.page.is_some());
        let words = help.page.map(|(key, _)| text(key)).unwrap_or_default();
        dom::set_text(button, &words);
    }
}

/// Listens to the buttons that open the page where something can be done.
pub(crate) fn listen() {
    for button in ["protection-open", "lost-open"] {
        dom::on(button, "click", |_| {
            spawn_local(async {
                let control = crate::background::protection::look().await.control;
                if let Some((_, url)) = help(control, api::is_firefox()).page {
                    let page = api::object(&[("url", url.into())]);
                    // A browser that doesn't open it leaves the words beside the button.
                    let _ = api::call("tabs.create", &[page]).await;
                }
            });
        });
    }
}

/// Why the protection that a person wants isn't in force, if it isn't: the key of the message.
pub(crate) fn lost(standing: Standing, wanted: BrowserProtection) -> Option<&'static str> {
    match standing.control {
        _ if wanted == BrowserProtection::Off => None,
        Control::Other => Some("protectionLost"),
        Control::Managed if standing.routes < Routes::wanted(wanted) => Some("protectionHeld"),
        Control::Managed | Control::Ours | Control::Free | Control::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(control: Control, value: &str) -> Standing {
        Standing {
            control,
            routes: Routes::from_value(value),
        }
    }

    #[test]
    fn each_browser_gets_the_help_it_can_give() {
        for control in [Control::Other, Control::Managed] {
            assert!(help(control, false).page.is_some());
            assert!(help(control, true).page.is_none());
            assert!(help(control, true).words.is_some());
        }
        for control in [Control::Ours, Control::Free, Control::Missing] {
            assert_eq!(
                help(control, false),
                Help {
                    words: None,
                    page: None
                }
            );
        }
    }

    #[test]
    fn what_is_strict_enough_is_no_loss() {
        let wanted = BrowserProtection::Standard;
        let held = |value| lost(standing(Control::Managed, value), wanted);
        assert_eq!(held("default"), Some("protectionHeld"));
        assert_eq!(
            held("default_public_and_private_interfaces"),
            Some("protectionHeld")
        );
        assert_eq!(held("default_public_interface_only"), None);
        assert_eq!(held("disable_non_proxied_udp"), None);
        let proxied = BrowserProtection::ProxiedOnly;
        let usual = standing(Control::Managed, "default_public_interface_only");
        assert_eq!(lost(usual, proxied), Some("protectionHeld"));
        // Another extension may change its mind at any time.
        let other = standing(Control::Other, "proxy_only");
        assert_eq!(lost(other, wanted), Some("protectionLost"));
        assert_eq!(lost(other, BrowserProtection::Off), None);
    }
}
