//! What this site may do, and for how long.

use std::future::Future;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::place::Place;
use super::{State, View, done, run};
use crate::api;
use crate::change::Change;
use crate::document::host_shown;
use crate::dom;
use crate::i18n::{text, text_with};
use crate::page;
use iceveil_core::policy::Policy;

impl State {
    /// Whether the site's policy ends with the tab.
    pub(super) fn granted(&self) -> bool {
        self.tab
            .is_some_and(|tab| self.grants.policy_for(tab, &self.host).is_some())
    }

    /// What holds for the site.
    pub(super) fn policy(&self) -> Policy {
        self.policy_of(&self.host)
    }

    /// What a site's own policy is in this tab.
    pub(super) fn policy_of(&self, host: &str) -> Policy {
        match self.tab {
            Some(tab) => self.effective.policy_in_tab(host, tab, &self.grants),
            None => self.effective.policy_for(host),
        }
    }

    /// Whether open connections keep another policy than the one that holds now.
    fn wants_reload(&self) -> bool {
        self.record.used().is_some_and(|used| used != self.policy())
    }
}

/// Brings the site's part up to date.
pub(super) fn render(state: &State) {
    let choosable = state.place.is_site() && !state.host.is_empty();
    dom::show("site-part", choosable);
    let policy = state.policy();
    dom::choose("policy", policy.as_str());
    dom::choose("duration", if state.tab_only { "tab" } else { "good" });
    let locked = state.effective.locked.sites;
    dom::disable("site-policy", locked);
    dom::disable("site-duration", locked);

    let rule = state.effective.rule_for(&state.host);
    let granted = state.granted() && !locked;
    let words = if locked {
        text("ruleManaged")
    } else if granted {
        text("ruleTab")
    } else {
        match &rule {
            Some(host) if *host == state.host => text("ruleOwn"),
            Some(host) => text_with("ruleParent", &[&host_shown(host)]),
            None => text("ruleDefault"),
        }
    };
    dom::set_text("rule", &words);
    let own = rule.is_some_and(|host| host == state.host);
    dom::show("follow-default", !locked && (granted || own));

    let helpless = policy == Policy::RelayOnly && state.summary().lacks_relay();
    let guarded = state.place.is_guarded();
    dom::show("no-relay", guarded && choosable && !locked && helpless);
    let late = state.place == Place::Late;
    dom::show("reload", late || (choosable && state.wants_reload()));
    dom::set_text(
        "reload-text",
        &text(if late { "reloadLate" } else { "reloadNeeded" }),
    );
}

/// Listens to the site's controls.
pub(super) fn listen(view: &Rc<View>) {
    let chosen = Rc::clone(view);
    dom::on_choice("policy", move |policy| {
        run(&chosen, choose(&chosen, &policy))
    });
    let lasting = Rc::clone(view);
    dom::on_choice("duration", move |duration| {
        let policy = {
            let mut state = lasting.state.borrow_mut();
            state.tab_only = duration == "tab";
            state.policy()
        };
        run(&lasting, choose(&lasting, policy.as_str()));
    });
    let follow = Rc::clone(view);
    dom::on("follow-default", "click", move |_| follow_default(&follow));
    let public = Rc::clone(view);
    dom::on("relay-public", "click", move |_| {
        public.state.borrow_mut().tab_only = false;
        press(&public, choose(&public, Policy::PublicOnly.as_str()));
    });
    let allow = Rc::clone(view);
    dom::on("relay-tab", "click", move |_| {
        allow.state.borrow_mut().tab_only = true;
        press(&allow, choose(&allow, Policy::Allow.as_str()));
    });
    let reload = Rc::clone(view);
    dom::on("reload-now", "click", move |_| {
        let tab = reload.state.borrow().tab;
        spawn_local(async move {
            if let Some(tab) = tab {
                // A page that can't be reloaded is gone already.
                let _ = api::call("tabs.reload", &[tab.into()]).await;
            }
        });
    });
}

/// Gives the site a policy, for as long as is chosen.
fn choose(view: &Rc<View>, policy: &str) -> impl Future<Output = bool> + use<> {
    let (tab, host, tab_only, granted) = {
        let state = view.state.borrow();
        (
            state.tab,
            state.host.clone(),
            state.tab_only,
            state.granted(),
        )
    };
    let policy = Some(policy.to_owned());
    async move {
        let Some(tab) = tab else { return false };
        if tab_only {
            return page::change(Change::Grant { tab, host, policy }).await;
        }
        let ended = !granted || end_grant(tab, &host).await;
        ended
            && page::change(Change::Site {
                host,
                policy,
                instead: None,
            })
            .await
    }
}

/// Does what a button stands for. The button may go away then: the keyboard goes on with what it changed.
fn press(view: &Rc<View>, work: impl Future<Output = bool> + 'static) {
    let done = done(Rc::clone(view), Box::pin(work));
    spawn_local(async move {
        done.await;
        dom::focus_choice("policy");
    });
}

async fn end_grant(tab: u32, host: &str) -> bool {
    page::change(Change::Grant {
        tab,
        host: host.to_owned(),
        policy: None,
    })
    .await
}

fn follow_default(view: &Rc<View>) {
    let (tab, host, granted, own) = {
        let mut state = view.state.borrow_mut();
        state.tab_only = false;
        let own = state
            .effective
            .rule_for(&state.host)
            .is_some_and(|rule| rule == state.host);
        (state.tab, state.host.clone(), state.granted(), own)
    };
    press(view, async move {
        let ended = match tab {
            Some(tab) if granted => end_grant(tab, &host).await,
            _ => true,
        };
        // Without the tab's policy the site's own rule holds again; a second press removes that.
        if granted || !own {
            return ended;
        }
        page::change(Change::Site {
            host,
            policy: None,
            instead: None,
        })
        .await
    });
}
