//! What can be wrong with a document.

use core::fmt;

use crate::host::HostError;

/// Why a document can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// The text isn't JSON.
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The JSON isn't an object.
    NotAnObject,
    /// There is no `version`.
    NoVersion,
    /// The version is one that this program doesn't know: written by a newer one, say.
    UnknownVersion,
    /// A field has a value that it can't have.
    Field {
        /// Which: the name of a field, or `sites.` and a host.
        path: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A key of `sites` is no host.
    Host {
        /// Which: `sites.` and the key.
        path: String,
        /// What is wrong with it.
        error: HostError,
    },
    /// Two keys of `sites` are one host and have two policies.
    Twice {
        /// Which: `sites.` and the second key.
        path: String,
    },
    /// `sites` has more entries than it may have.
    TooManySites,
}

impl SettingsError {
    /// Where in the document: a field's path, or nothing where it is the document as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Json { .. } | Self::NotAnObject => "",
            Self::NoVersion | Self::UnknownVersion => "version",
            Self::Field { path, .. } | Self::Host { path, .. } | Self::Twice { path } => path,
            Self::TooManySites => "sites",
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column } => write!(f, "not JSON: line {line}, column {column}"),
            Self::NotAnObject => f.write_str("not settings: expected a JSON object"),
            Self::NoVersion => f.write_str("version: missing"),
            Self::UnknownVersion => f.write_str("version: not one that this program knows"),
            Self::Field { path, expected } => write!(f, "{path}: expected {expected}"),
            Self::Host { path, error } => write!(f, "{path}: {error}"),
            Self::Twice { path } => {
                write!(f, "{path}: the same host is listed with another policy")
            }
            Self::TooManySites => f.write_str("sites: more entries than fit"),
        }
    }
}

impl core::error::Error for SettingsError {}
