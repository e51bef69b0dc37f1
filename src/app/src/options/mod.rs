//! The options page.

mod backup;
mod sites;
mod tables;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use iceveil_core::settings::BrowserProtection;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, ApiError};
use crate::background::history::History;
use crate::background::protection::{self, Control, Standing};
use crate::change::Change;
use crate::document::{
    Effective, HISTORY_KEY, PROBLEM_KEY, SITUATION_KEY, SYNC_BUSY, SYNC_PROBLEM_KEY,
};
use crate::dom;
use crate::i18n::{fill_page, text, text_with};
use crate::page;
use crate::standing;

/// What the page knows.
struct State {
    effective: Rc<Effective>,
    standing: Standing,
    history: History,
    situation: Option<String>,
    sync_problem: Option<String>,
    /// What the list of sites shows.
    list: sites::List,
    /// How many lines of the history are shown.
    history_shown: usize,
    /// The document that waits for the person's word.
    preview: Option<String>,
    /// What takes the last change back.
    undo: Option<Change>,
}

/// The page.
struct View {
    state: RefCell<State>,
    order: page::Order,
}

/// Fills the page and keeps it up to date.
pub(crate) async fn open() -> Result<(), ApiError> {
    let Some(document) = dom::document() else {
        return Ok(());
    };
    fill_page(&document);
    let news = page::News::listen(&["settings", PROBLEM_KEY, HISTORY_KEY, SYNC_PROBLEM_KEY])?;
    let view = Rc::new(View {
        state: RefCell::new(load().await?),
        order: page::Order::default(),
    });
    render(&view);
    listen(&view);
    sites::listen(&view);
    standing::listen();
    backup::listen(&view);
    tables::listen(&view);
    news.follow(move || {
        let view = Rc::clone(&view);
        spawn_local(async move { refresh(&view).await });
    });
    Ok(())
}

async fn load() -> Result<State, ApiError> {
    Ok(State {
        effective: Effective::load().await?,
        standing: protection::look().await,
        history: History::load().await.unwrap_or_default(),
        situation: api::stored("local", SITUATION_KEY).await?.as_string(),
        sync_problem: api::stored("local", SYNC_PROBLEM_KEY).await?.as_string(),
        list: sites::List::default(),
        history_shown: tables::STEP,
        preview: None,
        undo: None,
    })
}

fn render(view: &Rc<View>) {
    let state = view.state.borrow();
    render_notices(&state);
    if view.order.is_settled() {
        render_choices(&state);
    }
    sites::render(&state);
    tables::render(&state);
}

fn render_notices(state: &State) {
    let effective = &state.effective;
    dom::show("broken", effective.broken.is_some());
    let broken = effective.broken.as_ref().map(page::problem_words);
    dom::set_text(
        "broken-text",
        &broken
            .map(|words| text_with("brokenLong", &[&words]))
            .unwrap_or_default(),
    );
    dom::show("managed", effective.locked.any());
    let words = match &effective.managed_broken {
        Some(problem) => text_with("managedBroken", &[&page::problem_words(problem)]),
        None => text("managedNotice"),
    };
    dom::set_text("managed-text", &words);
}

fn render_choices(state: &State) {
    let (settings, locked) = (&state.effective.settings, state.effective.locked);
    dom::choose("default", settings.default_policy().as_str());
    lock("default-policy", "default-locked", locked.default_policy);

    let protection = settings.browser_protection();
    dom::choose(
        "situation",
        situation_of(protection, state.situation.as_deref()),
    );
    lock("protection", "protection-locked", locked.browser_protection);
    if matches!(state.standing.control, Control::Managed | Control::Missing) {
        dom::disable("protection", true);
    }
    standing::render(state.standing, protection, locked.browser_protection);

    dom::set_checked("history-on", settings.history());
    lock("history-field", "history-locked", locked.history);
    dom::set_checked("sync-on", settings.sync());
    lock("sync-field", "sync-locked", locked.sync);
    let problem = state.sync_problem.as_deref().filter(|_| settings.sync());
    dom::show("sync-error", problem.is_some());
    dom::set_text(
        "sync-error",
        &match problem {
            None => String::new(),
            Some("") => text("syncFull"),
            Some(SYNC_BUSY) => text("syncBusy"),
            Some(words) => text_with("syncFailed", &[words]),
        },
    );
}

