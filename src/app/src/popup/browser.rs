//! The default for all sites, and the browser's own setting.

use std::rc::Rc;

use super::{State, View, run};
use crate::background::protection::Control;
use crate::change::Change;
use crate::dom;
use crate::i18n::{text, text_with};
use crate::page;
use crate::standing;

/// Brings both up to date.
pub(super) fn render(state: &State) {
    let effective = &state.effective;
    let default = effective.settings.default_policy();
    dom::choose("default", default.as_str());
    dom::set_text(
        "default-summary",
        &text_with("defaultSummary", &[&page::policy_name(default)]),
    );
    dom::disable("default-policy", effective.locked.default_policy);
    dom::show("default-locked", effective.locked.default_policy);

    let protection = effective.settings.browser_protection();
    dom::choose("protection", protection.as_str());
    let name = page::protection_name(protection);
    dom::set_text(
        "protection-summary",
        &text_with("protectionSummary", &[&name]),
    );
    let locked = effective.locked.browser_protection;
    let fixed = matches!(state.standing.control, Control::Managed | Control::Missing);
    dom::disable("protection", locked || fixed);
    dom::show("protection-locked", locked);
    standing::render(state.standing, protection, locked);
    let lost = standing::lost(state.standing, protection);
    dom::show("lost", lost.is_some());
    dom::set_text("lost-text", &lost.map(text).unwrap_or_default());
}

/// Listens to their controls.
pub(super) fn listen(view: &Rc<View>) {
    standing::listen();
    dom::on_choice(
        "default",
        change_to(view, |policy| Change::Default { policy }),
    );
    dom::on_choice(
        "protection",
        change_to(view, |protection| Change::Protection { protection }),
    );
}

/// Sends the change that a choice stands for.
fn change_to(
    view: &Rc<View>,
    make: impl Fn(String) -> Change + Clone + 'static,
) -> impl Fn(String) + Clone + 'static {
    let view = Rc::clone(view);
    move |value| run(&view, page::change(make(value)))
}
