//! What a page may learn from WebRTC.
//!
//! This crate decides; it doesn't act. It reads candidates, descriptions, statistics and server
//! lists as text, applies a [`policy::Policy`], and gives text back. It knows no browser, no
//! clock, no randomness and no I/O, so the same code runs beside a page, in the background and in
//! tests.
//!
//! Two rules hold everywhere:
//!
//! - **It fails closed.** What it can't read is treated as something to hide.
//! - **It never panics**, whatever the input, and all that it remembers is bounded.
//!
//! [`connection::Connection`] is the way in for a page's guard. The feature `settings` adds what
//! the background needs: `host`, `settings` and `ledger`.
#![forbid(unsafe_code)]
// A page's guard does without std: it carries the machinery of panics, several times the weight
// of what is here.
#![cfg_attr(not(any(feature = "settings", test)), no_std)]

extern crate alloc;

pub mod address;
pub mod candidate;
pub mod connection;
pub mod description;
pub mod foundation;
pub mod policy;
pub mod servers;
pub mod stats;
pub mod tally;
mod text;

#[cfg(feature = "settings")]
pub mod host;
#[cfg(feature = "settings")]
pub mod ledger;
#[cfg(feature = "settings")]
pub mod settings;
