//! Iceveil's background, popup, options and welcome page.
//!
//! The JavaScript around it only loads it, and registers the listeners that a background has to
//! register in its first tick.
#![forbid(unsafe_code)]

mod api;
mod background;
mod change;
mod document;
mod dom;
mod grants;
mod i18n;
mod options;
mod page;
mod popup;
mod queue;
mod standing;
mod tab;
mod verdict;
#[cfg(all(test, target_arch = "wasm32"))]
mod web_tests;
mod welcome;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Before anything else: says what a panic was, and has the browser read international names.
#[wasm_bindgen(start)]
fn prepare() {
    console_error_panic_hook::set_once();
    iceveil_core::host::read_names_by(api::to_ascii);
}

/// Starts the background: makes the browser agree with the settings.
#[wasm_bindgen]
pub async fn start() {
    background::start().await;
}

/// Handles an event of the browser by the name that `background.js` gives it.
#[wasm_bindgen]
pub async fn event(name: String, details: Array) {
    background::event(&name, &details).await;
}

/// Answers a message from a content script or from a page of the extension.
#[wasm_bindgen]
pub async fn message(request: JsValue, sender: JsValue) -> JsValue {
    background::message(&request, &sender).await
}

/// Runs the popup.
///
/// # Errors
/// The browser's words, if it keeps back what the popup can't do without.
#[wasm_bindgen]
pub async fn popup() -> Result<(), JsValue> {
    popup::open()
        .await
        .map_err(|error| JsValue::from(error.to_string()))
}

/// Runs the options page.
///
/// # Errors
/// The browser's words, if it keeps back what the page can't do without.
#[wasm_bindgen]
pub async fn options() -> Result<(), JsValue> {
    options::open()
        .await
        .map_err(|error| JsValue::from(error.to_string()))
}

/// Runs the welcome page.
///
/// # Errors
/// The browser's words, if it keeps back what the page can't do without.
#[wasm_bindgen]
pub async fn welcome() -> Result<(), JsValue> {
    welcome::open()
        .await
        .map_err(|error| JsValue::from(error.to_string()))
}