fn lock(field: &str, note: &str, locked: bool) {
    dom::disable(field, locked);
    dom::show(note, locked);
}

/// Which situation a protection fits; two fit the standard one.
pub(crate) fn situation_of(protection: BrowserProtection, said: Option<&str>) -> &'static str {
    match protection {
        BrowserProtection::ProxiedOnly => "proxy",
        BrowserProtection::Off => "off",
        BrowserProtection::Standard if said == Some("neither") => "neither",
        BrowserProtection::Standard => "vpn",
    }
}

/// The protection that fits a situation.
pub(crate) fn protection_for(situation: &str) -> BrowserProtection {
    match situation {
        "proxy" => BrowserProtection::ProxiedOnly,
        "off" => BrowserProtection::Off,
        _ => BrowserProtection::Standard,
    }
}

/// Changes the protection to what fits a situation, and remembers which it was.
pub(crate) async fn choose_situation(situation: String) -> bool {
    let protection = protection_for(&situation).as_str().to_owned();
    let changed = page::change(Change::Protection { protection }).await;
    if changed {
        // Only which of two buttons is marked depends on it.
        let _ = api::store("local", SITUATION_KEY, &situation.as_str().into()).await;
    }
    changed
}

fn listen(view: &Rc<View>) {
    let default = Rc::clone(view);
    dom::on_choice("default", move |policy| {
        run(&default, page::change(Change::Default { policy }))
    });
    let situation = Rc::clone(view);
    dom::on_choice("situation", move |value| {
        run(&situation, choose_situation(value))
    });
    let history = Rc::clone(view);
    dom::on("history-on", "change", move |_| {
        run(
            &history,
            page::change(Change::History {
                on: dom::is_checked("history-on"),
            }),
        );
    });
    let sync = Rc::clone(view);
    dom::on("sync-on", "change", move |_| {
        run(
            &sync,
            page::change(Change::Sync {
                on: dom::is_checked("sync-on"),
            }),
        );
    });
    let discard = Rc::clone(view);
    dom::on("broken-discard", "click", move |_| {
        let discard = Rc::clone(&discard);
        spawn_local(async move {
            page::change(Change::DiscardBroken).await;
            refresh(&discard).await;
            // The button has gone.
            dom::focus_choice("default");
        });
    });
    let close = Rc::clone(view);
    dom::on("toast-close", "click", move |_| {
        let _ = put_away(&close);
    });
    let escape = Rc::clone(view);
    dom::on("toast", "keydown", move |event| {
        if api::text(event, "key").as_deref() == Some("Escape") {
            let _ = put_away(&escape);
        }
    });
    let undo = Rc::clone(view);
    dom::on("undo", "click", move |_| {
        if let Some(change) = put_away(&undo) {
            run(&undo, page::change(change));
        }
    });
}

/// Says what was done, and offers to take it back.
fn tell(view: &Rc<View>, words: &str, undo: Option<Change>) {
    dom::show("toast", true);
    dom::set_text("toast-text", words);
    dom::show("undo", undo.is_some());
    view.state.borrow_mut().undo = undo;
}

/// Ends what [`tell`] said; what it offered to do is the caller's.
fn put_away(view: &Rc<View>) -> Option<Change> {
    dom::show("toast", false);
    dom::focus("site-search");
    if dom::focused_id() != "site-search" {
        // With few sites there is no search.
        dom::focus("site-host");
    }
    view.state.borrow_mut().undo.take()
}

/// Does something that changes settings, and shows the settings as they are then.
fn run(view: &Rc<View>, work: impl Future<Output = bool> + 'static) {
    spawn_local(done(Rc::clone(view), Box::pin(work)));
}

async fn done(view: Rc<View>, work: page::Work) {
    view.order.change(work).await;
    // The controls go back to what holds, should it have failed.
    refresh(&view).await;
}

async fn refresh(view: &Rc<View>) {
    let turn = view.order.begin();
    let Ok(fresh) = load().await else { return };
    if !view.order.is_news(turn) {
        return;
    }
    {
        let mut state = view.state.borrow_mut();
        let list = std::mem::take(&mut state.list);
        let (preview, undo) = (state.preview.take(), state.undo.take());
        let history_shown = state.history_shown;
        *state = State {
            list,
            preview,
            undo,
            history_shown,
            ..fresh
        };
    }
    render(view);
}
