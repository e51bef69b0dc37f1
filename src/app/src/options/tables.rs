//! The history of counts per site.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

use super::{State, View, refresh, run, tell};
use crate::background::history::{Counts, History};
use crate::change::Change;
use crate::document::host_shown;
use crate::dom::{self, Build, element};
use crate::i18n::{day, number, text, text_with};
use crate::page;

/// How many lines are made at first, and added when asked for more.
pub(super) const STEP: usize = 25;

/// What the id of a line's button begins with.
const CLEAR: &str = "clear:";

/// The sites, the last seen first.
fn sorted(history: &History) -> Vec<(&str, Counts)> {
    let mut sites: Vec<(&str, Counts)> = history
        .0
        .iter()
        .map(|(host, counts)| (host.as_str(), *counts))
        .collect();
    sites.sort_by_key(|(_, counts)| std::cmp::Reverse((counts.day, counts.tried)));
    sites
}

/// Brings the history up to date.
pub(super) fn render(state: &State) {
    let sites = sorted(&state.history);
    dom::show("history-part", !sites.is_empty());
    dom::show(
        "history-none",
        sites.is_empty() && state.effective.settings.history(),
    );
    dom::show("history-more", sites.len() > state.history_shown);
    let Some(rows) = dom::by_id("history-rows") else {
        return;
    };
    // Made anew only when there are other lines, so that the keyboard stays where it is.
    let shown = || sites.iter().take(state.history_shown);
    let signature = shown().fold(String::new(), |all, (host, counts)| {
        format!(
            "{all} {host}={},{},{}",
            counts.tried, counts.stopped, counts.day
        )
    });
    if rows.get_attribute("data-of").as_deref() != Some(signature.as_str()) {
        let focused = dom::focused_id();
        let _ = rows.set_attribute("data-of", &signature);
        dom::fill(&rows, shown().map(line));
        if focused.starts_with(CLEAR) {
            dom::focus(&focused);
        }
    }
}

fn line((host, counts): &(&str, Counts)) -> Build {
    let shown = host_shown(host);
    let name = element("th")
        .attribute("scope", "row")
        .child(element("bdi").text(&shown));
    let clear = element("button")
        .class("link")
        .attribute("type", "button")
        .attribute("id", &format!("{CLEAR}{host}"))
        .attribute("aria-label", &text_with("historyForgetNamed", &[&shown]))
        .text(&text("historyForget"));
    element("tr")
        .child(name)
        .child(element("td").class("figure").text(&number(counts.tried)))
        .child(element("td").class("figure").text(&number(counts.stopped)))
        .child(element("td").text(&day(counts.day)))
        .child(element("td").child(clear))
}

/// Listens to the history's buttons.
pub(super) fn listen(view: &Rc<View>) {
    let more = Rc::clone(view);
    dom::on("history-more", "click", move |_| {
        more.state.borrow_mut().history_shown += STEP * 4;
        render(&more.state.borrow());
    });
    let one = Rc::clone(view);
    dom::on("history-rows", "click", move |event| {
        let button = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let id = button.map(|button| button.id()).unwrap_or_default();
        if let Some(host) = id.strip_prefix(CLEAR) {
            forget(&one, host.to_owned());
        }
    });
    let clear = Rc::clone(view);
    dom::on("history-clear", "click", move |_| {
        let view = Rc::clone(&clear);
        run(&clear, async move {
            let cleared = page::change(Change::ClearHistory).await;
            if cleared {
                tell(&view, &text("historyCleared"), None);
                dom::focus("history-on");
            }
            cleared
        });
    });
}

/// Forgets one site's counts; the keyboard goes on with the next line.
fn forget(view: &Rc<View>, host: String) {
    let next = next_to(&sorted(&view.state.borrow().history), &host)
        .map_or("history-on".to_owned(), |next| format!("{CLEAR}{next}"));
    let view = Rc::clone(view);
    spawn_local(async move {
        let words = text_with("historyForgotten", &[&host_shown(&host)]);
        let done = page::change(Change::ForgetCounts { host }).await;
        refresh(&view).await;
        if done {
            tell(&view, &words, None);
            dom::focus(&next);
        }
    });
}

/// The site after this one, or the one before it.
fn next_to<'a>(sites: &[(&'a str, Counts)], host: &str) -> Option<&'a str> {
    let place = sites.iter().position(|(name, _)| *name == host)?;
    let next = sites
        .get(place + 1)
        .or_else(|| sites.get(place.checked_sub(1)?));
    next.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_seen_site_comes_first() {
        let counts = |day, tried| Counts {
            tried,
            stopped: 0,
            day,
        };
        let history = History(
            [
                ("a.example", counts(1, 9)),
                ("b.example", counts(2, 1)),
                ("c.example", counts(2, 5)),
            ]
            .into_iter()
            .map(|(host, counts)| (host.to_owned(), counts))
            .collect(),
        );
        let order: Vec<&str> = sorted(&history).into_iter().map(|(host, _)| host).collect();
        assert_eq!(order, ["c.example", "b.example", "a.example"]);
    }

    #[test]
    fn the_keyboard_goes_on_beside_what_is_forgotten() {
        let sites = ["a.example", "b.example"].map(|host| (host, Counts::default()));
        assert_eq!(next_to(&sites, "a.example"), Some("b.example"));
        assert_eq!(next_to(&sites, "b.example"), Some("a.example"));
        assert_eq!(next_to(&sites[..1], "a.example"), None);
        assert_eq!(next_to(&sites, "c.example"), None);
    }
}
