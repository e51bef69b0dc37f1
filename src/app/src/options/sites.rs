//! The list of sites with a rule of their own.

use std::rc::Rc;

use iceveil_core::host::{Host, HostPattern};
use iceveil_core::policy::Policy;
use iceveil_core::settings::Settings;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

use super::{State, View, refresh, render as render_page, run, tell};
use crate::change::Change;
use crate::document::host_shown;
use crate::dom::{self, Build, element};
use crate::i18n::{plural, text, text_with};
use crate::page;

/// How many lines are made at first, and added when asked for more.
const STEP: usize = 100;

/// What the ids of a line's controls begin with.
const SITE: &str = "site:";
const EDIT: &str = "edit:";
const REMOVE: &str = "remove:";

/// What the list shows.
#[derive(Debug)]
pub(super) struct List {
    search: String,
    shown: usize,
    /// The host whose rule is being edited.
    editing: Option<String>,
}

impl Default for List {
    fn default() -> Self {
        Self {
            search: String::new(),
            shown: STEP,
            editing: None,
        }
    }
}

/// The rules that fit a search, by either form of the name.
fn found<'a>(
    sites: impl IntoIterator<Item = (&'a Host, &'a Policy)>,
    search: &str,
) -> Vec<(&'a Host, Policy)> {
    let search = search.trim().to_lowercase();
    sites
        .into_iter()
        .filter(|(host, _)| fits(host, &search))
        .map(|(host, policy)| (host, *policy))
        .collect()
}

fn fits(host: &Host, search: &str) -> bool {
    host.as_str().contains(search)
        || (host.as_str().contains("xn--") && host.to_unicode().contains(search))
}

/// Brings the list up to date.
pub(super) fn render(state: &State) {
    let locked = state.effective.locked.sites;
    dom::show("sites-locked", locked);
    dom::show("site-form", !locked);
    let sites = state.effective.settings.sites();
    let sought = dom::focused_id() == "site-search";
    dom::show("site-find", sites.len() > 1);
    if sought && sites.len() < 2 {
        dom::focus("site-host");
    }
    dom::show("sites-none", sites.is_empty());
    let found = found(sites, &state.list.search);
    let count = match found.len() {
        0 => text("sitesUnfound"),
        count => plural("sitesCount", count as u64, &[]),
    };
    dom::set_text("site-count", &count);
    let Some(list) = dom::by_id("sites") else {
        return;
    };
    let shown = || found.iter().take(state.list.shown);
    // The lines are made anew only when there are others, so that the keyboard stays where it is.
    let signature = shown().fold(format!("{locked}"), |all, (host, policy)| {
        format!("{all} {host}={}", policy.as_str())
    });
    if list.get_attribute("data-of").as_deref() != Some(signature.as_str()) {
        let focused = dom::focused_id();
        let _ = list.set_attribute("data-of", &signature);
        dom::fill(
            &list,
            shown().map(|(host, policy)| line(host, *policy, locked)),
        );
        if [SITE, EDIT, REMOVE]
            .iter()
            .any(|kind| focused.starts_with(kind))
        {
            dom::focus(&focused);
        }
    }
    dom::show("sites-more", found.len() > state.list.shown);
    dom::set_text(
        "site-save",
        &text(match state.list.editing {
            Some(_) => "siteSave",
            None => "siteAdd",
        }),
    );
    dom::show("site-cancel", state.list.editing.is_some());
}

fn line(host: &Host, policy: Policy, locked: bool) -> Build {
    let (ascii, shown) = (host.as_str(), host.to_unicode());
    let mut name = element("div")
        .class("host")
        .child(element("bdi").text(&shown));
    if shown != ascii {
        name = name.child(element("small").class("code").text(ascii));
    }
    let mut select = element("select")
        .attribute("id", &format!("{SITE}{ascii}"))
        .attribute("aria-label", &text_with("framePolicy", &[&shown]));
    for choice in Policy::ALL {
        let option = element("option")
            .attribute("value", choice.as_str())
            .text(&page::policy_name(choice));
        let chosen = choice == policy;
        select = select.child(if chosen {
            option.attribute("selected", "")
        } else {
            option
        });
    }
    let line = element("li").attribute("data-host", ascii).child(name);
    if locked {
        return line.child(select.attribute("disabled", ""));
    }
    let button = |action: &str, id: &str, key: &str, label: &str| {
        element("button")
            .attribute("type", "button")
            .attribute("id", &format!("{id}{ascii}"))
            .attribute("data-action", action)
            .attribute("aria-label", &text_with(label, &[&shown]))
            .text(&text(key))
    };
    line.child(select)
        .child(button("edit", EDIT, "siteEdit", "siteEditNamed"))
        .child(button("remove", REMOVE, "siteRemove", "siteRemoveNamed"))
}

