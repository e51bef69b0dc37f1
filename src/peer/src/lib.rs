//! The native companion of Iceveil: the other end of the wire.
//!
//! It serves the leak test, answers STUN, relays by TURN, is a WebRTC peer that echoes, and keeps
//! an account of every address it learned and from which message. A test or a person can then
//! compare what a page claims with what was really sent.
//!
//! Nothing here listens anywhere but on loopback unless an option says so; nothing is written to
//! disk but what `audit` is asked to save; no log line carries an address unless
//! `--log-addresses` is given.

#![forbid(unsafe_code)]

pub mod audit;
pub mod clients;
pub mod http;
pub mod logging;
pub mod observations;
pub mod options;
pub mod random;
pub mod rtc;
pub mod sdp;
pub mod serve;
mod slots;
pub mod stun;
pub mod task;
pub mod tls;
pub mod turn;
