//! What the page tried: one folded group for each thing that was asked, newest first.

use std::rc::Rc;

use iceveil_core::ledger::Group;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::View;
use crate::document::host_shown;
use crate::dom::{self, Build, element};
use crate::i18n::{number, text, text_with};
use crate::tab::Entry;
use crate::verdict::{self, Row};

/// How many rows a group shows at first, and adds when asked for more.
const STEP: usize = 40;

/// Brings the groups on the page up to date.
pub(super) fn render(view: &Rc<View>) {
    let Some(parent) = dom::by_id("attempts") else {
        return;
    };
    let state = view.state.borrow();
    let groups = state.record.record.groups();
    dom::show("attempts-none", groups.is_empty());
    dom::show(
        "show-addresses",
        state.entries().any(|entry| is_cut(&entry.row)),
    );
    let shown = if state.addresses {
        "hideAddresses"
    } else {
        "showAddresses"
    };
    dom::set_text("show-addresses", &text(shown));
    dom::set(
        "show-addresses",
        "aria-pressed",
        if state.addresses { "true" } else { "false" },
    );

    let wanted: Vec<String> = groups
        .iter()
        .map(|group| group_id(group.surface.as_str()))
        .collect();
    let present = child_ids(&parent);
    let focused = dom::document().and_then(|document| document.active_element());
    for id in present.iter().filter(|id| !wanted.contains(id)) {
        if let Some(gone) = dom::by_id(id) {
            gone.remove();
        }
    }
    for group in &groups {
        if dom::by_id(&group_id(group.surface.as_str())).is_none() {
            make_group(view, &parent, group.surface.as_str());
        }
    }
    if child_ids(&parent) != wanted {
        for id in &wanted {
            if let Some(child) = dom::by_id(id) {
                let _ = parent.append_child(&child);
            }
        }
        if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = focused.focus();
        }
    }
    for group in &groups {
        let limit = state
            .limits
            .get(group.surface.as_str())
            .copied()
            .unwrap_or(STEP);
        fill_group(group, state.addresses, &state.host, limit);
    }
}

fn group_id(surface: &str) -> String {
    format!("group-{surface}")
}

fn child_ids(parent: &Element) -> Vec<String> {
    let children = parent.child_nodes();
    (0..children.length())
        .filter_map(|index| Some(children.item(index)?.dyn_into::<Element>().ok()?.id()))
        .collect()
}

fn make_group(view: &Rc<View>, parent: &Element, surface: &str) {
    let id = group_id(surface);
    let summary = element("summary")
        .child(element("span").text(&surface_words(surface)))
        .child(
            element("span")
                .class("count")
                .attribute("id", &format!("{id}-count")),
        )
        .child(element("span").attribute("id", &format!("{id}-outcome")));
    let more = element("button")
        .class("link more")
        .attribute("type", "button")
        .attribute("id", &format!("{id}-more"))
        .attribute("hidden", "")
        .text(&text("showMore"));
    let group = element("details")
        .class("group")
        .attribute("id", &id)
        .child(summary)
        .child(
            element("ul")
                .class("rows")
                .attribute("id", &format!("{id}-rows")),
        )
        .child(more);
    dom::append(parent, [group]);
    // Rows of a folded group aren't made before it is opened.
    let opened = Rc::clone(view);
    dom::on(&id, "toggle", move |_| render(&opened));
    let (more, surface) = (Rc::clone(view), surface.to_owned());
    dom::on(&format!("{id}-more"), "click", move |_| {
        *more
            .state
            .borrow_mut()
            .limits
            .entry(surface.clone())
            .or_insert(STEP) += STEP * 5;
        render(&more);
    });
}

