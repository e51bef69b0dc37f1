//! `iceveil-peer audit`: what a browser gives away, without the extension and with it.
//!
//! The page says what it could read, the peer says what came over the wire; both are judged.

mod browser;
mod chromium;
mod client;
mod firefox;
mod judge;
mod realms;
mod socket;
mod table;

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};
use tracing::{info, warn};

use crate::options::{AuditOptions, ServeOptions, Simulation};
use crate::serve::{Peer, ServeError};
use browser::{Browser, Launch, Program, Tab};
use client::PeerClient;
pub use judge::Verdict;
use judge::{Findings, Judgement};

/// How often the report is asked for.
const POLL: Duration = Duration::from_millis(200);
/// How long the page has after its report to show it, before the screenshot.
const SHOW_TIME: Duration = Duration::from_millis(500);

/// The files of a judged audit.
const RESULTS: [&str; 3] = ["audit.json", "without.png", "with.png"];

/// Why an audit couldn't be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// The browser isn't there.
    NoBrowser(String),
    /// The browser didn't do what it was told.
    Browser(&'static str),
    /// The extension isn't there, or the browser didn't load it.
    NoExtension,
    /// The leak test has no window or frame of that name.
    Realm(String),
    /// `--peer` isn't `http://HOST:PORT`.
    PeerUrl,
    /// The peer didn't answer.
    Peer,
    /// Our own peer didn't start.
    Serve(ServeError),
    /// The page couldn't be opened.
    Page,
    /// The page didn't report in time.
    NoReport {
        /// In the run with the extension.
        extension: bool,
    },
    /// The results can't be saved.
    Save(PathBuf, io::ErrorKind),
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBrowser(name) => write!(f, "--browser {name}: no such browser here"),
            Self::Browser(what) => write!(f, "the browser failed at this: {what}"),
            Self::NoExtension => f.write_str(
                "the browser didn't load the extension; is --extension right, and built?",
            ),
            Self::Realm(name) => write!(
                f,
                "--realms: there is no window or frame \"{name}\"; write none, all, or ids of \
                 ARCHITECTURE.md's table with commas between"
            ),
            Self::PeerUrl => f.write_str("--peer: write it as http://HOST:PORT"),
            Self::Peer => f.write_str("the peer gave no answer, or none that makes sense"),
            Self::Serve(error) => error.fmt(f),
            Self::Page => f.write_str("the leak test couldn't be opened"),
            Self::NoReport { extension } => write!(
                f,
                "the leak test {} the extension gave no report in time (--timeout)",
                if *extension { "with" } else { "without" }
            ),
            Self::Save(out, kind) => write!(
                f,
                "--out {}: the results can't be saved there: {kind}",
                out.display()
            ),
        }
    }
}

impl std::error::Error for AuditError {}

/// Makes the audit, prints it, saves it.
///
/// # Errors
/// When it couldn't be made.
pub async fn run(options: &AuditOptions) -> Result<Verdict, AuditError> {
    check_realms(options)?;
    let program = Program::find(&options.browser)?;
    // Packed it is a file; what it is worth the browser says.
    let extension = &options.extension;
    if !extension.is_file() && !extension.join("manifest.json").is_file() {
        return Err(AuditError::NoExtension);
    }
    if !options.open {
        check_out(&options.out)?;
    }
    let own = if options.peer.is_none() {
        Some(own_peer(options).await?)
    } else {
        None
    };
    let url = match (&options.peer, &own) {
        (Some(url), _) => url.trim_end_matches('/').to_owned(),
        (None, Some(peer)) => peer.url(),
        (None, None) => return Err(AuditError::Peer),
    };
    let audit = Audit {
        options,
        program,
        peer: PeerClient::new(&url)?,
        url,
    };
    let result = if options.open {
        audit.open().await
    } else {
        audit.both().await
    };
    if let Some(peer) = own {
        peer.stop().await;
    }
    result
}

/// Another page than ours has rows of its own.
fn check_realms(options: &AuditOptions) -> Result<(), AuditError> {
    let chosen = options.realms.as_deref().filter(|_| options.url.is_none());
    match chosen.and_then(realms::unknown) {
        Some(name) => Err(AuditError::Realm(name.to_owned())),
        None => Ok(()),
    }
}

/// Found out before the browsers run: what they gave would be lost.
fn check_out(out: &Path) -> Result<(), AuditError> {
    let probe = format!(".iceveil-{}", std::process::id());
    write(out, &probe, b"")?;
    let results = RESULTS.map(|name| fs::OpenOptions::new().append(true).open(out.join(name)));
    let removed = fs::remove_file(out.join(probe));
    let all = results
        .into_iter()
        .map(|file| file.map(drop))
        .chain([removed]);
    for error in all.filter_map(Result::err) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(AuditError::Save(out.to_owned(), error.kind()));
        }
    }
    Ok(())
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
    let failed = |error: io::Error| AuditError::Save(out.to_owned(), error.kind());
    fs::create_dir_all(out).map_err(failed)?;
    fs::write(out.join(name), bytes).map_err(failed)
}

async fn own_peer(options: &AuditOptions) -> Result<Peer, AuditError> {
    let listen = match options.listen.as_slice() {
        [] => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        named => named.to_vec(),
    };
    let any_port: Vec<_> = listen.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
    let serve = ServeOptions {
        http: any_port.clone(),
        stun: any_port,
        listen,
        www: options.www.clone(),
        simulate_mapped: match options.simulate_mapped {
            Simulation::Truth => None,
            Simulation::Address(ip) => Some(ip),
        },
        ..ServeOptions::default()
    };
    Peer::start(&serve).await.map_err(AuditError::Serve)
}

