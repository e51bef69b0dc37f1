//! The history of counts per site.

use std::rc::Rc;

use super::{State, View, run, tell};
use crate::background::history::{Counts, History};
use crate::change::Change;
use crate::document::host_shown;
use crate::dom::{self, Build, element};
use crate::i18n::{day, number, text};
use crate::page;

/// How many lines are made at first, and added when asked for more.
pub(super) const STEP: usize = 25;

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
    if let Some(rows) = dom::by_id("history-rows") {
        dom::fill(&rows, sites.iter().take(state.history_shown).map(line));
    }
    dom::show("history-more", sites.len() > state.history_shown);
}

fn line((host, counts): &(&str, Counts)) -> Build {
    let name = element("th")
        .attribute("scope", "row")
        .child(element("bdi").text(&host_shown(host)));
    element("tr")
        .child(name)
        .child(element("td").class("figure").text(&number(counts.tried)))
        .child(element("td").class("figure").text(&number(counts.stopped)))
        .child(element("td").text(&day(counts.day)))
}

/// Listens to the history's buttons.
pub(super) fn listen(view: &Rc<View>) {
    let more = Rc::clone(view);
    dom::on("history-more", "click", move |_| {
        more.state.borrow_mut().history_shown += STEP * 4;
        render(&more.state.borrow());
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
}
