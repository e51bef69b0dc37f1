//! The popup: what this site tried, what became of it, and what it may do.

mod attempts;
mod browser;
mod frames;
mod place;
mod site;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, ApiError};
use crate::background::protection::{self, Standing};
use crate::document::{self, Effective, PROBLEM_KEY, host_shown};
use crate::dom;
use crate::grants::Grants;
use crate::i18n::{fill_page, plural, text, text_with};
use crate::page;
use crate::queue::begin;
use crate::tab::{Entry, TabRecord};
use crate::verdict::{Sentence, State as Verdict, Summary};
use place::Place;

/// What the popup knows.
struct State {
    tab: Option<u32>,
    place: Place,
    host: String,
    effective: Rc<Effective>,
    grants: Grants,
    record: TabRecord,
    standing: Standing,
    access: bool,
    /// Whether addresses are shown whole.
    addresses: bool,
    /// How many rows of a group may be shown.
    limits: BTreeMap<String, usize>,
    /// Whether a choice is meant for this tab only.
    tab_only: bool,
}

impl State {
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.record.entries()
    }

    /// What the page's own site tried; where no site can be told, that too.
    fn summary(&self) -> Summary {
        let own = |entry: &Entry<'_>| entry.host == self.host || entry.host.is_empty();
        Summary::of(self.entries().filter(own).map(|entry| entry.row))
    }

    /// What the documents of other sites tried.
    fn summary_of_others(&self) -> Summary {
        let other = |entry: &Entry<'_>| entry.host != self.host && !entry.host.is_empty();
        Summary::of(self.entries().filter(other).map(|entry| entry.row))
    }
}

/// The popup on its page.
struct View {
    state: RefCell<State>,
    order: page::Order,
    /// What a try in the page has told of it.
    found: Cell<Option<Place>>,
    /// Whether a button is pressed down: what is under it may not move before it comes up.
    pressed: Cell<bool>,
    /// Whether something has changed since then.
    missed: Cell<bool>,
}

/// Fills the popup and keeps it up to date until it closes.
pub(crate) async fn open() -> Result<(), ApiError> {
    let Some(document) = dom::document() else {
        return Ok(());
    };
    fill_page(&document);
    let news = page::News::listen(&["settings", PROBLEM_KEY, "grants"])?;
    let view = Rc::new(View {
        state: RefCell::new(load(true).await?),
        order: page::Order::default(),
        found: Cell::new(None),
        pressed: Cell::new(false),
        missed: Cell::new(false),
    });
    {
        let mut state = view.state.borrow_mut();
        state.tab_only = state.granted();
    }
    render(&view);
    site::listen(&view);
    browser::listen(&view);
    listen(&view);
    place::look(&view);
    place::watch(&view);
    watch(&view)?;
    spawn_local(catch_up(Rc::clone(&view)));
    news.follow(move || {
        let view = Rc::clone(&view);
        spawn_local(async move { refresh(&view).await });
    });
    Ok(())
}

/// Shows what was recorded between the first reading and the watching, and what the settings are if
/// their copy was of another time.
async fn catch_up(view: Rc<View>) {
    if let Ok(effective) = Effective::load().await {
        let same = Rc::ptr_eq(&effective, &view.state.borrow().effective);
        if !same {
            refresh(&view).await;
            document::keep_copy().await;
        }
    }
    let Some(tab) = view.state.borrow().tab else {
        return;
    };
    let Ok(record) = TabRecord::load(tab).await else {
        return;
    };
    let record = record.of_host(&view.state.borrow().host);
    if view.state.borrow().record != record {
        view.state.borrow_mut().record = record;
        render(&view);
    }
}

/// Looks at everything; at the settings' copy, where it is to be `soon`.
async fn load(soon: bool) -> Result<State, ApiError> {
    let effective = begin(Effective::load_or_copy(soon));
    let grants = begin(Grants::load());
    let standing = begin(protection::look());
    let access = begin(has_access());
    let (tab, url) = current_tab().await?;
    let parsed = web_sys::Url::new(&url).ok();
    let scheme = parsed
        .as_ref()
        .map(web_sys::Url::protocol)
        .unwrap_or_default();
    let access = access.await != Some(false);
    let place = Place::of(tab, &scheme, access);
    let host = parsed.filter(|_| place.is_site());
    let host = host.map(|url| url.hostname()).unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_owned();
    let record = match tab {
        Some(tab) => TabRecord::load(tab).await?.of_host(&host),
        None => TabRecord::default(),
    };
    Ok(State {
        tab,
        place,
        host,
        effective: effective.await.unwrap_or(Err(ApiError::Missing))?,
        grants: grants.await.unwrap_or(Err(ApiError::Missing))?,
        record,
        standing: standing.await.unwrap_or(Standing::MISSING),
        access,
        addresses: false,
        limits: BTreeMap::new(),
        tab_only: false,
    })
}

/// The tab that the popup is about: the one in front, or the one that `?tab=` names.
async fn current_tab() -> Result<(Option<u32>, String), ApiError> {
    let query = web_sys::window().and_then(|window| window.location().search().ok());
    let named = query
        .and_then(|query| {
            web_sys::UrlSearchParams::new_with_str(&query)
                .ok()?
                .get("tab")
        })
        .and_then(|tab| tab.parse::<u32>().ok());
    let tab = if let Some(tab) = named {
        api::call("tabs.get", &[tab.into()]).await?
    } else {
        let front = [("active", true.into()), ("currentWindow", true.into())];
        let found = api::call("tabs.query", &[api::object(&front)]).await?;
        js_sys::Array::from(&found).get(0)
    };
    let url = api::text(&tab, "pendingUrl").filter(|url| !url.is_empty());
    let url = api::text(&tab, "url").or(url).unwrap_or_default();
    Ok((api::id(&tab, "id"), url))
}