/// Listens to the list and to the form above it.
pub(super) fn listen(view: &Rc<View>) {
    let search = Rc::clone(view);
    dom::on("site-search", "input", move |_| {
        {
            let list = &mut search.state.borrow_mut().list;
            list.search = dom::value("site-search");
            list.shown = STEP;
        }
        render(&search.state.borrow());
    });
    let more = Rc::clone(view);
    dom::on("sites-more", "click", move |_| {
        more.state.borrow_mut().list.shown += STEP * 5;
        render(&more.state.borrow());
    });
    let changed = Rc::clone(view);
    dom::on("sites", "change", move |event| {
        let Some((target, host)) = target_in_line(event) else {
            return;
        };
        let policy = Some(dom::value(&target.id()));
        run(
            &changed,
            page::change(Change::Site {
                host,
                policy,
                instead: None,
            }),
        );
    });
    let clicked = Rc::clone(view);
    dom::on("sites", "click", move |event| {
        let Some((target, host)) = target_in_line(event) else {
            return;
        };
        match target.get_attribute("data-action").as_deref() {
            Some("edit") => edit(&clicked, &host),
            Some("remove") => remove(&clicked, host),
            _ => {}
        }
    });
    let saved = Rc::clone(view);
    dom::on("site-form", "submit", move |event| {
        event.prevent_default();
        save(&saved);
    });
    let cancelled = Rc::clone(view);
    dom::on("site-cancel", "click", move |_| stop_editing(&cancelled));
    dom::on("site-host", "input", |_| show_error(None));
    dom::set_value("site-policy", Policy::Allow.as_str());
}

fn target_in_line(event: &Event) -> Option<(HtmlElement, String)> {
    let target = event.target()?.dyn_into::<HtmlElement>().ok()?;
    let host = target
        .closest("[data-host]")
        .ok()??
        .get_attribute("data-host")?;
    Some((target, host))
}

fn edit(view: &Rc<View>, host: &str) {
    let policy = view.state.borrow().effective.policy_for(host);
    view.state.borrow_mut().list.editing = Some(host.to_owned());
    dom::set_value("site-host", &host_shown(host));
    dom::set_value("site-policy", policy.as_str());
    render_page(view);
    dom::focus("site-host");
}

/// Empties the form. The keyboard goes back to the line that was edited, if one was.
fn stop_editing(view: &Rc<View>) {
    let editing = view.state.borrow_mut().list.editing.take();
    dom::set_value("site-host", "");
    show_error(None);
    render_page(view);
    let line = editing.map(|host| format!("{EDIT}{host}"));
    match line.filter(|line| dom::by_id(line).is_some()) {
        Some(line) => dom::focus(&line),
        None => dom::focus("site-host"),
    }
}

fn remove(view: &Rc<View>, host: String) {
    let policy = Some(
        view.state
            .borrow()
            .effective
            .policy_for(&host)
            .as_str()
            .to_owned(),
    );
    let view = Rc::clone(view);
    let undo = Change::Site {
        host: host.clone(),
        policy,
        instead: None,
    };
    run(&Rc::clone(&view), async move {
        let words = text_with("siteRemoved", &[&host_shown(&host)]);
        let removed = page::change(Change::Site {
            host,
            policy: None,
            instead: None,
        })
        .await;
        if removed {
            refresh(&view).await;
            tell(&view, &words, Some(undo));
            dom::focus("undo");
        }
        removed
    });
}

