//! Every language has every message, every message is used, and nothing is used that isn't there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The plural categories (CLDR) that each language tells apart. The "many" of French and Spanish
/// begins at a million, and falls back to "other".
const LANGUAGES: [(&str, &[&str]); 6] = [
    ("en", &["one", "other"]),
    ("de", &["one", "other"]),
    ("fr", &["one", "other"]),
    ("es", &["one", "other"]),
    ("ja", &["other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn messages(language: &str) -> BTreeMap<String, String> {
    let path = root()
        .join("extension/_locales")
        .join(language)
        .join("messages.json");
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let entries = json.as_object().unwrap().iter();
    entries
        .map(|(key, entry)| (key.clone(), entry["message"].as_str().unwrap().into()))
        .collect()
}

/// A key without its plural category, and the category.
fn split(key: &str) -> (&str, Option<&str>) {
    match key.rsplit_once('_') {
        Some((base, category)) => (base, Some(category)),
        None => (key, None),
    }
}

fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    texts
}

/// What stands in quotes after each `before`.
fn quoted_after(text: &str, before: &str) -> Vec<String> {
    let parts = text.split(before).skip(1);
    parts
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

fn holes(message: &str) -> BTreeSet<char> {
    let after = message.split('$').skip(1);
    after
        .filter_map(|rest| rest.chars().next())
        .filter(char::is_ascii_digit)
        .collect()
}

#[test]
fn every_language_has_every_message() {
    let english = messages("en");
    for (language, categories) in LANGUAGES {
        let theirs = messages(language);
        let wanted: BTreeSet<String> = english
            .keys()
            .flat_map(|key| match split(key) {
                (base, Some(_)) => categories
                    .iter()
                    .map(|word| format!("{base}_{word}"))
                    .collect(),
                (key, None) => vec![key.to_owned()],
            })
            .collect();
        let there: BTreeSet<String> = theirs.keys().cloned().collect();
        assert_eq!(there, wanted, "{language}");
    }
}

#[test]
fn there_is_no_language_besides() {
    let folders = fs::read_dir(root().join("extension/_locales")).unwrap();
    let there: BTreeSet<String> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        there,
        LANGUAGES
            .iter()
            .map(|(language, _)| (*language).to_owned())
            .collect()
    );
}

#[test]
fn messages_are_filled_alike_in_every_language() {
    let english = messages("en");
    for (language, _) in LANGUAGES {
        for (key, message) in messages(language) {
            assert!(!message.trim().is_empty(), "{language} {key}");
            let (base, category) = split(&key);
            let like = category.map_or_else(|| key.clone(), |_| format!("{base}_other"));
            let (found, wanted) = (holes(&message), holes(&english[&like]));
            // "Once" and "twice" need no number.
            let fits = if category.is_some() {
                found.is_subset(&wanted)
            } else {
                found == wanted
            };
            assert!(fits, "{language} {key}: {message}");
            // Between two dollar signs the browser sees a placeholder's name.
            let parts: Vec<&str> = message.split('$').collect();
            let mut between = parts.iter().skip(1).take(parts.len().saturating_sub(2));
            let is_name = |part: &&str| part.chars().all(|sign| sign.is_ascii_alphanumeric());
            assert!(!between.any(is_name), "{language} {key}: {message}");
            if category == Some("other") {
                assert_eq!(found, wanted, "{language} {key}: {message}");
            }
        }
    }
}

#[test]
fn every_message_is_used() {
    let mut sources = files("src/app/src", ".rs");
    sources.extend(files("extension/pages", ".html"));
    let manifest = fs::read_to_string(root().join("extension/manifest.mjs")).unwrap();
    for key in messages("en").keys() {
        let (base, _) = split(key);
        let quoted = format!("\"{base}\"");
        let used = sources.iter().any(|source| source.contains(&quoted))
            || manifest.contains(&format!("__MSG_{base}__"));
        assert!(used, "nothing uses {key}");
    }
}

#[test]
fn every_message_that_is_used_is_there() {
    let english = messages("en");
    let bases: BTreeSet<&str> = english.keys().map(|key| split(key).0).collect();
    let mut used = Vec::new();
    for page in files("extension/pages", ".html") {
        for attribute in ["data-text=\"", "data-label=\"", "data-hint=\""] {
            used.extend(quoted_after(&page, attribute));
        }
    }
    for source in files("src/app/src", ".rs") {
        let source = source
            .replace("set_text(", "set(")
            .replace(".text(", ".put(");
        for call in ["text(\"", "text_with(\"", "plural(\""] {
            used.extend(quoted_after(&source, call));
        }
    }
    let manifest = fs::read_to_string(root().join("extension/manifest.mjs")).unwrap();
    let named = manifest
        .split("__MSG_")
        .skip(1)
        .filter_map(|rest| rest.split_once("__"));
    used.extend(named.map(|(key, _)| key.to_owned()));
    assert!(used.len() > 100);
    let is_key = |key: &str| key.chars().all(char::is_alphanumeric) && !key.is_empty();
    for key in used.iter().filter(|key| is_key(key)) {
        assert!(
            bases.contains(key.as_str()),
            "{key} is used and isn't there"
        );
    }
}
