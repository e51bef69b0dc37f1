//! Where the popup was opened: what the address says at once, and what only a try tells.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{View, refresh, render};
use crate::api;
use crate::page;

/// Where the popup was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a page that Iceveil works on.
    Page,
    /// On a page that was open before Iceveil was.
    Late,
    /// On a page that Iceveil has no access to.
    Withheld,
    /// On a file, and this browser keeps extensions out of files.
    File,
    /// On a page that the browser keeps extensions out of.
    Closed,
    /// Without a page.
    Nowhere,
}

impl Place {
    /// What the scheme of a tab's address tells; without access some browsers give no address.
    pub(super) fn of(tab: Option<u32>, scheme: &str, access: bool) -> Self {
        match (tab, scheme) {
            (None, _) => Self::Nowhere,
            (Some(_), "http:" | "https:" | "file:") => Self::Page,
            (Some(_), "") if !access => Self::Withheld,
            (Some(_), _) => Self::Closed,
        }
    }

    /// What a try in the page tells besides: whether Iceveil's scripts are at work there, `None` if
    /// it can't be tried.
    fn after(tried: Option<bool>, file: bool, access: bool) -> Self {
        match tried {
            Some(true) => Self::Page,
            Some(false) => Self::Late,
            None if !access => Self::Withheld,
            None if file => Self::File,
            None => Self::Closed,
        }
    }

    /// Whether what the page tried can be known.
    pub(super) fn is_guarded(self) -> bool {
        self == Self::Page
    }

    /// Whether a site's policy can be chosen.
    pub(super) fn is_site(self) -> bool {
        matches!(self, Self::Page | Self::Late)
    }

    /// The key of the message that stands instead of a verdict.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::Page => None,
            Self::Late => Some("lateHere"),
            Self::Withheld => Some("notAllowed"),
            Self::File => Some("notOnFiles"),
            Self::Closed => Some("notHere"),
            Self::Nowhere => Some("noTab"),
        }
    }
}

/// Tries, once the popup is there, whether Iceveil is at work on the page.
pub(super) fn look(view: &Rc<View>) {
    let view = Rc::clone(view);
    spawn_local(async move {
        let (tab, file, access) = {
            let state = view.state.borrow();
            let Some(tab) = state.tab.filter(|_| state.place == Place::Page) else {
                return;
            };
            (tab, state.host.is_empty(), state.access)
        };
        let found = Place::after(api::is_guarded(tab).await, file, access);
        view.found.set(Some(found));
        if found != Place::Page {
            view.state.borrow_mut().place = found;
            render(&view);
        }
    });
}

/// Follows the tab to other pages while the popup is open.
pub(super) fn watch(view: &Rc<View>) {
    let view = Rc::clone(view);
    // Where the browser doesn't tell, the popup shows the page that it was opened on.
    let _ = page::on_event("tabs.onUpdated", move |tab: JsValue, change: JsValue| {
        let is_ours = api::to_id(&tab).is_some_and(|tab| view.state.borrow().tab == Some(tab));
        if is_ours && api::text(&change, "status").is_some() {
            let view = Rc::clone(&view);
            spawn_local(async move {
                view.found.set(None);
                refresh(&view).await;
                look(&view);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_where_extensions_may_be() {
        let at = |scheme| Place::of(Some(1), scheme, true);
        assert_eq!(at("https:"), Place::Page);
        assert_eq!(at("chrome:"), Place::Closed);
        assert_eq!(at(""), Place::Closed);
        assert_eq!(Place::of(Some(1), "", false), Place::Withheld);
        assert_eq!(Place::of(None, "", true), Place::Nowhere);
    }

    #[test]
    fn a_try_tells_the_rest() {
        assert_eq!(Place::after(Some(true), false, true), Place::Page);
        assert_eq!(Place::after(Some(false), false, true), Place::Late);
        assert_eq!(Place::after(None, false, true), Place::Closed);
        assert_eq!(Place::after(None, true, true), Place::File);
        assert_eq!(Place::after(None, true, false), Place::Withheld);
    }
}
