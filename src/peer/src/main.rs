//! The program `iceveil-peer`.

#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use iceveil_peer::audit::{self, Verdict};
use iceveil_peer::logging;
use iceveil_peer::options::{AuditOptions, Command, Options, ServeOptions};
use iceveil_peer::serve::Peer;
use tokio::signal::unix::{SignalKind, signal};

/// Connections and allocations at one time, and some more.
const OPEN_FILES: u64 = 8192;
/// The audit's exit status where it couldn't judge.
const UNJUDGED: u8 = 2;

fn main() -> ExitCode {
    let options = Options::parse();
    logging::start(options.log_format, options.log_level, options.log_addresses);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failure(&format!("no threads: {error}")),
    };
    let code = match options.command {
        Command::Serve(options) => runtime.block_on(serve(&options)),
        Command::Audit(options) => runtime.block_on(audit(&options)),
    };
    // Whatever still reads a file must not hold the stop up.
    runtime.shutdown_background();
    code
}

async fn serve(options: &ServeOptions) -> ExitCode {
    // All that the limits allow at one time; where the system allows less, that holds.
    let _ = rlimit::increase_nofile_limit(OPEN_FILES);
    // Before anything is bound, so that no signal is lost.
    let signals = signal(SignalKind::interrupt()).and_then(|interrupt| {
        signal(SignalKind::terminate()).map(|terminate| (interrupt, terminate))
    });
    let (mut interrupt, mut terminate) = match signals {
        Ok(signals) => signals,
        Err(error) => return failure(&format!("no signals: {error}")),
    };
    let peer = match Peer::start(options).await {
        Ok(peer) => peer,
        Err(error) => return failure(&error.to_string()),
    };
    let ready = if options.ready_json {
        peer.ready_json()
    } else {
        greeting(&peer)
    };
    // Whoever started the peer may have closed its output; it serves all the same.
    let _ = writeln!(std::io::stdout(), "{ready}");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    peer.stop().await;
    ExitCode::SUCCESS
}

async fn audit(options: &AuditOptions) -> ExitCode {
    // Stopped from outside, the browser and its profile go, too.
    let verdict = tokio::select! {
        verdict = audit::run(options) => verdict,
        _ = tokio::signal::ctrl_c() => return ExitCode::from(UNJUDGED),
    };
    match verdict {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Leak) => ExitCode::FAILURE,
        Ok(Verdict::Unjudged) => ExitCode::from(UNJUDGED),
        Err(error) => {
            failure(&error.to_string());
            ExitCode::from(UNJUDGED)
        }
    }
}

fn greeting(peer: &Peer) -> String {
    let simulated = match peer.app.simulated {
        Some(ip) => format!("\nSTUN answers are simulated: they say {ip}."),
        None => String::new(),
    };
    format!(
        "The leak test is on {}/. Stop with Ctrl-C.{simulated}",
        peer.url()
    )
}

fn failure(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "iceveil-peer: {error}");
    ExitCode::FAILURE
}
