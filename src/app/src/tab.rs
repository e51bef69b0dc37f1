//! What a tab's documents tried: in `storage.session`, in memory only, for it holds addresses.

use iceveil_core::ledger::{Record, Row as Attempts};
use iceveil_core::policy::Policy;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::api::{self, ApiError};
use crate::verdict::Row;

/// One row of a tab's record, and who tried it when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// What was tried.
    pub(crate) row: Row<'a>,
    /// The host of the document that tried.
    pub(crate) host: &'a str,
}

impl<'a> Entry<'a> {
    /// A row of the core's ledger.
    pub(crate) fn of(row: &'a Attempts) -> Self {
        Self {
            row: Row {
                surface: row.surface.as_str(),
                kind: row.kind.map_or("-", |kind| kind.as_str()),
                class: row.class.map_or("-", |class| class.as_str()),
                outcome: row.outcome.as_str(),
                count: row.count,
                detail: &row.detail,
            },
            host: &row.host,
        }
    }
}

/// A tab's record, from the time its document came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TabRecord {
    /// The browser's name for the tab's document, where it has one.
    pub(crate) document: String,
    /// The document's host.
    pub(crate) host: String,
    /// The policy that the document's last connections were opened with.
    pub(crate) used: Option<String>,
    /// What was tried.
    pub(crate) record: Record,
}

impl TabRecord {
    /// Where a tab's record is stored.
    pub(crate) fn key(tab: u32) -> String {
        format!("tab:{tab}")
    }

    /// What is stored for a tab; an empty record if there is nothing.
    pub(crate) async fn load(tab: u32) -> Result<Self, ApiError> {
        Ok(Self::parse(&api::stored("session", &Self::key(tab)).await?))
    }

    /// A stored value as a record.
    pub(crate) fn parse(stored: &JsValue) -> Self {
        stored
            .as_string()
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default()
    }

    /// Stores it for a tab.
    pub(crate) async fn save(&self, tab: u32) -> Result<(), ApiError> {
        let json = serde_json::to_string(self).unwrap_or_default();
        api::store("session", &Self::key(tab), &json.as_str().into()).await
    }

    /// Forgets a tab's record.
    pub(crate) async fn forget(tab: u32) -> Result<(), ApiError> {
        api::forget("session", &Self::key(tab)).await
    }

    /// This record if it is that of a document of `host`; else that of a document that has tried
    /// nothing yet.
    pub(crate) fn of_host(self, host: &str) -> Self {
        if self.host == host {
            self
        } else {
            Self {
                host: host.to_owned(),
                ..Self::default()
            }
        }
    }

    /// The rows.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.record.rows().into_iter().map(Entry::of)
    }

    /// The policy that the last connections were opened with.
    pub(crate) fn used(&self) -> Option<Policy> {
        self.used.as_deref()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_hosts_record_is_not_shown() {
        let mut tab = TabRecord {
            host: "a.example".to_owned(),
            ..TabRecord::default()
        };
        tab.record
            .add("a.example", "connection\t-\t-\tshown\t1\t\n", 1);
        assert_eq!(tab.clone().of_host("a.example"), tab);
        assert!(tab.of_host("b.example").record.is_empty());
    }

    #[test]
    fn a_record_survives_being_written_down() {
        let mut tab = TabRecord {
            used: Some("block".to_owned()),
            ..TabRecord::default()
        };
        tab.record.add(
            "a.example",
            "candidate\thost\tprivate\thidden\t2\t192.168.1.9\n",
            1,
        );
        let json = serde_json::to_string(&tab).unwrap_or_default();
        let again: TabRecord = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(again, tab);
        assert_eq!(again.used(), Some(Policy::Block));
        assert_eq!(
            again
                .entries()
                .map(|entry| entry.row.class)
                .collect::<Vec<_>>(),
            ["private"]
        );
    }
}
