//! How often each site tried and was stopped: counts and a day, never an address.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gloo::timers::callback::Timeout;
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, ApiError};
use crate::document::HISTORY_KEY;
use crate::queue::in_turn;

/// How many sites are remembered; the one not seen for longest goes first.
const MOST_SITES: usize = 2000;

/// Milliseconds from a count to its writing: a busy page is written about once, not each time.
const DELAY: u32 = 2000;

/// One site's counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// How often it tried.
    pub(crate) tried: u64,
    /// How often it was stopped.
    pub(crate) stopped: u64,
    /// The last day, counted from 1970.
    pub(crate) day: u32,
}

/// Every site's counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct History(pub(crate) BTreeMap<String, Counts>);

thread_local! {
    static WAITING: RefCell<History> = const { RefCell::new(History(BTreeMap::new())) };
    static TIMER: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

impl History {
    /// What is stored.
    pub(crate) async fn load() -> Result<Self, ApiError> {
        let stored = api::stored("local", HISTORY_KEY).await?;
        Ok(serde_json::from_str(&stored.as_string().unwrap_or_default()).unwrap_or_default())
    }

    async fn save(&self) -> Result<(), ApiError> {
        let json = serde_json::to_string(self).unwrap_or_default();
        api::store("local", HISTORY_KEY, &json.as_str().into()).await
    }

    fn add(&mut self, host: &str, counts: Counts) {
        let sum = self.0.entry(host.to_owned()).or_default();
        sum.tried = sum.tried.saturating_add(counts.tried);
        sum.stopped = sum.stopped.saturating_add(counts.stopped);
        sum.day = sum.day.max(counts.day);
        while self.0.len() > MOST_SITES {
            let oldest = self.0.iter().min_by_key(|(_, counts)| counts.day);
            let Some(oldest) = oldest.map(|(host, _)| host.clone()) else {
                return;
            };
            self.0.remove(&oldest);
        }
    }
}

/// Counts for a site, written down a little later.
pub(super) fn count(host: &str, counts: Counts) {
    WAITING.with_borrow_mut(|waiting| waiting.add(host, counts));
    TIMER.with_borrow_mut(|timer| {
        timer.get_or_insert_with(|| Timeout::new(DELAY, || spawn_local(in_turn(write()))));
    });
}

async fn write() {
    TIMER.take();
    let waiting = WAITING.take();
    let Ok(mut history) = History::load().await else {
        return;
    };
    for (host, counts) in waiting.0 {
        history.add(&host, counts);
    }
    // Counts that don't fit any more are let go.
    let _ = history.save().await;
}

/// Forgets one site's counts.
pub(super) async fn forget(host: &str) -> Result<(), ApiError> {
    WAITING.with_borrow_mut(|waiting| waiting.0.remove(host));
    let mut history = History::load().await?;
    if history.0.remove(host).is_none() {
        return Ok(());
    }
    if history.0.is_empty() {
        return api::forget("local", HISTORY_KEY).await;
    }
    history.save().await
}

/// Forgets everything.
pub(super) async fn clear() -> Result<(), ApiError> {
    WAITING.take();
    api::forget("local", HISTORY_KEY).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(day: u32) -> Counts {
        Counts {
            tried: 3,
            stopped: 2,
            day,
        }
    }

    #[test]
    fn counts_add_up() {
        let mut history = History::default();
        history.add("a.example", counts(2));
        history.add("a.example", counts(1));
        let sum = history.0.get("a.example").copied();
        assert_eq!(
            sum,
            Some(Counts {
                tried: 6,
                stopped: 4,
                day: 2
            })
        );
    }

    #[test]
    fn the_site_not_seen_for_longest_goes_first() {
        let mut history = History::default();
        history.add("old.example", counts(1));
        for index in 0..MOST_SITES {
            history.add(&format!("{index}.example"), counts(2));
        }
        assert_eq!(history.0.len(), MOST_SITES);
        assert!(!history.0.contains_key("old.example"));
    }
}
