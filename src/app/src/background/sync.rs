//! The settings on the person's other devices, by the browser's own sync.
//!
//! A sync item holds 8 KiB, so the document travels in pieces: `settings` says how many there are,
//! `settings0`, `settings1`… are the pieces.

use iceveil_core::settings::{Patch, Settings};
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::settings;
use crate::api::{self, ApiError};
use crate::document::{self, Effective};

/// The most bytes of one piece, with room for its key and for JSON's escapes.
const PIECE: usize = 3500;

/// The most pieces: what sync takes altogether.
const MOST_PIECES: usize = 24;

/// Begins to sync: what the other devices have comes first, and what only this one has stays.
pub(super) async fn join() -> Result<(), ApiError> {
    if let Some(theirs) = fetch().await? {
        let own = &Effective::load().await?.own;
        settings::store(&joined(own, theirs)).await?;
    }
    send().await;
    Ok(())
}

/// Ends to sync on this device.
pub(super) async fn leave() -> Result<(), ApiError> {
    api::forget("local", document::SYNC_PROBLEM_KEY).await
}

fn joined(ours: &Settings, theirs: Settings) -> Settings {
    let listed = theirs.sites();
    let only_here = ours
        .sites()
        .iter()
        .filter(|(host, _)| !listed.contains_key(*host));
    let sites = only_here
        .map(|(host, policy)| (host.clone(), Some(*policy)))
        .collect();
    theirs.apply(&Patch {
        sites,
        sync: Some(true),
        ..Patch::default()
    })
}

/// Another device's document, as it is here: whether to sync is said on each device.
fn with_sync(settings: Settings) -> Settings {
    settings.apply(&Patch {
        sync: Some(true),
        ..Patch::default()
    })
}

/// Sends the document, if the person wants that and the other devices don't have it yet.
pub(super) async fn send() {
    let Ok(effective) = Effective::load().await else {
        return;
    };
    if !effective.settings.sync() {
        return;
    }
    let problem = match send_pieces().await {
        Ok(()) => None,
        Err(ApiError::Quota) => Some(String::new()),
        Err(error) => Some(error.to_string()),
    };
    // What was wrong is shown on the options page, as long as it is.
    let _ = match problem {
        None => leave().await,
        Some(words) => {
            api::store("local", document::SYNC_PROBLEM_KEY, &words.as_str().into()).await
        }
    };
}

async fn send_pieces() -> Result<(), ApiError> {
    let own = with_sync(Settings::clone(&Effective::load().await?.own));
    if fetch()
        .await?
        .is_some_and(|theirs| with_sync(theirs) == own)
    {
        return Ok(());
    }
    let text = own.to_json();
    let pieces = cut(&text);
    if pieces.len() > MOST_PIECES {
        return Err(ApiError::Quota);
    }
    let keys: Vec<String> = (0..pieces.len()).map(piece_key).collect();
    let mut items: Vec<(&str, JsValue)> = vec![("settings", JsValue::from(pieces.len() as u32))];
    items.extend(
        keys.iter()
            .map(String::as_str)
            .zip(pieces.iter().map(|piece| (*piece).into())),
    );
    api::call("storage.sync.set", &[api::object(&items)])
        .await
        .map(drop)
}

fn piece_key(index: usize) -> String {
    format!("settings{index}")
}

fn cut(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// What the other devices have, if it is a settings document.
async fn fetch() -> Result<Option<Settings>, ApiError> {
    let Some(count) = api::to_id(&api::stored("sync", "settings").await?) else {
        return Ok(None);
    };
    let count = (count as usize).min(MOST_PIECES);
    let keys: Array = (0..count)
        .map(|index| JsValue::from(piece_key(index)))
        .collect();
    let found = api::call("storage.sync.get", &[keys.into()]).await?;
    let text: String = (0..count)
        .filter_map(|index| api::text(&found, &piece_key(index)))
        .collect();
    Ok(Settings::parse(&text).ok())
}

/// Takes over what another device has sent.
pub(super) async fn receive() {
    let Ok(effective) = Effective::load().await else {
        return;
    };
    if !effective.settings.sync() {
        return;
    }
    let Ok(Some(theirs)) = fetch().await else {
        return;
    };
    let theirs = with_sync(theirs);
    if *effective.own != theirs {
        // A failure leaves this device as it was.
        let _ = settings::store(&theirs).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn joining_keeps_the_sites_of_both() {
        let read = |json| Settings::parse(json).unwrap();
        let ours = read(
            r#"{"version":1,"defaultPolicy":"block","sites":{"a.example":"allow","b.example":"block"}}"#,
        );
        let theirs = read(r#"{"version":1,"sites":{"b.example":"allow","c.example":"block"}}"#);
        let expected = read(
            r#"{"version":1,"sync":true,
            "sites":{"a.example":"allow","b.example":"allow","c.example":"block"}}"#,
        );
        assert_eq!(joined(&ours, theirs), expected);
    }

    #[test]
    fn pieces_come_together_again() {
        let text = "é\"".repeat(10_000);
        let pieces = cut(&text);
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
        assert_eq!(pieces.concat(), text);
    }
}
