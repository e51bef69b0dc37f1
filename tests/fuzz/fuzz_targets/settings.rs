//! Any document and any batch of lines: what is read can be written and read again.
#![no_main]

use iceveil_core::host::HostPattern;
use iceveil_core::ledger::Record;
use iceveil_core::settings::{Managed, Settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(settings) = Settings::parse(text) {
        assert_eq!(Settings::parse(&settings.to_json()), Ok(settings));
    }
    let _ = Managed::parse(text);
    if let Ok(pattern) = HostPattern::parse(text) {
        let host = pattern.host();
        assert_eq!(
            HostPattern::parse(host.as_str())
                .as_ref()
                .map(HostPattern::host),
            Ok(host)
        );
    }
    Record::default().add(text, text, 0);
});