struct Audit<'a> {
    options: &'a AuditOptions,
    program: Program,
    peer: PeerClient,
    url: String,
}

/// What one run of the page gave.
struct Run {
    browser: String,
    findings: Findings,
    screenshot: Option<Vec<u8>>,
}

impl Audit<'_> {
    async fn both(&self) -> Result<Verdict, AuditError> {
        let without = self.once(None).await?;
        let with = self.once(Some(&self.options.extension)).await?;
        let judgement = Judgement::new(&without.findings, &with.findings);
        let verdict = judgement.verdict;
        let document = json!({
            "browser": with.browser,
            "page": self.page(),
            "simulated": with.findings.simulated(),
            "verdict": verdict,
            "table": judgement.rows,
            "wire": judgement.wire,
            "runs": {
                "without": without.findings.to_json(),
                "with": with.findings.to_json(),
            },
        });
        self.save(&document, &without, &with)?;
        let printed = if self.options.json {
            format!("{document:#}\n")
        } else {
            table::print(&judgement, &with.browser, &self.page(), &with.findings)
        };
        // Whoever reads the output may have gone: the exit status says it all.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), printed.as_bytes());
        Ok(verdict)
    }

    async fn once(&self, extension: Option<&Path>) -> Result<Run, AuditError> {
        let (id, page) = self.client().await?;
        let launch = Launch {
            extension,
            visible: false,
            microphone: self.options.microphone,
            url: None,
            arguments: &self.options.browser_arg,
        };
        let mut browser = self.program.start(&launch)?;
        let tab = browser.tab(extension).await;
        let (tab, run) = match tab {
            Ok(mut tab) => {
                let run = self.drive(&mut tab, &id, &page, extension.is_some()).await;
                (Some(tab), run)
            }
            Err(error) => (None, Err(error)),
        };
        browser.stop(tab).await;
        // Our account is complete; the client would expire by itself, too.
        let _ = self
            .peer
            .ask(Method::DELETE, &format!("/api/clients/{id}"))
            .await;
        if run.is_ok() {
            info!(extension = extension.is_some(), "run done");
        }
        run
    }

    async fn drive(
        &self,
        tab: &mut Tab,
        id: &str,
        page: &str,
        extension: bool,
    ) -> Result<Run, AuditError> {
        tab.go(page).await?;
        let path = format!("/api/clients/{id}/report");
        let deadline = Instant::now() + Duration::from_secs(self.options.timeout);
        let report = loop {
            if let Some(report) = self.peer.ask(Method::GET, &path).await? {
                break report;
            }
            if Instant::now() > deadline {
                // How far it came is the best hint there is; without it the error stands alone.
                if let Ok(screenshot) = tab.screenshot().await {
                    self.write("failed.png", &screenshot)?;
                }
                return Err(AuditError::NoReport { extension });
            }
            tokio::time::sleep(POLL).await;
        };
        tokio::time::sleep(SHOW_TIME).await;
        // A browser that can't draw can still be judged.
        let screenshot = tab
            .screenshot()
            .await
            .inspect_err(|_| warn!("no screenshot"))
            .ok();
        let account = self
            .peer
            .ask(Method::GET, &format!("/api/clients/{id}/observations"))
            .await?;
        let info = self
            .peer
            .ask(Method::GET, &format!("/api/clients/{id}"))
            .await?;
        let findings = Findings::new(
            report,
            &account.unwrap_or_default(),
            info.unwrap_or_default(),
        );
        Ok(Run {
            browser: tab.version.clone(),
            findings,
            screenshot,
        })
    }

    async fn open(&self) -> Result<Verdict, AuditError> {
        let (_, page) = self.client().await?;
        let launch = Launch {
            extension: Some(&self.options.extension),
            visible: true,
            microphone: self.options.microphone,
            url: Some(&page),
            arguments: &self.options.browser_arg,
        };
        let mut browser: Browser = self.program.start(&launch)?;
        browser.install(&self.options.extension, &page).await?;
        browser.closed().await;
        Ok(Verdict::Clean)
    }

    fn page(&self) -> String {
        match &self.options.url {
            Some(url) => url.clone(),
            None if self.options.strict => format!("{}/strict/", self.url),
            None => format!("{}/", self.url),
        }
    }

    /// Makes a client at the peer. Gives its id and the page's address.
    async fn client(&self) -> Result<(String, String), AuditError> {
        let client = self
            .peer
            .ask(Method::POST, "/api/clients")
            .await?
            .ok_or(AuditError::Peer)?;
        let id = client
            .get("id")
            .and_then(Value::as_str)
            .ok_or(AuditError::Peer)?
            .to_owned();
        let page = self.page();
        let mark = if page.contains('?') { '&' } else { '?' };
        let mut page = format!("{page}{mark}client={id}&report=1");
        if self.options.microphone {
            page.push_str("&gum=1");
        }
        if let Some(realms) = &self.options.realms {
            page.push_str("&realms=");
            page.push_str(realms);
        }
        Ok((id, page))
    }

    fn save(&self, document: &Value, without: &Run, with: &Run) -> Result<(), AuditError> {
        let [document_name, without_name, with_name] = RESULTS;
        self.write(document_name, format!("{document:#}\n").as_bytes())?;
        for (name, run) in [(without_name, without), (with_name, with)] {
            if let Some(screenshot) = &run.screenshot {
                self.write(name, screenshot)?;
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
        write(&self.options.out, name, bytes)
    }
}