fn save(view: &Rc<View>) {
    let typed = dom::value("site-host");
    let Ok(pattern) = HostPattern::parse(&typed) else {
        show_error(Some(&text_with("errorSite", &[typed.trim()])));
        dom::focus("site-host");
        return;
    };
    let host = pattern.host().as_str().to_owned();
    let policy = Some(dom::value("site-policy"));
    let instead = view.state.borrow().list.editing.clone();
    let editing = instead.clone();
    let view = Rc::clone(view);
    run(&Rc::clone(&view), async move {
        let undo = undo_of(
            &view.state.borrow().effective.own,
            &host,
            policy.as_deref(),
            instead.as_deref(),
        );
        let saved = page::change(Change::Site {
            host: host.clone(),
            policy,
            instead,
        })
        .await;
        if saved {
            // What was typed or chosen meanwhile stays.
            let same = view.state.borrow().list.editing == editing;
            if same {
                show_saved(&view, &host);
            }
            refresh(&view).await;
            if same && dom::value("site-host") == typed {
                stop_editing(&view);
            } else if same {
                view.state.borrow_mut().list.editing = None;
                render_page(&view);
            }
            if undo.is_some() {
                tell(&view, &text_with("siteSaved", &[&host_shown(&host)]), undo);
            }
        }
        saved
    });
}

/// What takes back that a rule is saved in place of another; `None` where none goes for it.
fn undo_of(
    own: &Settings,
    host: &str,
    policy: Option<&str>,
    instead: Option<&str>,
) -> Option<Change> {
    let of = |host: &str| own.sites().get(host).map(|policy| policy.as_str());
    let site = |host: &str, policy: &str, instead: Option<&str>| Change::Site {
        host: host.to_owned(),
        policy: Some(policy.to_owned()),
        instead: instead.map(str::to_owned),
    };
    let instead = instead.filter(|instead| *instead != host);
    match (of(host), instead.map(|instead| (instead, of(instead)))) {
        (None, Some((instead, Some(before)))) => Some(site(instead, before, Some(host))),
        (Some(_), Some((_, Some(_)))) => Some(Change::Replace {
            settings: own.to_json(),
        }),
        (Some(before), _) if policy != Some(before) => Some(site(host, before, None)),
        _ => None,
    }
}

/// Has the list show the rule that was just saved.
fn show_saved(view: &Rc<View>, host: &str) {
    let list = &mut view.state.borrow_mut().list;
    if list.editing.is_some() {
        list.editing = Some(host.to_owned());
    }
    let shown = Host::parse(host).is_ok_and(|host| fits(&host, &list.search.trim().to_lowercase()));
    if !shown {
        list.search.clear();
        dom::set_value("site-search", "");
    }
}

fn show_error(words: Option<&str>) {
    dom::show("site-error", words.is_some());
    dom::set_text("site-error", words.unwrap_or_default());
    let field: Option<Element> = dom::by_id("site-host");
    if let Some(field) = field {
        let _ = field.set_attribute(
            "aria-invalid",
            if words.is_some() { "true" } else { "false" },
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_rule_that_goes_for_another_can_be_brought_back() {
        let own =
            Settings::parse(r#"{"version":1,"sites":{"a.example":"allow","b.example":"block"}}"#)
                .unwrap();
        let site = |host: &str, policy: &str, instead: Option<&str>| {
            Some(Change::Site {
                host: host.to_owned(),
                policy: Some(policy.to_owned()),
                instead: instead.map(str::to_owned),
            })
        };
        let undo = |host, policy, instead| undo_of(&own, host, Some(policy), instead);
        assert_eq!(undo("new.example", "allow", None), None);
        assert_eq!(undo("a.example", "allow", None), None);
        assert_eq!(undo("a.example", "allow", Some("a.example")), None);
        let overwritten = undo("a.example", "block", None);
        assert_eq!(overwritten, site("a.example", "allow", None));
        let renamed = undo("c.example", "block", Some("a.example"));
        assert_eq!(renamed, site("a.example", "allow", Some("c.example")));
        let both = undo("b.example", "allow", Some("a.example"));
        assert!(matches!(both, Some(Change::Replace { .. })));
    }

    #[test]
    fn a_search_finds_either_form_of_a_name() {
        let settings = Settings::parse(
            r#"{"version":1,"sites":{"münchen.example":"allow","meet.example":"block"}}"#,
        )
        .unwrap();
        let names = |search| {
            let found = found(settings.sites(), search);
            found
                .into_iter()
                .map(|(host, _)| host.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("Münch"), ["xn--mnchen-3ya.example"]);
        assert_eq!(names("xn--"), ["xn--mnchen-3ya.example"]);
        assert_eq!(names(" MEET "), ["meet.example"]);
        assert_eq!(names("").len(), 2);
        assert!(names("nowhere").is_empty());
    }
}
