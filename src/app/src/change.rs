//! What a page of the extension can ask the background to change. Changes name one field each, so
//! that two windows that edit at once lose nothing.

use iceveil_core::settings::SettingsError;
use serde::{Deserialize, Serialize};

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "change",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Change {
    /// The policy for sites without a rule.
    Default { policy: String },
    /// A site's rule; without policy it is taken away. `instead` is the host that it replaces.
    Site {
        host: String,
        policy: Option<String>,
        instead: Option<String>,
    },
    /// The browser's own setting.
    Protection { protection: String },
    /// Whether counts are kept per site.
    History { on: bool },
    /// Whether the settings travel.
    Sync { on: bool },
    /// The whole document, as JSON text.
    Replace { settings: String },
    /// A policy for a host in one tab; without policy it ends.
    Grant {
        tab: u32,
        host: String,
        policy: Option<String>,
    },
    /// Forgets all counts.
    ClearHistory,
    /// Forgets one site's counts.
    ForgetCounts { host: String },
    /// Forgets the broken document that was kept aside.
    DiscardBroken,
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "kebab-case")]
pub(crate) enum Refusal {
    /// The field is set by the browser's management.
    Locked,
    /// Storage is full.
    Quota,
    /// This is no host.
    Host { host: String },
    /// A document that isn't one: the key of the message that says why, and what fills it.
    Document { key: String, detail: String },
    /// The browser failed, in its own words.
    Failed { reason: String },
}

impl From<crate::api::ApiError> for Refusal {
    fn from(error: crate::api::ApiError) -> Self {
        match error {
            crate::api::ApiError::Quota => Self::Quota,
            other => Self::Failed {
                reason: other.to_string(),
            },
        }
    }
}

/// What is wrong with a document, as it is kept and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The key of the message that says it.
    pub(crate) key: String,
    /// What fills that.
    pub(crate) detail: String,
}

impl From<SettingsError> for Refusal {
    fn from(error: SettingsError) -> Self {
        let Problem { key, detail } = Problem::from(&error);
        Self::Document { key, detail }
    }
}

impl From<&SettingsError> for Problem {
    fn from(error: &SettingsError) -> Self {
        let (key, detail) = words(error);
        Self {
            key: key.to_owned(),
            detail,
        }
    }
}

fn words(error: &SettingsError) -> (&'static str, String) {
    match error {
        SettingsError::Json { line, column } => ("errorNotJson", format!("{line}:{column}")),
        SettingsError::UnknownVersion => ("errorVersion", String::new()),
        SettingsError::Host { path, .. } => (
            "errorHost",
            path.strip_prefix("sites.").unwrap_or(path).to_owned(),
        ),
        SettingsError::Field { path, .. } => ("errorField", path.clone()),
        SettingsError::Twice { path } => (
            "errorTwice",
            path.strip_prefix("sites.").unwrap_or(path).to_owned(),
        ),
        SettingsError::TooManySites => ("errorTooManySites", String::new()),
        _ => ("errorOther", String::new()),
    }
}
