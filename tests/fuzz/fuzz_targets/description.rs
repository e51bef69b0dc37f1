//! Any description: filtering twice is filtering once, and `allow` changes nothing.
#![no_main]

use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::stats::Side;
use iceveil_core::tally::Tally;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|sdp: &str| {
    let mut tally = Tally::default();
    for policy in Policy::ALL {
        let mut connection = Connection::new(policy, PageHost::Elsewhere);
        let once = connection.description(Side::Local, sdp, &mut tally);
        assert!(policy != Policy::Allow || once.is_none());
        let once = once.unwrap_or_else(|| sdp.into());
        assert_eq!(connection.description(Side::Local, &once, &mut tally), None);
        let _ = connection.local_description(sdp);
        connection.remote_description(sdp, &mut tally);
    }
});
