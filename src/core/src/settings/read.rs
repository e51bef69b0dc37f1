//! Documents read, by hand, so that an error can say where it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{BrowserProtection, Field, MOST_SITES, Settings, SettingsError, VERSION};
use crate::host::{Host, HostPattern};
use crate::policy::Policy;
use crate::text::cut;

const POLICIES: &str = "allow, public-only, relay-only or block";
const PROTECTIONS: &str = "standard, proxied-only or off";
const TRUTH: &str = "true or false";

/// Settings that the browser's management gives. They win over the person's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Managed {
    pub(super) default_policy: Option<Policy>,
    pub(super) sites: Option<BTreeMap<Host, Policy>>,
    pub(super) browser_protection: Option<BrowserProtection>,
    pub(super) history: Option<bool>,
    pub(super) sync: Option<bool>,
}

impl Managed {
    /// Reads what managed storage holds: an object with the fields of the settings, all of them
    /// optional, also the version.
    ///
    /// # Errors
    /// [`SettingsError`] says what is wrong and where. Nothing of such a document is used.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        let mut fields = object(json)?;
        if fields.contains_key("version") {
            version(&mut fields)?;
        }
        take(&mut fields)
    }

    /// The fields that are managed, which the person can't change.
    #[must_use]
    pub fn managed_fields(&self) -> Vec<Field> {
        let there = |field: &Field| match field {
            Field::DefaultPolicy => self.default_policy.is_some(),
            Field::Sites => self.sites.is_some(),
            Field::BrowserProtection => self.browser_protection.is_some(),
            Field::History => self.history.is_some(),
            Field::Sync => self.sync.is_some(),
        };
        Field::ALL.into_iter().filter(there).collect()
    }
}

pub(super) fn settings(json: &str) -> Result<Settings, SettingsError> {
    let mut fields = object(json)?;
    version(&mut fields)?;
    let known = take(&mut fields)?;
    let default = Settings::default();
    // Thousands of sites aren't copied for nothing.
    Ok(Settings {
        default_policy: known.default_policy.unwrap_or(default.default_policy),
        sites: known.sites.unwrap_or_default(),
        browser_protection: known
            .browser_protection
            .unwrap_or(default.browser_protection),
        history: known.history.unwrap_or(default.history),
        sync: known.sync.unwrap_or(default.sync),
        other: fields,
    })
}

fn object(json: &str) -> Result<Map<String, Value>, SettingsError> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(SettingsError::NotAnObject),
        Err(error) => Err(SettingsError::Json {
            line: error.line(),
            column: error.column(),
        }),
    }
}

fn version(fields: &mut Map<String, Value>) -> Result<(), SettingsError> {
    match fields.remove("version") {
        None => Err(SettingsError::NoVersion),
        Some(Value::Number(number)) if number.as_f64() == Some(VERSION as f64) => Ok(()),
        Some(_) => Err(SettingsError::UnknownVersion),
    }
}

/// Takes the known fields out and leaves the others.
fn take(fields: &mut Map<String, Value>) -> Result<Managed, SettingsError> {
    let mut next = |field: Field| fields.remove(field.as_str());
    let truth = |field: Field, value: Option<Value>| match value {
        None => Ok(None),
        Some(Value::Bool(truth)) => Ok(Some(truth)),
        Some(_) => Err(wrong(field, TRUTH)),
    };
    Ok(Managed {
        default_policy: match next(Field::DefaultPolicy) {
            None => None,
            Some(value) => {
                Some(policy(&value).ok_or_else(|| wrong(Field::DefaultPolicy, POLICIES))?)
            }
        },
        sites: next(Field::Sites).map(sites).transpose()?,
        browser_protection: match next(Field::BrowserProtection) {
            None => None,
            Some(value) => {
                let word = value.as_str().and_then(BrowserProtection::from_word);
                Some(word.ok_or_else(|| wrong(Field::BrowserProtection, PROTECTIONS))?)
            }
        },
        history: truth(Field::History, next(Field::History))?,
        sync: truth(Field::Sync, next(Field::Sync))?,
    })
}

fn sites(value: Value) -> Result<BTreeMap<Host, Policy>, SettingsError> {
    let Value::Object(entries) = value else {
        return Err(wrong(Field::Sites, "an object of hosts and policies"));
    };
    if entries.len() > MOST_SITES {
        return Err(SettingsError::TooManySites);
    }
    let mut sites = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let path = || path(&key);
        let host = HostPattern::parse(&key)
            .map_err(|error| SettingsError::Host {
                path: path(),
                error,
            })?
            .into_host();
        let policy = policy(&value).ok_or_else(|| SettingsError::Field {
            path: path(),
            expected: POLICIES,
        })?;
        sites.push((host, policy));
    }
    // Put in order at once, so that what is equal is side by side.
    sites.sort();
    let twice = sites.windows(2).find_map(|pair| match pair {
        [(one, this), (other, that)] => (one == other && this != that).then_some(other),
        _ => None,
    });
    match twice {
        Some(host) => Err(SettingsError::Twice {
            path: path(host.as_str()),
        }),
        None => Ok(sites.into_iter().collect()),
    }
}

fn path(key: &str) -> String {
    format!("sites.{}", cut(key, 300))
}

fn policy(value: &Value) -> Option<Policy> {
    value.as_str()?.parse().ok()
}

fn wrong(field: Field, expected: &'static str) -> SettingsError {
    SettingsError::Field {
        path: field.as_str().into(),
        expected,
    }
}