fn fill_group(group: &Group<'_>, addresses: bool, site: &str, limit: usize) {
    let id = group_id(group.surface.as_str());
    dom::set_text(
        &format!("{id}-count"),
        &text_with("times", &[&number(group.count)]),
    );
    if let Some(chip) = dom::by_id(&format!("{id}-outcome")) {
        let rows = group.rows.iter().map(|row| Entry::of(row).row);
        let telling = rows.clone().find(verdict::is_got);
        let telling = telling.or_else(|| rows.clone().find(|row| verdict::is_stopped(row.outcome)));
        if let Some(row) = telling.or_else(|| rows.clone().next()) {
            let _ = chip.set_attribute("class", &format!("outcome {}", outcome_class(&row)));
            dom::set_text_of(&chip, &outcome_words(&row));
        }
    }
    let open = dom::by_id(&id).is_some_and(|details| details.has_attribute("open"));
    let Some(list) = dom::by_id(&format!("{id}-rows")) else {
        return;
    };
    let shown = if open { limit } else { 0 };
    let lines = group.rows.iter().take(shown);
    dom::fill(
        &list,
        lines.map(|row| line(&Entry::of(row), addresses, site)),
    );
    dom::show(&format!("{id}-more"), open && group.rows.len() > limit);
}

fn line(entry: &Entry<'_>, addresses: bool, site: &str) -> Build {
    let row = &entry.row;
    let shown = if addresses {
        row.detail.to_owned()
    } else {
        verdict::cut(row.detail, row.class)
    };
    let mut what = element("span").child(element("span").text(&class_words(row)));
    if row.kind != "-" {
        what = what
            .text_after(" ")
            .child(element("span").class("code quiet").text(row.kind));
    }
    let result = element("span")
        .child(
            element("span")
                .class("count")
                .text(&text_with("times", &[&number(row.count)])),
        )
        .text_after(" ")
        .child(
            element("span")
                .class(&format!("outcome {}", outcome_class(row)))
                .text(&outcome_words(row)),
        );
    let mut line = element("li").child(what).child(result);
    if !shown.is_empty() {
        line = line.child(element("bdi").class("code detail").text(&shown));
    }
    if entry.host == site || entry.host.is_empty() {
        line
    } else {
        line.child(
            element("span")
                .class("from quiet")
                .text(&text_with("attemptFrom", &[&host_shown(entry.host)])),
        )
    }
}

/// Whether the person has anything to gain from showing addresses.
fn is_cut(row: &Row<'_>) -> bool {
    !row.detail.is_empty() && verdict::cut(row.detail, row.class) != row.detail
}

fn outcome_class(row: &Row<'_>) -> &'static str {
    if verdict::is_got(row) {
        "got"
    } else if verdict::is_stopped(row.outcome) {
        "stopped"
    } else {
        "plain"
    }
}

fn surface_words(surface: &str) -> String {
    text(match surface {
        "connection" => "surfaceConnection",
        "candidate" => "surfaceCandidate",
        "description" => "surfaceDescription",
        "statistics" => "surfaceStatistics",
        "transport" => "surfaceTransport",
        "error" => "surfaceError",
        "server" => "surfaceServer",
        _ => "surfaceRemote",
    })
}

fn class_words(row: &Row<'_>) -> String {
    text(match (row.surface, row.kind, row.class) {
        ("connection", ..) => "classNone",
        ("server", ..) => "classServer",
        (_, "relay", _) => "classRelay",
        (_, _, "public" | "documentation") => "classPublic",
        (_, _, "private" | "unique-local" | "link-local") => "classLocal",
        (_, _, "cgnat") => "classCarrier",
        (_, _, "loopback") => "classLoopback",
        (_, _, "local-name") => "classLocalName",
        (_, _, "name") => "className",
        _ => "classOther",
    })
}

fn outcome_words(row: &Row<'_>) -> String {
    text(match (row.surface, row.outcome) {
        ("connection", "shown") => "outcomeOpened",
        ("server" | "remote", "shown") => "outcomeUsed",
        (_, "shown") => "outcomeShown",
        (_, "changed") => "outcomeChanged",
        (_, "refused") => "outcomeRefused",
        (_, "removed") => "outcomeRemoved",
        (_, "not-passed") => "outcomeNotPassed",
        _ => "outcomeHidden",
    })
}
