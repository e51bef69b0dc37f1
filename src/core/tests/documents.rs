//! What holds for every settings document, host and batch of attempts.
#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(feature = "settings")]

use iceveil_core::host::{Host, HostPattern};
use iceveil_core::ledger::{Ledger, Record};
use iceveil_core::policy::Policy;
use iceveil_core::settings::{Managed, Patch, Settings};
use proptest::prelude::*;

fn policy() -> impl Strategy<Value = Policy> {
    proptest::sample::select(Policy::ALL.to_vec())
}

fn name() -> impl Strategy<Value = String> {
    "[a-c]{1,2}(\\.[a-c]{1,2}){0,3}"
}

fn settings() -> impl Strategy<Value = Settings> {
    let sites = proptest::collection::btree_map(name(), policy(), 0..8);
    (policy(), sites, any::<bool>(), "[a-z]{3,8}").prop_map(|(default, sites, sync, future)| {
        let patch = Patch {
            default_policy: Some(default),
            sync: Some(sync),
            sites: sites
                .iter()
                .map(|(host, policy)| (Host::parse(host).unwrap(), Some(*policy)))
                .collect(),
            ..Patch::default()
        };
        let base = format!(r#"{{"version":1,"x-{future}":[1]}}"#);
        Settings::parse(&base).unwrap().apply(&patch)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in any::<String>(), other in any::<String>()) {
        let _ = (Settings::parse(&text), Managed::parse(&text), Host::of_origin(&text));
        if let Ok(pattern) = HostPattern::parse(&text) {
            let host = pattern.host();
            prop_assert_eq!(Host::parse(host.as_str()), Ok(host.clone()));
            let _ = host.to_unicode();
        }
        let mut record = Record::default();
        record.add(&text, &other, 0);
        Ledger::default().add(0, &other, &text, u64::MAX);
    }

    #[test]
    fn no_batch_breaks_the_ledger(lines in proptest::collection::vec(
        "(candidate|server|x)\t(host|-|y)\t(private|-)\t(hidden|shown|z)\t[0-9]{1,11}\t[a\t\n]{0,3}", 0..20,
    )) {
        let mut record = Record::default();
        record.add("a.example", &lines.join("\n"), 1);
        prop_assert_eq!(record.total(), record.rows().iter().map(|row| row.count).sum::<u64>());
        prop_assert!(record.stopped() <= record.total());
        let json = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }

    #[test]
    fn what_is_written_reads_back(settings in settings()) {
        prop_assert_eq!(Settings::parse(&settings.to_json()), Ok(settings.clone()));
        prop_assert_eq!(Settings::parse(&settings.to_pretty_json()), Ok(settings));
    }

    #[test]
    fn the_longest_entry_that_fits_counts(settings in settings(), host in name()) {
        let host = Host::parse(&host).unwrap();
        let plain = settings
            .sites()
            .iter()
            .filter(|(site, _)| {
                host.as_str() == site.as_str() || host.as_str().ends_with(&format!(".{site}"))
            })
            .max_by_key(|(site, _)| site.as_str().len())
            .map_or(settings.default_policy(), |(_, policy)| *policy);
        prop_assert_eq!(settings.policy_for_host(&host), plain);
    }

    #[test]
    fn a_patch_leads_from_one_document_to_the_other(from in settings(), to in settings()) {
        let patch = Patch::between(&from, &to);
        let done = from.clone().apply(&patch);
        prop_assert!(Patch::between(&done, &to).is_empty());
        prop_assert_eq!(patch.is_empty(), patch.changes(&from).is_empty());
        prop_assert!(Patch::between(&from, &Settings::merge(&from, &from, &from)).is_empty());
    }
}
