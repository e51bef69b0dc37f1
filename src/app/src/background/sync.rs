//! The settings on the person's other devices, by the browser's own sync.
//!
//! A sync item holds 8 KiB, so the document travels in pieces: `settings` says how many there are,
//! `settings0`, `settings1`… are the pieces.

use gloo::timers::callback::Timeout;
use iceveil_core::settings::{MOST_SITES, Patch, Settings};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::settings;
use crate::api::{self, ApiError};
use crate::document::{self, Effective};
use crate::queue::in_turn;

/// The most bytes of one piece, with room for its key and for JSON's escapes.
const PIECE: usize = 3500;

/// The most pieces: what sync takes altogether.
const MOST_PIECES: usize = 24;

/// The milliseconds for which the browser takes no more changes, at most.
const PAUSE: u32 = 61_000;

/// Begins to sync: what the other devices have comes first, and what only this one has stays.
pub(super) async fn join() -> Result<(), ApiError> {
    api::forget("local", document::SYNC_BASE_KEY).await?;
    exchange().await;
    Ok(())
}

/// Ends to sync on this device.
pub(super) async fn leave() -> Result<(), ApiError> {
    api::forget("local", document::SYNC_BASE_KEY).await?;
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

/// This device's document with what the others have changed since all agreed. What was sent from
/// here comes back as news, when more may have changed here: that is no change by the others.
fn merged(ours: Settings, theirs: Option<&Settings>, base: Option<&Settings>) -> Settings {
    match (theirs, base) {
        (Some(theirs), Some(base)) => ours.apply(&Patch::between(base, theirs)),
        (Some(theirs), None) => joined(&ours, theirs.clone()),
        (None, _) => ours,
    }
}

/// Another device's document, as it is here: whether to sync is said on each device.
fn with_sync(settings: Settings) -> Settings {
    settings.apply(&Patch {
        sync: Some(true),
        ..Patch::default()
    })
}

/// Brings this device's document and that of the others together, if the person wants that.
pub(super) async fn exchange() {
    let Ok(effective) = Effective::load().await else {
        return;
    };
    if !effective.settings.sync() {
        return;
    }
    let problem = match bring_together(&effective.own).await {
        Ok(()) => None,
        Err(ApiError::Quota) => Some(String::new()),
        Err(ApiError::Busy) => {
            later();
            Some(document::SYNC_BUSY.to_owned())
        }
        Err(error) => Some(error.to_string()),
    };
    // What was wrong is shown on the options page, as long as it is.
    let key = document::SYNC_PROBLEM_KEY;
    let _ = match problem {
        None => api::forget("local", key).await,
        Some(words) => api::store("local", key, &words.as_str().into()).await,
    };
}

/// Tries again once the browser takes changes again. Should it end the background before, that comes
/// at the next start.
fn later() {
    Timeout::new(PAUSE, || spawn_local(in_turn(exchange()))).forget();
}

/// Tries again what went wrong before the background ended.
pub(super) async fn resume() {
    let problem = api::stored("local", document::SYNC_PROBLEM_KEY).await;
    if problem.is_ok_and(|words| words.is_string()) {
        exchange().await;
    }
}

/// Another device, or this one, has sent something. A document of which not all pieces have come yet
/// is waited for.
pub(super) async fn hear() {
    if let Ok(Some(_)) = fetch().await {
        exchange().await;
    }
}

async fn bring_together(own: &Settings) -> Result<(), ApiError> {
    let ours = with_sync(own.clone());
    let theirs = fetch().await?.map(with_sync);
    let base = api::stored("local", document::SYNC_BASE_KEY).await?;
    let base = base
        .as_string()
        .and_then(|json| Settings::parse(&json).ok());
    let merged = merged(ours, theirs.as_ref(), base.as_ref());
    if merged.sites().len() > MOST_SITES {
        return Err(ApiError::Quota);
    }
    if merged != *own {
        settings::store(&merged).await?;
    }
    if theirs.as_ref() != Some(&merged) {
        send(&merged).await?;
    }
    if base.as_ref() != Some(&merged) {
        let json = merged.to_json();
        api::store("local", document::SYNC_BASE_KEY, &json.as_str().into()).await?;
    }
    Ok(())
}

async fn send(settings: &Settings) -> Result<(), ApiError> {
    let text = settings.to_json();
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with_sites(sites: &str) -> Settings {
        Settings::parse(&format!(
            r#"{{"version":1,"sync":true,"sites":{{{sites}}}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn what_changed_here_and_there_comes_together() {
        let base = with_sites(r#""a.example":"allow","b.example":"allow""#);
        let ours = with_sites(r#""a.example":"allow","b.example":"allow","c.example":"block""#);
        let theirs = with_sites(r#""b.example":"block","d.example":"allow""#);
        let both = with_sites(r#""b.example":"block","c.example":"block","d.example":"allow""#);
        assert_eq!(merged(ours, Some(&theirs), Some(&base)), both);
    }

    #[test]
    fn what_comes_back_takes_nothing_away() {
        let sent = with_sites(r#""a.example":"allow""#);
        let ours = with_sites(r#""a.example":"allow","b.example":"allow""#);
        assert_eq!(merged(ours.clone(), Some(&sent), Some(&sent)), ours);
        assert_eq!(merged(ours.clone(), None, Some(&sent)), ours);
    }

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
