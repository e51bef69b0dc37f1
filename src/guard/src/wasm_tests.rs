//! The interface as JavaScript meets it, in a browser.
#![allow(clippy::unwrap_used)]

use alloc::format;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use crate::{ask, drain, policy};

wasm_bindgen_test_configure!(run_in_browser);

const SRFLX: &str = "candidate:1 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.10 \
                     rport 46154 generation 0";

#[wasm_bindgen_test]
fn a_policy_holds_for_connections_to_come() {
    policy("allow", "example.org");
    assert_eq!(ask("o 101\n"), "=allow");
    policy("relay-only", "example.org");
    assert_eq!(ask("o 102\n"), "=relay-only");
    assert_eq!(ask(&format!("c 101\ncandidate\n{SRFLX}")), "=");
    assert!(ask(&format!("c 102\ncandidate\n{SRFLX}")).starts_with("-candidate:"));
    policy("nonsense", "");
    assert_eq!(ask("o 103\n"), "=relay-only");
}

#[wasm_bindgen_test]
fn strings_of_any_kind_cross() {
    for request in ["", "?", "o", "\0", "é 1\n", "d x\n", "c 1\n\u{10ffff}"] {
        assert_eq!(ask(request), "!");
    }
    policy("relay-only", "");
    let sdp = format!("s=\u{1f600} é\r\na={SRFLX}\r\n");
    assert_eq!(ask(&format!("d 0\n{sdp}")), "~s=\u{1f600} é\r\n");
    let long = format!("d 0\ns={}\n", "x".repeat(1 << 20));
    assert_eq!(ask(&long), "=");
}

#[wasm_bindgen_test]
fn a_record_has_six_values() {
    policy("public-only", "");
    let answer = ask(&format!("c 0\ntransport\n{SRFLX}"));
    let values: alloc::vec::Vec<&str> = answer.split('\n').collect();
    assert_eq!(values.len(), 6);
    assert!(values.first().unwrap().starts_with("~candidate:"));
    assert_eq!(
        values.get(1..5),
        Some(["203.0.113.7", "46154", "0.0.0.0", "0"].as_slice())
    );
}

#[wasm_bindgen_test]
fn what_was_counted_is_handed_over_once() {
    let _ = drain();
    policy("relay-only", "");
    assert_eq!(
        ask("s 0\nstun:stun.example.org\nturn:turn.example.org"),
        "~01"
    );
    assert_eq!(
        drain(),
        "server\t-\tname\tremoved\t1\tstun:stun.example.org\n\
         server\t-\tname\tshown\t1\tturn:turn.example.org\n"
    );
    assert_eq!(drain(), "");
}

#[wasm_bindgen_test]
fn memory_is_given_back() {
    policy("relay-only", "");
    for round in 0..2_000_u32 {
        let number = round + 1_000;
        let _ = ask(&format!("o {number}\n"));
        let _ = ask(&format!(
            "d {number}\n{}a={SRFLX}\r\n",
            "a=mid:0\r\n".repeat(500)
        ));
        let _ = ask(&format!("x {number}\n"));
    }
    assert!(core::arch::wasm32::memory_size::<0>() < 512);
}
