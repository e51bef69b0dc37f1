//! Any questions, one a paragraph, put to one guard: it answers each, and forgets nothing it must
//! not.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    iceveil_guard::policy("relay-only", "");
    for question in text.split("\n\n") {
        assert!(!iceveil_guard::ask(question).is_empty());
    }
    let lines = iceveil_guard::drain();
    assert!(lines.lines().all(|line| line.split('\t').count() == 6));
});
