//! The core as it runs beside a page, in the isolated world: strings in, strings out.
//!
//! Three functions are the whole interface, and all of them pass strings only, so that the wasm
//! needs no table of JavaScript objects and can be turned into plain JavaScript:
//!
//! - [`ask`] answers one question of the hooks;
//! - [`policy`] sets the policy of the frame;
//! - [`drain`] hands over what was counted.
//!
//! # Questions
//! A question is one line of a letter, a blank and the number of a connection, and then a payload:
//! `<letter> <connection>\n<payload>`. Connection 0, and one that isn't known, is the state that
//! the frame shares. An answer starts with its status: `=` is "as it is", `~` "use this
//! instead", `-` "hide it", `!` "no such question".
//!
//! | letter | payload | answer |
//! |---|---|---|
//! | `o` opens a connection | | `=` and the policy, which the connection keeps |
//! | `x` forgets it | | `=` |
//! | `s` ICE servers | one URL per line | `=`, or `~` and per URL `1` (keep) or `0` (remove) |
//! | `c` local, `k` remote candidate as read | surface, line break, candidate | a record |
//! | `d` local, `m` remote description as read | SDP | `=`, or `~` and SDP |
//! | `l` local description given | SDP | `=`, or `~` and SDP for the browser |
//! | `r` remote description given | SDP | `=`, or `~` and SDP for the browser |
//! | `a` remote candidate given | candidate | `=`, or `~` and candidate for the browser |
//! | `t` statistics | eight lines | a record |
//! | `e` candidate error | address, port, host candidate | `=` or `-` |
//! | `n` note | surface, line break, outcome | `=` |
//!
//! The lines of `t` are `local` or `remote`, candidateType, address, port, relatedAddress,
//! relatedPort, foundation and url. A value that isn't there is a line with U+0000 only.
//!
//! A record is `=`, or `~` (shown, with these values) or `-` (hidden; these values stand in
//! objects that the page holds all the same) and, with line breaks between them: candidate,
//! address, port, relatedAddress, relatedPort, foundation.
//!
//! # Weight
//! Every frame that uses WebRTC carries this, so the wasm does without std, whose panics and
//! allocator weigh as much again as all the rest.
#![forbid(unsafe_code)]
#![cfg_attr(all(target_arch = "wasm32", not(test)), no_std)]

extern crate alloc;

mod protocol;

use alloc::string::String;

use protocol::Frame;
use spin::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(all(target_arch = "wasm32", test))]
mod wasm_tests;

#[cfg(target_arch = "wasm32")]
mod wasm {
    //! What std would bring.

    use lol_alloc::{FreeListAllocator, LockedAllocator};

    #[global_allocator]
    static ALLOCATOR: LockedAllocator<FreeListAllocator> =
        LockedAllocator::new(FreeListAllocator::new());

    #[cfg(not(test))]
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}

/// The state of this frame, made at the first question.
static FRAME: Mutex<Option<Frame>> = Mutex::new(None);

/// Runs `f` on the state of this frame; `None` if that is in use, which can't happen, as nothing
/// in here calls out.
fn with_frame<T>(f: impl FnOnce(&mut Frame) -> T) -> Option<T> {
    FRAME
        .try_lock()
        .map(|mut frame| f(frame.get_or_insert_default()))
}

/// Answers one question of the hooks. Never fails: what can't be read is answered with `!`.
#[wasm_bindgen]
#[must_use]
pub fn ask(request: &str) -> String {
    with_frame(|frame| frame.ask(request)).unwrap_or_else(|| protocol::UNKNOWN.into())
}

/// Sets the policy for connections to come, and the host that the document was loaded from. An
/// unknown policy is `relay-only`.
#[wasm_bindgen]
pub fn policy(policy: &str, page_host: &str) {
    with_frame(|frame| frame.set_policy(policy, page_host));
}

/// Hands over what was counted since the last time, one line per row: surface, candidate type or
/// `-`, address class or `-`, outcome, count and detail, with tabs between them. Empty where
/// nothing was.
#[wasm_bindgen]
#[must_use]
pub fn drain() -> String {
    with_frame(Frame::drain).unwrap_or_default()
}
