//! The browser's extension API, called by name: `browser` where there is one, else `chrome`.
//!
//! Both give promises under Manifest V3, so that one small face serves both; what a browser
//! doesn't have is an error like any other, never a panic.

use std::fmt;

use gloo::timers::callback::Timeout;
use js_sys::{Array, Function, JSON, Map, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Why a call to the browser did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The browser doesn't have this function.
    Missing,
    /// The storage area is full.
    Quota,
    /// The browser takes no more changes for its sync before a minute is over.
    Busy,
    /// The browser's own words.
    Failed(String),
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("not in this browser"),
            Self::Quota => formatter.write_str("quota exceeded"),
            Self::Busy => formatter.write_str("too many changes"),
            Self::Failed(words) => formatter.write_str(words),
        }
    }
}

impl From<JsValue> for ApiError {
    fn from(error: JsValue) -> Self {
        let words = text(&error, "message")
            .or_else(|| error.as_string())
            .unwrap_or_default();
        if words.contains("MAX_WRITE_OPERATIONS") {
            Self::Busy
        } else if words.to_ascii_lowercase().contains("quota") {
            Self::Quota
        } else {
            Self::Failed(words)
        }
    }
}

fn root() -> JsValue {
    let global = js_sys::global();
    let browser = member(&global, "browser");
    // Chromium has a `browser` object in some versions, without the extension API.
    if member(&browser, "runtime").is_object() {
        browser
    } else {
        member(&global, "chrome")
    }
}

/// Whether this is Firefox, whose proxy policy has another name.
pub(crate) fn is_firefox() -> bool {
    member(&find("runtime"), "getBrowserInfo").is_function()
}

/// A member of `object`, `undefined` where there is none.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    if !object.is_object() && !object.is_function() {
        return JsValue::UNDEFINED;
    }
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A member that is a string.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}

/// A value that is an id: a whole number from 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked before"
)]
pub(crate) fn to_id(value: &JsValue) -> Option<u32> {
    let number = value.as_f64()?;
    let is_id = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
    is_id.then_some(number as u32)
}

/// A member that is an id.
pub(crate) fn id(object: &JsValue, name: &str) -> Option<u32> {
    to_id(&member(object, name))
}

/// What stands at a dotted path of the API, `undefined` where there is nothing.
pub(crate) fn find(path: &str) -> JsValue {
    path.split('.')
        .fold(root(), |object, name| member(&object, name))
}

/// Calls the function at a dotted path and gives back what it returned, a promise or not.
pub(crate) fn call_now(path: &str, arguments: &[JsValue]) -> Result<JsValue, ApiError> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let this = if parent.is_empty() {
        root()
    } else {
        find(parent)
    };
    let function: Function = member(&this, name)
        .dyn_into()
        .map_err(|_| ApiError::Missing)?;
    let list: Array = arguments.iter().collect();
    Ok(function.apply(&this, &list)?)
}

/// The answer to a call that the page made before the wasm was there (`pages/popup.js`), once.
fn asked_ahead(path: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let ahead: Map = member(&js_sys::global(), "ahead").dyn_into().ok()?;
    if ahead.size() == 0 {
        return None;
    }
    let path = JsValue::from(path);
    let call: Array = [&path].into_iter().chain(arguments).collect();
    let call = JSON::stringify(&call).ok()?.into();
    let answer = ahead.get(&call);
    ahead.delete(&call).then_some(answer)
}

/// Begins a call of the function at a dotted path, which gives a promise, unless the page has made it
/// already.
pub(crate) fn ask(path: &str, arguments: &[JsValue]) -> Result<Promise, ApiError> {
    let asked = match asked_ahead(path, arguments) {
        Some(answer) => answer,
        None => call_now(path, arguments)?,
    };
    Ok(Promise::resolve(&asked))
}

/// Calls the function at a dotted path and waits for its promise.
pub(crate) async fn call(path: &str, arguments: &[JsValue]) -> Result<JsValue, ApiError> {
    Ok(JsFuture::from(ask(path, arguments)?).await?)
}

