//! Other sites' documents on the page, each with its own switch.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};

use super::{State, View, run, sentences};
use crate::change::Change;
use crate::document::host_shown;
use crate::dom::{self, Build, element};
use crate::i18n::{text, text_with};
use crate::page;
use crate::verdict::Summary;
use iceveil_core::policy::Policy;

/// How many sites are listed: a page can hold thousands.
const MOST: usize = 50;

/// Brings the list up to date.
pub(super) fn render(view: &Rc<View>) {
    let Some(list) = dom::by_id("frames") else {
        return;
    };
    let state = view.state.borrow();
    let sites = other_sites(&state);
    dom::show("frames-part", state.place.is_guarded() && !sites.is_empty());
    // The list is made anew only when it has other lines, so that the keyboard stays where it is.
    let signature = signature(&state, &sites);
    if list.get_attribute("data-of").as_deref() != Some(signature.as_str()) {
        let _ = list.set_attribute("data-of", &signature);
        let focused = dom::focused_id();
        let lines = sites
            .iter()
            .enumerate()
            .map(|(index, (host, _))| line(&state, index, host));
        dom::fill(&list, lines);
        for (index, (host, _)) in sites.iter().enumerate() {
            listen(view, index, host);
        }
        if focused.starts_with("frame-") {
            dom::focus(&focused);
        }
    }
    for (index, (host, summary)) in sites.iter().enumerate() {
        dom::set_text(&format!("frame-{index}-verdict"), &sentences(summary));
        let note = note(&state, host, summary);
        dom::show(&format!("frame-{index}-note"), note.is_some());
        dom::set_text(&format!("frame-{index}-note"), &note.unwrap_or_default());
    }
}

/// What the switch beside a site doesn't say: that the page's policy is stricter, or that its calls
/// can't connect.
fn note(state: &State, host: &str, summary: &Summary) -> Option<String> {
    let own = state.policy_of(host);
    let holds = Policy::strictest(own, state.policy());
    if holds != own {
        return Some(text_with("frameStricter", &[&page::policy_name(holds)]));
    }
    (holds == Policy::RelayOnly && summary.lacks_relay()).then(|| text("frameNoRelay"))
}

fn other_sites(state: &State) -> Vec<(String, Summary)> {
    let mut rows: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for entry in state
        .entries()
        .filter(|entry| !entry.host.is_empty() && entry.host != state.host)
    {
        rows.entry(entry.host).or_default().push(entry.row);
    }
    let mut sites: Vec<(String, Summary)> = rows
        .into_iter()
        .map(|(host, rows)| (host.to_owned(), Summary::of(rows)))
        .collect();
    sites.sort_by_key(|(_, summary)| std::cmp::Reverse(summary.tried()));
    sites.truncate(MOST);
    // Steady under updates, whoever tries more.
    sites.sort_by(|one, other| one.0.cmp(&other.0));
    sites
}

fn signature(state: &State, sites: &[(String, Summary)]) -> String {
    let default = state.effective.settings.default_policy().as_str();
    sites.iter().fold(default.to_owned(), |all, (host, _)| {
        format!(
            "{all} {host}={}",
            own_rule(state, host).map_or("", Policy::as_str)
        )
    })
}

fn own_rule(state: &State, host: &str) -> Option<Policy> {
    state
        .effective
        .rule_for(host)
        .filter(|rule| rule == host)
        .map(|_| state.effective.policy_for(host))
}

fn line(state: &State, index: usize, host: &str) -> Build {
    let shown = host_shown(host);
    let own = own_rule(state, host);
    let inherited = page::policy_name(state.effective.policy_without(host));
    let mut select = element("select")
        .attribute("id", &format!("frame-{index}"))
        .attribute("aria-label", &text_with("framePolicy", &[&shown]))
        .child(option(
            "",
            &text_with("frameDefault", &[&inherited]),
            own.is_none(),
        ));
    if state.effective.locked.sites {
        select = select.attribute("disabled", "");
    }
    for policy in Policy::ALL {
        let name = page::policy_name(policy);
        select = select.child(option(policy.as_str(), &name, own == Some(policy)));
    }
    let name = element("div")
        .child(element("bdi").class("host").text(&shown))
        .child(
            element("div")
                .class("quiet")
                .attribute("id", &format!("frame-{index}-verdict")),
        )
        .child(
            element("div")
                .class("note")
                .attribute("id", &format!("frame-{index}-note")),
        );
    element("li").class("frame").child(name).child(select)
}

fn option(value: &str, name: &str, chosen: bool) -> Build {
    let option = element("option").attribute("value", value).text(name);
    if chosen {
        option.attribute("selected", "")
    } else {
        option
    }
}

fn listen(view: &Rc<View>, index: usize, host: &str) {
    let (view, host) = (Rc::clone(view), host.to_owned());
    dom::on(&format!("frame-{index}"), "change", move |event: &Event| {
        let select = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        let Some(select) = select else { return };
        let policy = Some(select.value()).filter(|policy| !policy.is_empty());
        run(
            &view,
            page::change(Change::Site {
                host: host.clone(),
                policy,
                instead: None,
            }),
        );
    });
}
