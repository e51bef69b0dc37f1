//! The texts that settings are made from, as they stand in storage.

use wasm_bindgen::JsValue;

use crate::api;

/// The texts that settings are made from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    /// The person's own document.
    pub(super) own: Option<String>,
    /// What is wrong with one that was set aside.
    pub(super) problem: Option<String>,
    /// The management's document.
    pub(super) managed: Option<String>,
}

impl Sources {
    /// What [`Self::to_copy`] made; `None` if it is none of that.
    pub(super) fn from_copy(copy: &JsValue) -> Option<Self> {
        copy.is_object().then(|| Self {
            own: api::text(copy, "own"),
            problem: api::text(copy, "problem"),
            managed: api::text(copy, "managed"),
        })
    }

    /// As an object of texts, which the browser keeps and gives out as they are.
    pub(super) fn to_copy(&self) -> JsValue {
        let parts = [
            ("own", &self.own),
            ("problem", &self.problem),
            ("managed", &self.managed),
        ];
        let there: Vec<_> = parts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_deref()?.into())))
            .collect();
        api::object(&there)
    }
}
