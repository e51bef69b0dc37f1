//! Settings documents.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::{BrowserProtection, Change, Field, Managed, Patch, Settings, SettingsError};
use crate::host::Host;
use crate::policy::Policy;

const DOCUMENT: &str = r#"{"version":1,"defaultPolicy":"public-only","sites":{"meet.example":"allow",
    "*.b.meet.example":"block","münchen.example":"relay-only","192.0.2.1":"allow"},
    "browserProtection":"proxied-only","future":{"a":[1,2]}}"#;

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn settings(json: &str) -> Settings {
    Settings::parse(json).unwrap()
}

#[test]
fn a_document_is_read() {
    let settings = settings(DOCUMENT);
    assert_eq!(settings.default_policy(), Policy::PublicOnly);
    assert_eq!(
        settings.browser_protection(),
        BrowserProtection::ProxiedOnly
    );
    assert_eq!(settings.sites().len(), 4);
    assert!(settings.history());
    assert!(!settings.sync());
}

#[test]
fn an_empty_document_is_the_default() {
    assert_eq!(settings(r#"{"version":1}"#), Settings::default());
    assert_eq!(settings(r#"{"version":1.0}"#), Settings::default());
    assert_eq!(Settings::default().default_policy(), Policy::RelayOnly);
}

#[test]
fn what_is_written_reads_back_with_fields_that_are_not_known() {
    let first = settings(DOCUMENT);
    let json = first.to_json();
    assert!(json.contains(r#""future":{"a":[1,2]}"#));
    assert_eq!(settings(&json), first);
    assert_eq!(settings(&first.to_pretty_json()), first);
}

#[test]
fn the_most_specific_entry_counts() {
    let settings = settings(DOCUMENT);
    for (name, policy) in [
        ("meet.example", Policy::Allow),
        ("a.meet.example", Policy::Allow),
        ("b.meet.example", Policy::Block),
        ("x.b.meet.example", Policy::Block),
        ("notmeet.example", Policy::PublicOnly),
        ("example", Policy::PublicOnly),
        ("www.xn--mnchen-3ya.example", Policy::RelayOnly),
        ("192.0.2.1", Policy::Allow),
        ("192.0.2.2", Policy::PublicOnly),
    ] {
        assert_eq!(settings.policy_for_host(&host(name)), policy, "{name}");
    }
    let (rule, _) = settings.rule_for(&host("x.y.meet.example")).unwrap();
    assert_eq!(rule.as_str(), "meet.example");
}

#[test]
fn a_frame_has_the_strictest_policy_above_it() {
    let settings = settings(DOCUMENT);
    let (meet, block) = (host("meet.example"), host("b.meet.example"));
    let other = host("other.example");
    assert_eq!(settings.policy_for_document(&meet, &[]), Policy::Allow);
    assert_eq!(
        settings.policy_for_document(&meet, std::slice::from_ref(&other)),
        Policy::PublicOnly
    );
    assert_eq!(
        settings.policy_for_document(&other, std::slice::from_ref(&meet)),
        Policy::PublicOnly
    );
    assert_eq!(
        settings.policy_for_document(&meet, &[meet.clone(), block]),
        Policy::Block
    );
}

#[test]
fn what_is_broken_is_said_with_its_place() {
    for (json, path, words) in [
        ("{", "", "not JSON: line 1, column 1"),
        ("[1]", "", "not settings: expected a JSON object"),
        ("{}", "version", "version: missing"),
        (
            r#"{"version":2}"#,
            "version",
            "version: not one that this program knows",
        ),
        (
            r#"{"version":"1"}"#,
            "version",
            "version: not one that this program knows",
        ),
        (
            r#"{"version":1,"defaultPolicy":"Allow"}"#,
            "defaultPolicy",
            "defaultPolicy: expected allow, public-only, relay-only or block",
        ),
        (
            r#"{"version":1,"sites":[]}"#,
            "sites",
            "sites: expected an object of hosts and policies",
        ),
        (
            r#"{"version":1,"sites":{"a.example":7}}"#,
            "sites.a.example",
            "sites.a.example: expected allow, public-only, relay-only or block",
        ),
        (
            r#"{"version":1,"sites":{"a b":"allow"}}"#,
            "sites.a b",
            "sites.a b: not the name of a host, such as meet.example",
        ),
        (
            r#"{"version":1,"sites":{"A.example":"allow","a.example":"block"}}"#,
            "sites.a.example",
            "sites.a.example: the same host is listed with another policy",
        ),
        (
            r#"{"version":1,"browserProtection":true}"#,
            "browserProtection",
            "browserProtection: expected standard, proxied-only or off",
        ),
        (
            r#"{"version":1,"history":"no"}"#,
            "history",
            "history: expected true or false",
        ),
        (
            r#"{"version":1,"sync":null}"#,
            "sync",
            "sync: expected true or false",
        ),
    ] {
        let error = Settings::parse(json).unwrap_err();
        assert_eq!(error.path(), path, "{json}");
        assert_eq!(error.to_string(), words, "{json}");
    }
    let sites: Vec<_> = (0..50_001)
        .map(|n| format!(r#""{n}.example":"allow""#))
        .collect();
    let json = format!(r#"{{"version":1,"sites":{{{}}}}}"#, sites.join(","));
    assert_eq!(Settings::parse(&json), Err(SettingsError::TooManySites));
}

#[test]
fn managed_fields_win() {
    let managed = Managed::parse(r#"{"defaultPolicy":"block","sites":{"work.example":"allow"}}"#);
    let managed = managed.unwrap();
    assert_eq!(
        managed.managed_fields(),
        [Field::DefaultPolicy, Field::Sites]
    );
    let own = settings(DOCUMENT);
    let merged = own.merge_managed(&managed);
    assert_eq!(merged.default_policy(), Policy::Block);
    assert_eq!(merged.sites().len(), 1);
    assert_eq!(merged.browser_protection(), own.browser_protection());
    assert_eq!(own.merge_managed(&Managed::default()), own);
    assert!(Managed::parse(r#"{"version":2}"#).is_err());
    assert!(Managed::parse(r#"{"sync":1}"#).is_err());
    let patch = Patch {
        history: Some(false),
        ..Patch::site(host("a.example"), None)
    };
    assert_eq!(patch.conflicts(&managed), [Field::Sites]);
}

#[test]
fn two_windows_lose_nothing() {
    let base = settings(DOCUMENT);
    let ours = base
        .clone()
        .apply(&Patch::site(host("a.example"), Some(Policy::Block)));
    let theirs = base
        .clone()
        .apply(&Patch::site(host("meet.example"), None))
        .apply(&Patch {
            sync: Some(true),
            ..Patch::default()
        });
    let merged = Settings::merge(&base, &ours, &theirs);
    assert!(merged.sync());
    assert_eq!(merged.sites().get("a.example"), Some(&Policy::Block));
    assert_eq!(merged.sites().get("meet.example"), None);
    assert!(merged.to_json().contains("future"));
}

#[test]
fn a_patch_says_what_it_does() {
    let from = settings(DOCUMENT);
    let to = settings(r#"{"version":1,"sites":{"meet.example":"block"}}"#);
    let patch = Patch::between(&from, &to);
    assert!(!patch.is_empty());
    let changes = patch.changes(&from);
    assert_eq!(changes.len(), 6);
    assert!(changes.contains(&Change::DefaultPolicy {
        from: Policy::PublicOnly,
        to: Policy::RelayOnly
    }));
    assert!(changes.contains(&Change::Site {
        host: host("meet.example"),
        from: Some(Policy::Allow),
        to: Some(Policy::Block),
    }));
    let done = from.apply(&patch);
    assert!(patch.changes(&done).is_empty());
    assert!(Patch::between(&done, &to).is_empty());
}
