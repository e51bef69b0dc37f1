//! Settings out to a file and in from one, with a look at what will change before it does.

use std::rc::Rc;

use iceveil_core::settings::{Change as Difference, Patch, Settings};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlAnchorElement, HtmlElement, HtmlInputElement};

use super::{State, View, run, tell};
use crate::api;
use crate::background::leave_managed;
use crate::change::{Change, Problem};
use crate::document::BROKEN_KEY;
use crate::dom::{self, Build, element};
use crate::i18n::{number, plural, text, text_with};
use crate::page;

/// The largest file that is read, in MB.
const MOST_MEGABYTES: u32 = 8;

/// How many differences are listed.
const MOST_LINES: usize = 200;

/// Listens to the buttons.
pub(super) fn listen(view: &Rc<View>) {
    let export = Rc::clone(view);
    dom::on("export", "click", move |_| {
        let json = export.state.borrow().effective.own.to_pretty_json();
        save_file("iceveil-settings.json", &json);
    });
    dom::on("broken-save", "click", |_| {
        spawn_local(async {
            if let Ok(kept) = api::stored("local", BROKEN_KEY).await {
                save_file("iceveil-broken.json", &kept_as_one(&kept));
            }
        });
    });
    dom::on("import", "click", |_| {
        if let Some(field) = dom::typed::<HtmlElement>("import-file") {
            field.click();
        }
    });
    let chosen = Rc::clone(view);
    dom::on("import-file", "change", move |_| {
        let file = dom::typed::<HtmlInputElement>("import-file").and_then(|field| {
            let file = field.files()?.get(0);
            // The same file can be chosen again once it has been mended.
            field.set_value("");
            file
        });
        if let Some(file) = file {
            import(&chosen, file);
        }
    });
    let reset = Rc::clone(view);
    dom::on("reset", "click", move |_| {
        show_error(None);
        preview(&reset, &Settings::default(), true);
    });
    dom::on("preview-cancel", "click", |_| dismiss());
    dom::on("preview", "keydown", |event| {
        if api::text(event, "key").as_deref() == Some("Escape") {
            dismiss();
        }
    });
    let apply = Rc::clone(view);
    dom::on("preview-apply", "click", move |_| accept(&apply));
}

/// The documents that are kept aside as JSON text: one by itself, several as a list.
fn kept_as_one(kept: &JsValue) -> String {
    let texts: Vec<String> = Array::from(kept)
        .iter()
        .filter_map(|text| text.as_string())
        .collect();
    match texts.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(",")),
    }
}

/// Hands a text to the person as a file.
fn save_file(name: &str, text: &str) {
    let made = || -> Result<(), JsValue> {
        let kind = web_sys::BlobPropertyBag::new();
        kind.set_type("application/json");
        let parts = Array::of1(&text.into());
        let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind)?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link = element("a")
            .attribute("href", &url)
            .attribute("download", name)
            .done();
        if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) {
            link.click();
        }
        Ok(())
    };
    if made().is_err() {
        show_error(Some(&text_with("errorWrite", &[""])));
    }
}

fn import(view: &Rc<View>, file: File) {
    let view = Rc::clone(view);
    spawn_local(async move {
        close();
        match read(&file).await {
            Ok(settings) => {
                show_error(None);
                preview(&view, &settings, false);
            }
            Err(words) => show_error(Some(&text_with("importFailed", &[&words]))),
        }
    });
}

async fn read(file: &File) -> Result<Settings, String> {
    if file.size() > f64::from(MOST_MEGABYTES) * 1e6 {
        return Err(text_with(
            "importTooLarge",
            &[&number(MOST_MEGABYTES.into())],
        ));
    }
    let read = JsFuture::from(file.text())
        .await
        .ok()
        .and_then(|text| text.as_string());
    Settings::parse(&read.unwrap_or_default())
        .map_err(|error| page::problem_words(&Problem::from(&error)))
}

fn differences(state: &State, settings: &Settings) -> Vec<Difference> {
    let own = &state.effective.own;
    let mut patch = Patch::between(own, settings);
    leave_managed(&mut patch, &state.effective.locked);
    patch.changes(own)
}

fn preview(view: &Rc<View>, settings: &Settings, reset: bool) {
    let differences = differences(&view.state.borrow(), settings);
    let any = !differences.is_empty();
    dom::set_text(
        "preview-heading",
        &text(match (reset, any) {
            (false, true) => "importHeading",
            (false, false) => "importNothing",
            (true, true) => "resetHeading",
            (true, false) => "resetNothing",
        }),
    );
    dom::set_text(
        "preview-apply",
        &text(if reset { "resetApply" } else { "importApply" }),
    );
    dom::show("preview-apply", any);
    if let Some(rows) = dom::by_id("preview-rows") {
        dom::fill(&rows, differences.iter().take(MOST_LINES).map(line));
        let more = differences.len().saturating_sub(MOST_LINES) as u64;
        if more > 0 {
            dom::append(
                &rows,
                [element("li").text(&plural("previewMore", more, &[]))],
            );
        }
    }
    view.state.borrow_mut().preview = any.then(|| settings.to_json());
    dom::set(
        "preview",
        "data-from",
        if reset { "reset" } else { "import" },
    );
    dom::show("preview", true);
    dom::focus("preview");
}

fn line(difference: &Difference) -> Build {
    let switch = |on: bool| text(if on { "valueOn" } else { "valueOff" });
    let change = |from: &str, to: &str| text_with("changeFromTo", &[from, to]);
    let turn = |to: bool| change(&switch(!to), &switch(to));
    let (what, result) = match difference {
        Difference::DefaultPolicy { from, to } => (
            text("previewDefault"),
            change(&page::policy_name(*from), &page::policy_name(*to)),
        ),
        Difference::BrowserProtection { from, to } => (
            text("previewProtection"),
            change(&page::protection_name(*from), &page::protection_name(*to)),
        ),
        Difference::History { to } => (text("previewHistory"), turn(*to)),
        Difference::Sync { to } => (text("previewSync"), turn(*to)),
        Difference::Site { host, from, to } => {
            let result = match (from, to) {
                (Some(from), Some(to)) => {
                    change(&page::policy_name(*from), &page::policy_name(*to))
                }
                (None, Some(to)) => text_with("previewAdded", &[&page::policy_name(*to)]),
                (Some(from), None) => text_with("previewRemoved", &[&page::policy_name(*from)]),
                (None, None) => String::new(),
            };
            (host.to_unicode(), result)
        }
    };
    element("li")
        .child(element("bdi").class("host").text(&what))
        .child(element("span").class("quiet").text(&result))
}

fn accept(view: &Rc<View>) {
    let (settings, before) = {
        let mut state = view.state.borrow_mut();
        (state.preview.take(), state.effective.own.to_json())
    };
    let Some(settings) = settings else { return };
    let view = Rc::clone(view);
    run(&Rc::clone(&view), async move {
        let done = page::change(Change::Replace { settings }).await;
        close();
        if done {
            let undo = Change::Replace { settings: before };
            tell(&view, &text("settingsApplied"), Some(undo));
            dom::focus("undo");
        }
        done
    });
}

/// Closes the preview, and brings the keyboard back to the button that opened it.
fn dismiss() {
    let from = dom::by_id("preview").and_then(|preview| preview.get_attribute("data-from"));
    close();
    dom::focus(from.as_deref().unwrap_or("import"));
}

fn close() {
    dom::show("preview", false);
}

fn show_error(words: Option<&str>) {
    dom::show("import-error", words.is_some());
    dom::set_text("import-error", words.unwrap_or_default());
}