/// An object of these members.
pub(crate) fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a fresh plain object can't fail.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

/// One value of a storage area (`local`, `session`, `managed`, `sync`), `undefined` if absent.
pub(crate) async fn stored(area: &str, key: &str) -> Result<JsValue, ApiError> {
    let found = call(&format!("storage.{area}.get"), &[key.into()]).await?;
    Ok(member(&found, key))
}

/// Puts one value into a storage area.
pub(crate) async fn store(area: &str, key: &str, value: &JsValue) -> Result<(), ApiError> {
    call(
        &format!("storage.{area}.set"),
        &[object(&[(key, value.clone())])],
    )
    .await
    .map(drop)
}

/// Takes one value out of a storage area.
pub(crate) async fn forget(area: &str, key: &str) -> Result<(), ApiError> {
    call(&format!("storage.{area}.remove"), &[key.into()])
        .await
        .map(drop)
}

/// A value as JSON text; `None` for `undefined` and what has no JSON.
pub(crate) fn to_json(value: &JsValue) -> Option<String> {
    JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string())
}

/// JSON text as a value, `undefined` if it is none.
pub(crate) fn from_json(text: &str) -> JsValue {
    JSON::parse(text).unwrap_or(JsValue::UNDEFINED)
}

/// Milliseconds that a page may take to say which document it is: one that shows a dialog doesn't answer.
const DOCUMENT_WAIT: u32 = 1000;

/// The browser's name for the document that a tab shows, where the browser has such names: once it has
/// loaded, or as it is.
pub(crate) async fn current_document(tab: u32, as_it_is: bool) -> Option<String> {
    let asked = in_page("currentDocument", tab, as_it_is)?;
    within(DOCUMENT_WAIT, &asked).await?.as_string()
}

/// Whether the extension's scripts are at work in the document that a tab shows; `None` where they
/// may not be.
pub(crate) async fn is_guarded(tab: u32) -> Option<bool> {
    let asked = in_page("isGuarded", tab, true)?;
    JsFuture::from(asked).await.ok()?.as_bool()
}

/// What one of the functions gives that run something in a page. They stand beside the Rust side, as
/// what they run must be plain JavaScript.
fn in_page(function: &str, tab: u32, as_it_is: bool) -> Option<Promise> {
    let ask: Function = member(&js_sys::global(), function).dyn_into().ok()?;
    let asked = ask.call2(&JsValue::UNDEFINED, &tab.into(), &as_it_is.into());
    Some(Promise::resolve(&asked.ok()?))
}

/// Waits for a promise, but not for longer than this; `None` if it takes longer or fails.
pub(crate) async fn within(milliseconds: u32, promise: &Promise) -> Option<JsValue> {
    let mut ring = None;
    let alarm = Promise::new(&mut |resolve, _| ring = Some(resolve));
    let timer = Timeout::new(milliseconds, move || {
        if let Some(ring) = ring {
            let _ = ring.call1(&JsValue::NULL, &JsValue::UNDEFINED);
        }
    });
    let first = JsFuture::from(Promise::race(&Array::of2(promise, &alarm))).await;
    drop(timer);
    first.ok().filter(|value| !value.is_undefined())
}

/// The address of one of the extension's own files.
pub(crate) fn own_url(path: &str) -> String {
    call_now("runtime.getURL", &[path.into()])
        .ok()
        .and_then(|url| url.as_string())
        .unwrap_or_default()
}

/// A host's name in its ASCII form, by the browser's own URL parser (WHATWG URL, host parsing).
pub(crate) fn to_ascii(name: &str) -> Option<String> {
    // What would be read as something else than a host.
    if name.contains(|c: char| c.is_whitespace() || c.is_control() || "/\\?#@:[]%".contains(c)) {
        return None;
    }
    let host = web_sys::Url::new(&format!("http://{name}/"))
        .ok()?
        .hostname();
    (!host.is_empty()).then_some(host)
}
