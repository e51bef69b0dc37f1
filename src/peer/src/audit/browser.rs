//! Browsers: found, started with a fresh profile, driven, and stopped again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::process::{Child, Command};

use super::socket::BrowserSocket;
use super::{AuditError, chromium, firefox};
use crate::random;

/// How long a browser may take to start, on a busy machine.
const START_TIME: Duration = Duration::from_secs(60);
/// How long it may take to stop by itself.
const STOP_TIME: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Which family a browser is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Chromium,
    Firefox,
}

/// A browser on this machine.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) kind: Kind,
    path: PathBuf,
}

/// How to start one.
pub(super) struct Launch<'a> {
    /// The extension to load, if any.
    pub(super) extension: Option<&'a Path>,
    /// With a window.
    pub(super) visible: bool,
    /// The page may use a fake microphone.
    pub(super) microphone: bool,
    /// Opened at once; only where nothing is driven.
    pub(super) url: Option<&'a str>,
    /// More arguments.
    pub(super) arguments: &'a [String],
}

/// A folder that goes when this is dropped.
pub(super) struct Profile(pub(super) PathBuf);

/// A running browser.
pub(super) struct Browser {
    kind: Kind,
    child: Child,
    profile: Profile,
}

impl Program {
    /// Finds `chromium`, `firefox` or a path.
    pub(super) fn find(name: &str) -> Result<Self, AuditError> {
        let (kind, names): (_, &[&str]) = match name {
            "chromium" => (
                Kind::Chromium,
                &[
                    "chromium",
                    "chromium-browser",
                    "google-chrome-stable",
                    "google-chrome",
                    "chrome",
                ],
            ),
            "firefox" => (Kind::Firefox, &["firefox", "firefox-esr"]),
            path => {
                let file = Path::new(path)
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy();
                let kind = if file.contains("firefox") {
                    Kind::Firefox
                } else {
                    Kind::Chromium
                };
                (kind, &[])
            }
        };
        let path = if names.is_empty() {
            Some(PathBuf::from(name))
        } else {
            on_path(names)
        };
        let path = path.filter(|path| path.is_file());
        path.map(|path| Self { kind, path })
            .ok_or_else(|| AuditError::NoBrowser(name.to_owned()))
    }

    /// Starts it with a fresh profile.
    pub(super) fn start(&self, launch: &Launch<'_>) -> Result<Browser, AuditError> {
        let profile = Profile::new()?;
        let mut command = Command::new(&self.path);
        match self.kind {
            Kind::Chromium => chromium::arguments(&mut command, &profile.0, launch)?,
            Kind::Firefox => firefox::arguments(&mut command, &profile.0, launch)?,
        }
        command.args(launch.arguments);
        if self.kind == Kind::Chromium {
            command.args(launch.url);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn();
        let child = child.map_err(|_| AuditError::Browser("starting it"))?;
        Ok(Browser {
            kind: self.kind,
            child,
            profile,
        })
    }
}

impl Browser {
    /// Connects to it: to what drives its one tab.
    pub(super) async fn tab(&mut self, extension: Option<&Path>) -> Result<Tab, AuditError> {
        let deadline = tokio::time::Instant::now() + START_TIME;
        let url = loop {
            let url = match self.kind {
                Kind::Chromium => chromium::socket_url(&self.profile.0),
                Kind::Firefox => firefox::socket_url(&self.profile.0),
            };
            if let Some(url) = url {
                break url;
            }
            let exited = self.child.try_wait().ok().flatten().is_some();
            if exited || tokio::time::Instant::now() > deadline {
                return Err(AuditError::Browser("starting it"));
            }
            tokio::time::sleep(POLL).await;
        };
        let mut socket = BrowserSocket::connect(&url).await?;
        let (tab, version) = match self.kind {
            Kind::Chromium => chromium::open_tab(&mut socket, extension.is_some()).await?,
            Kind::Firefox => firefox::open_tab(&mut socket, extension).await?,
        };
        Ok(Tab {
            version,
            kind: self.kind,
            socket,
            tab,
        })
    }

    /// Gives a visible browser its extension, where the command line couldn't, and the page.
    pub(super) async fn install(&mut self, extension: &Path, url: &str) -> Result<(), AuditError> {
        match self.kind {
            Kind::Chromium => Ok(()),
            Kind::Firefox => self.tab(Some(extension)).await?.go(url).await,
        }
    }

    /// Waits until it was closed by hand.
    pub(super) async fn closed(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Stops it: kindly, then not.
    pub(super) async fn stop(mut self, tab: Option<Tab>) {
        if let Some(mut tab) = tab {
            let method = match self.kind {
                Kind::Chromium => "Browser.close",
                Kind::Firefox => "browser.close",
            };
            let close = tab
                .socket
                .command(method, Value::Object(Default::default()), None);
            // It may be gone before it answers.
            let _ = tokio::time::timeout(STOP_TIME, close).await;
            let _ = tokio::time::timeout(STOP_TIME, self.child.wait()).await;
        }
        let _ = self.child.kill().await;
    }
}

/// The tab of a running browser.
pub(super) struct Tab {
    /// The browser's name and version.
    pub(super) version: String,
    kind: Kind,
    socket: BrowserSocket,
    tab: String,
}

impl Tab {
    /// Goes to a page, and doesn't wait for it.
    pub(super) async fn go(&mut self, url: &str) -> Result<(), AuditError> {
        match self.kind {
            Kind::Chromium => chromium::go(&mut self.socket, &self.tab, url).await,
            Kind::Firefox => firefox::go(&mut self.socket, &self.tab, url).await,
        }
    }

    /// The whole page as PNG.
    pub(super) async fn screenshot(&mut self) -> Result<Vec<u8>, AuditError> {
        let data = match self.kind {
            Kind::Chromium => chromium::screenshot(&mut self.socket, &self.tab).await?,
            Kind::Firefox => firefox::screenshot(&mut self.socket, &self.tab).await?,
        };
        STANDARD
            .decode(data)
            .map_err(|_| AuditError::Browser("the screenshot"))
    }
}

impl Profile {
    fn new() -> Result<Self, AuditError> {
        let failed = |_| AuditError::Browser("its profile");
        let name = random::token(8).map_err(|_| AuditError::Browser("its profile"))?;
        let folder = std::env::temp_dir().join(format!("iceveil-audit-{name}"));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        Ok(Self(folder))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // A browser that was killed may still write for a moment.
        for _ in 0..20 {
            match std::fs::remove_dir_all(&self.0) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                _ => return,
            }
        }
    }
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let all = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|file| file.is_file())
}

/// A string inside an answer.
pub(super) fn text(answer: &Value, pointer: &str) -> Option<String> {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
}
