//! The page that a first installation opens: one question, once.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::api::ApiError;
use crate::background::protection::{self, Control};
use crate::document::Effective;
use crate::dom;
use crate::i18n::{fill_page, text};
use crate::options::{choose_situation, situation_of};
use crate::page;
use crate::standing;

/// Fills the page and waits for the answer.
pub(crate) async fn open() -> Result<(), ApiError> {
    let Some(document) = dom::document() else {
        return Ok(());
    };
    fill_page(&document);
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
    let news = page::News::listen(&[])?;
    let effective = Effective::load().await?;
    let protection = effective.settings.browser_protection();
    // Who was quicker than the storage has chosen already.
    if dom::chosen("situation").is_empty() {
        dom::choose("situation", situation_of(protection, None));
    }
    dom::disable("protection", effective.locked.browser_protection);
    dom::show("protection-locked", effective.locked.browser_protection);
    dom::show("welcome-save", !effective.locked.browser_protection);
    show_standing(Rc::clone(&effective)).await;
    standing::listen();
    news.follow(move || spawn_local(show_standing(Rc::clone(&effective))));
    Ok(())
}

/// Says who decides on the browser's setting, where that isn't the person.
async fn show_standing(effective: Rc<Effective>) {
    let standing = protection::look().await;
    let wanted = effective.settings.browser_protection();
    standing::render(standing, wanted, effective.locked.browser_protection);
    let theirs = matches!(
        standing.control,
        Control::Other | Control::Managed | Control::Missing
    );
    dom::show("protection-standing", theirs);
}
