//! Structured logs on standard error, without addresses unless they are asked for.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What stopped something from working.
    Error,
    /// What will need attention.
    Warn,
    /// Starts, stops and clients.
    Info,
    /// Each message's kind.
    Debug,
    /// Everything there is.
    Trace,
}

static SHOW_ADDRESSES: AtomicBool = AtomicBool::new(false);

/// Starts logging for this process. A second call does nothing.
///
/// Libraries underneath write addresses into their own log lines, so they are heard only when
/// `addresses` is set.
pub fn start(format: LogFormat, level: LogLevel, addresses: bool) {
    SHOW_ADDRESSES.store(addresses, Ordering::Relaxed);
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let mut targets = Targets::new().with_target("iceveil_peer", level);
    if addresses {
        targets = targets.with_default(level);
    }
    let registry = tracing_subscriber::registry().with(targets);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // It fails only where a subscriber is there already, in tests.
    let _ = match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
}

/// An address on its way into a log line: `-` unless `--log-addresses` was given.
pub struct Logged(pub SocketAddr);

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if SHOW_ADDRESSES.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("-")
        }
    }
}