async fn has_access() -> bool {
    api::call("permissions.contains", &[everywhere()])
        .await
        .is_ok_and(|answer| answer.as_bool() != Some(false))
}

fn everywhere() -> JsValue {
    api::object(&[("origins", js_sys::Array::of1(&"<all_urls>".into()).into())])
}

/// Brings the whole popup up to date.
fn render(view: &Rc<View>) {
    if view.pressed.get() {
        view.missed.set(true);
        return;
    }
    render_head(&view.state.borrow());
    attempts::render(view);
    if view.order.is_settled() {
        site::render(&view.state.borrow());
        browser::render(&view.state.borrow());
        frames::render(view);
    }
}

fn render_head(state: &State) {
    let name = if state.host.is_empty() {
        text("name")
    } else {
        host_shown(&state.host)
    };
    dom::set_text("site", &name);
    let (verdict, words, others) = match state.place.words() {
        Some(key) => (Verdict::Quiet, text(key), None),
        None => {
            let (own, others) = (state.summary(), state.summary_of_others());
            let worst = own.state().max(others.state());
            (worst, sentences(&own), others.as_others())
        }
    };
    dom::set("verdict", "data-state", verdict.as_str());
    dom::set(
        "verdict-glyph",
        "href",
        match verdict {
            Verdict::Quiet => "#still",
            Verdict::Stopped => "#relay-only",
            Verdict::Got => "#eye",
        },
    );
    dom::set_text("verdict-text", &words);
    dom::show("verdict-others", others.is_some());
    let others = others.map(|(key, count)| plural(key, count, &[]));
    dom::set_text("verdict-others", &others.unwrap_or_default());
    dom::show("attempts-part", state.place.is_guarded());
    dom::show("broken", state.effective.broken.is_some());
    dom::show("access", state.place != Place::Nowhere && !state.access);
}

/// A verdict in words.
fn sentences(summary: &Summary) -> String {
    let said: Vec<String> = summary
        .sentences()
        .into_iter()
        .map(|sentence| match sentence {
            Sentence::Plain(key) => text(key),
            Sentence::Counted(key, count) => plural(key, count, &[]),
        })
        .collect();
    match said.as_slice() {
        [one, two] => text_with("verdictJoined", &[one, two]),
        other => other.concat(),
    }
}

/// Holds the page still while a button is pressed: a click whose ends are on different elements is
/// none, and a page that tries again and again moves what is below its verdict.
fn hold_still(view: &Rc<View>) {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    let down = Rc::clone(view);
    dom::listen(&root, "pointerdown", move |_| down.pressed.set(true));
    for end in ["pointerup", "pointercancel", "pointerleave"] {
        let up = Rc::clone(view);
        dom::listen(&root, end, move |_| {
            let up = Rc::clone(&up);
            // The click comes after this event.
            Timeout::new(0, move || {
                up.pressed.set(false);
                if up.missed.replace(false) {
                    render(&up);
                }
            })
            .forget();
        });
    }
}

fn listen(view: &Rc<View>) {
    hold_still(view);
    for button in ["open-options", "broken-options"] {
        dom::on(button, "click", |_| {
            spawn_local(async {
                page::open_options().await;
                close();
            });
        });
    }
    dom::on("grant-access", "click", |_| {
        // Asked at once: the browser wants to see the click.
        if let Ok(asked) = api::call_now("permissions.request", &[everywhere()]) {
            drop(asked);
        }
    });
    let addresses = Rc::clone(view);
    dom::on("show-addresses", "click", move |_| {
        let shown = addresses.state.borrow().addresses;
        addresses.state.borrow_mut().addresses = !shown;
        attempts::render(&addresses);
    });
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
    let Ok(fresh) = load(false).await else { return };
    if !view.order.is_news(turn) {
        return;
    }
    {
        let mut state = view.state.borrow_mut();
        let State {
            addresses,
            tab_only,
            ..
        } = *state;
        let limits = std::mem::take(&mut state.limits);
        let found = view.found.get().filter(|_| fresh.place == Place::Page);
        *state = State {
            addresses,
            tab_only,
            limits,
            place: found.unwrap_or(fresh.place),
            ..fresh
        };
    }
    render(view);
}

/// Follows what the page tries while the popup is open.
fn watch(view: &Rc<View>) -> Result<(), ApiError> {
    let stored = Rc::clone(view);
    page::on_event("storage.onChanged", move |changes: JsValue, _| {
        let Some(tab) = stored.state.borrow().tab else {
            return;
        };
        let record = api::member(&changes, &TabRecord::key(tab));
        if record.is_object() {
            let host = stored.state.borrow().host.clone();
            let record = TabRecord::parse(&api::member(&record, "newValue")).of_host(&host);
            stored.state.borrow_mut().record = record;
            render(&stored);
        }
    })
}

fn close() {
    if let Some(window) = web_sys::window() {
        let _ = window.close();
    }
}
