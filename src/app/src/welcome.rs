//! The page that a first installation opens: one question, once.

use wasm_bindgen_futures::spawn_local;

use crate::api::ApiError;
use crate::document::Effective;
use crate::dom;
use crate::i18n::{fill_page, text};
use crate::options::{choose_situation, situation_of};
use crate::page;

/// Fills the page and waits for the answer.
pub(crate) async fn open() -> Result<(), ApiError> {
    let Some(document) = dom::document() else {
        return Ok(());
    };
    fill_page(&document);
    let effective = Effective::load().await?;
    let protection = effective.settings.browser_protection();
    dom::choose("situation", situation_of(protection, None));
    dom::disable("protection", effective.locked.browser_protection);
    dom::show("protection-locked", effective.locked.browser_protection);
    dom::on("welcome-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async {
            let saved = choose_situation(dom::chosen("situation")).await;
            dom::set_text(
                "welcome-done",
                &if saved {
                    text("welcomeSaved")
                } else {
                    String::new()
                },
            );
        });
    });
    dom::on("open-options", "click", |_| {
        spawn_local(page::open_options())
    });
    Ok(())
}
