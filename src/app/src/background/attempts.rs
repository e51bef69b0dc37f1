//! What pages tried, as their guards report it.

use wasm_bindgen::JsValue;

use super::{history, policy, toolbar};
use crate::api;
use crate::document::{Effective, host_of};
use crate::queue::in_turn;
use crate::tab::TabRecord;
use crate::verdict::Summary;

/// The most bytes of one report: well above what a guard drains at once.
const MOST_BYTES: usize = 128 * 1024;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// Takes a report in.
pub(super) async fn take(request: &JsValue, sender: &JsValue, tab: u32) -> JsValue {
    let lines = api::text(request, "lines").unwrap_or_default();
    if lines.is_empty() || lines.len() > MOST_BYTES {
        return JsValue::NULL;
    }
    let host = policy::Hosts::of(request, sender).own;
    let top = api::text(&api::member(sender, "tab"), "url").and_then(|url| host_of(&url));
    let private = api::member(&api::member(sender, "tab"), "incognito").is_truthy();
    in_turn(async {
        let Ok(record) = TabRecord::load(tab).await else {
            return;
        };
        let mut record = record.of_host(&top.unwrap_or_default());
        if record.document.is_empty() {
            record.document = if api::id(sender, "frameId") == Some(0) {
                api::text(sender, "documentId")
            } else {
                // The first to try is a frame: the record is that of the document around it.
                api::current_document(tab, true).await
            }
            .unwrap_or_default();
        }
        let before = summary(&record, &host);
        record.record.add(&host, &lines, now());
        if lines.starts_with("connection\t") || lines.contains("\nconnection\t") {
            record.used = current_policy(tab, &record.host).await;
        }
        // A full session storage loses the report and nothing else.
        let _ = record.save(tab).await;
        toolbar::show(tab).await;
        if !private {
            remember(&host, &before, &summary(&record, &host)).await;
        }
    })
    .await;
    JsValue::NULL
}

/// What one site's documents tried in a tab.
fn summary(record: &TabRecord, host: &str) -> Summary {
    let own = record.entries().filter(|entry| entry.host == host);
    Summary::of(own.map(|entry| entry.row))
}

async fn current_policy(tab: u32, host: &str) -> Option<String> {
    let effective = Effective::load().await.ok()?;
    let grants = crate::grants::Grants::load().await.ok()?;
    Some(
        effective
            .policy_in_tab(host, tab, &grants)
            .as_str()
            .to_owned(),
    )
}

async fn remember(host: &str, before: &Summary, after: &Summary) {
    let wanted = Effective::load()
        .await
        .is_ok_and(|effective| effective.settings.history());
    let tried = after.tried().saturating_sub(before.tried());
    let stopped = after.stopped.saturating_sub(before.stopped);
    if wanted && !host.is_empty() && tried > 0 {
        history::count(
            host,
            history::Counts {
                tried,
                stopped,
                day: today(),
            },
        );
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "after 1970"
)]
fn now() -> u64 {
    js_sys::Date::now() as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "after 1970"
)]
fn today() -> u32 {
    (js_sys::Date::now() / DAY) as u32
}

/// A tab's document has asked for its policy: a document not known yet begins a new record.
pub(super) async fn enter(tab: u32, document: &str, host: &str) {
    let Ok(record) = TabRecord::load(tab).await else {
        return;
    };
    let known = if document.is_empty() {
        record.host == host
    } else {
        record.document == document
    };
    if known {
        return;
    }
    // One whose document couldn't be told is of this one: it would have gone with the one before.
    let kept = record.document.is_empty().then_some(record);
    let record = TabRecord {
        document: document.to_owned(),
        ..kept.unwrap_or_default().of_host(host)
    };
    // A record that can't be stored begins with its first report.
    let _ = record.save(tab).await;
}

/// A tab goes somewhere, perhaps within the same document: a record goes with its document.
pub(super) async fn leave(tab: u32) {
    let Ok(record) = TabRecord::load(tab).await else {
        return;
    };
    if record.record.is_empty() && record.document.is_empty() {
        return;
    }
    let here = api::current_document(tab, false).await;
    if here.is_none() || here.as_deref() != Some(record.document.as_str()) {
        // What can't be forgotten now is told apart by its host.
        let _ = TabRecord::forget(tab).await;
    }
}
