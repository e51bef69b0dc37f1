//! Addresses and their classes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::{Address, AddressClass, mentions_ip};

fn class(text: &str) -> &'static str {
    Address::parse(text).class().as_str()
}

#[test]
fn classes_follow_the_registries() {
    for (text, expected) in [
        ("8.8.8.8", "public"),
        ("172.15.0.1", "public"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", "public"),
        ("10.0.0.1", "private"),
        ("192.168.1.10", "private"),
        ("100.63.255.255", "public"),
        ("100.64.0.1", "cgnat"),
        ("100.127.255.255", "cgnat"),
        ("100.128.0.0", "public"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("192.0.0.4", "reserved"),
        ("192.0.0.9", "public"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("198.18.0.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("224.0.0.251", "multicast"),
        ("233.252.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("240.0.0.1", "reserved"),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("2606:4700::1111", "public"),
        ("2001:db8::1", "documentation"),
        ("3fff:fff::1", "documentation"),
        ("3fff:1000::1", "public"),
        ("fd00::1", "unique-local"),
        ("fe80::1", "link-local"),
        ("fec0::1", "private"),
        ("ff02::fb", "multicast"),
        ("100::1", "reserved"),
        ("2001:2::1", "reserved"),
        ("2001:20::1", "reserved"),
        ("4000::1", "reserved"),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

#[test]
fn an_address_inside_an_address_decides() {
    for (text, expected) in [
        ("::ffff:192.168.1.10", "private"),
        ("::ffff:c0a8:10a", "private"),
        ("::ffff:8.8.8.8", "public"),
        ("::ffff:0:10.0.0.1", "private"),
        ("::10.0.0.1", "private"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::8.8.8.8", "public"),
        ("64:ff9b:1::8.8.8.8", "private"),
        ("2002:c0a8:101::1", "private"),
        ("2002:0808:0808::1", "public"),
        ("2001:0:808:808:0:0:3f57:fef5", "private"),
        ("2001:0:808:808:0:0:f7f7:f7f7", "public"),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

#[test]
fn every_notation_of_an_address_is_read() {
    for (text, expected) in [
        ("[::1]", "loopback"),
        ("fe80::1%eth0", "link-local"),
        ("[fe80::1%25wlan0]", "link-local"),
        ("0:0:0:0:0:0:0:1", "loopback"),
        ("FD00::A", "unique-local"),
        ("127.1", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0x7F.1", "loopback"),
        ("0177.0.0.01", "loopback"),
        ("10.0.0.1.", "private"),
        ("192.168.266", "private"),
        ("0", "unspecified"),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

#[test]
fn names_are_local_or_other() {
    for (text, expected) in [
        ("8b3a2c1e-0000-4000-8000-1234567890ab.local", "local-name"),
        ("PRINTER.LOCAL", "local-name"),
        ("printer.local.", "local-name"),
        ("turn.example.org", "name"),
        ("local.example", "name"),
        ("", "name"),
        ("1.2.3.4.5", "name"),
        ("256.0.0.1", "name"),
        ("10.0.0.256", "name"),
        ("4294967296", "name"),
        ("08.1", "name"),
        ("1.2.3.+4", "name"),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}

#[test]
fn words_of_classes_read_back() {
    for class in AddressClass::ALL {
        assert_eq!(AddressClass::from_word(class.as_str()), Some(class));
    }
    assert_eq!(AddressClass::from_word("other"), None);
}

#[test]
fn an_ip_is_found_inside_other_text() {
    for text in [
        "192.168.1.10",
        "x=192.168.1.10;",
        "192.168.1.10:80",
        "[fe80::1%eth0]:5",
        "::1",
        "a(2001:db8::1)",
    ] {
        assert!(mentions_ip(text), "{text}");
    }
    for text in ["", "generation", "1.2.3", "12:34", "a.b.c.d", "v1.2.3.4.5"] {
        assert!(!mentions_ip(text), "{text}");
    }
}
