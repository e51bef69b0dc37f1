//! Text for people: every word comes from `_locales`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Array, Function, Intl, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element};

use crate::{api, dom};

thread_local! {
    /// The browser's function for messages, bound; none where it isn't an extension that runs.
    static MESSAGES: Option<Function> = messages();
    /// Messages that were asked for: Firefox takes a while for each.
    static KNOWN: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

fn messages() -> Option<Function> {
    let i18n = api::find("i18n");
    let ask: Function = api::member(&i18n, "getMessage").dyn_into().ok()?;
    Some(ask.bind0(&i18n))
}

/// The message `key` with `$1`, `$2`… filled in.
pub(crate) fn text_with(key: &str, fill: &[&str]) -> String {
    let fill: Array = fill.iter().map(|part| JsValue::from_str(part)).collect();
    MESSAGES
        .with(|ask| {
            ask.as_ref()?
                .call2(&JsValue::UNDEFINED, &key.into(), &fill)
                .ok()
        })
        .and_then(|message| message.as_string())
        .unwrap_or_default()
}

/// The message `key`.
pub(crate) fn text(key: &str) -> String {
    let known = KNOWN.with_borrow(|known| known.get(key).cloned());
    known.unwrap_or_else(|| {
        let text = text_with(key, &[]);
        KNOWN.with_borrow_mut(|known| known.insert(key.to_owned(), text.clone()));
        text
    })
}

/// The message for a number: `key_one`, `key_few`… as the language's plural rules say, with the
/// number as `$1` and `fill` from `$2` on.
pub(crate) fn plural(key: &str, count: u64, fill: &[&str]) -> String {
    let shown = number(count);
    let mut parts = vec![shown.as_str()];
    parts.extend_from_slice(fill);
    let chosen = text_with(&format!("{key}_{}", category(count)), &parts);
    if chosen.is_empty() {
        text_with(&format!("{key}_other"), &parts)
    } else {
        chosen
    }
}

/// What the browser knows of the messages' language, which isn't always its own, made once.
struct Language {
    tag: String,
    plurals: Intl::PluralRules,
    numbers: Intl::NumberFormat,
}

thread_local! {
    static LANGUAGE: Language = Language::new();
}

impl Language {
    fn new() -> Self {
        let tag = text("langTag");
        let tags = Array::of1(&tag.as_str().into());
        Self {
            plurals: Intl::PluralRules::new(&tags, &Object::new()),
            numbers: Intl::NumberFormat::new(&tags, &Object::new()),
            tag,
        }
    }
}

fn language() -> String {
    LANGUAGE.with(|language| language.tag.clone())
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn category(count: u64) -> String {
    let category = LANGUAGE.with(|language| language.plurals.select(count as f64));
    category.as_string().unwrap_or_default()
}

/// A number as the language writes it.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn number(count: u64) -> String {
    let format = LANGUAGE.with(|language| language.numbers.format());
    format
        .call1(&JsValue::UNDEFINED, &JsValue::from_f64(count as f64))
        .ok()
        .and_then(|shown| shown.as_string())
        .unwrap_or_else(|| count.to_string())
}

/// A day, given as days since 1970, as the language writes it.
pub(crate) fn day(days: u32) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(f64::from(days) * 86_400_000.0));
    let options = api::object(&[("dateStyle", "medium".into()), ("timeZone", "UTC".into())]);
    String::from(date.to_locale_date_string(&language(), &options))
}

/// Fills what the page's HTML leaves to the language: the element named `data-text` gets text,
/// `data-label` an accessible name, `data-hint` a placeholder.
pub(crate) fn fill_page(document: &Document) {
    if let Some(root) = document.document_element() {
        let _ = root.set_attribute("lang", &language());
        let _ = root.set_attribute("dir", &text("textDirection"));
    }
    each(document, "data-text", |element, key| {
        element.set_text_content(Some(&text(key)))
    });
    each(document, "data-label", |element, key| {
        let _ = element.set_attribute("aria-label", &text(key));
        let _ = element.set_attribute("title", &text(key));
    });
    each(document, "data-hint", |element, key| {
        let _ = element.set_attribute("placeholder", &text(key));
    });
    dom::describe_choices(document);
}

fn each(document: &Document, attribute: &str, apply: impl Fn(&Element, &str)) {
    let Ok(found) = document.query_selector_all(&format!("[{attribute}]")) else {
        return;
    };
    for index in 0..found.length() {
        let element = found
            .item(index)
            .and_then(|node| node.dyn_into::<Element>().ok());
        if let Some((element, key)) = element.and_then(|element| {
            let key = element.get_attribute(attribute)?;
            Some((element, key))
        }) {
            apply(&element, &key);
        }
    }
}
