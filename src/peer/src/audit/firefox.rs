//! Firefox, driven by WebDriver BiDi.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use super::AuditError;
use super::browser::{Launch, text};
use super::socket::BrowserSocket;

/// Preferences of a fresh profile: quiet, and able to do WebRTC with a peer on loopback.
const PREFERENCES: [(&str, &str); 14] = [
    ("app.normandy.enabled", "false"),
    ("app.update.disabledForTesting", "true"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.startup.homepage_override.mstone", "\"ignore\""),
    ("browser.safebrowsing.update.enabled", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("extensions.autoDisableScopes", "0"),
    ("extensions.getAddons.cache.enabled", "false"),
    ("media.peerconnection.ice.loopback", "true"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("remote.active-protocols", "1"),
    ("toolkit.telemetry.reportingpolicy.firstRun", "false"),
    ("xpinstall.signatures.required", "false"),
];

/// Arguments, and the profile they name.
pub(super) fn arguments(
    command: &mut Command,
    profile: &Path,
    launch: &Launch<'_>,
) -> Result<(), AuditError> {
    let mut preferences = String::new();
    let mut set = |name: &str, value: &str| {
        // Writing to a String can't fail.
        let _ = writeln!(preferences, "user_pref(\"{name}\", {value});");
    };
    PREFERENCES
        .iter()
        .for_each(|(name, value)| set(name, value));
    if launch.microphone {
        set("media.navigator.permission.disabled", "true");
        set("media.navigator.streams.fake", "true");
    }
    let written = std::fs::write(profile.join("user.js"), preferences);
    written.map_err(|_| AuditError::Browser("its profile"))?;
    command.arg("--no-remote").arg("--profile").arg(profile);
    if !launch.visible || launch.extension.is_some() {
        // A visible one is driven, too: that is how it gets its extension.
        command.arg("--remote-debugging-port=0");
    }
    if !launch.visible {
        command.args(["--headless", "--width", "1280", "--height", "1000"]);
    }
    Ok(())
}

/// Where it listens, as soon as it says so.
pub(super) fn socket_url(profile: &Path) -> Option<String> {
    let told = std::fs::read_to_string(profile.join("WebDriverBiDiServer.json")).ok()?;
    let told: Value = serde_json::from_str(&told).ok()?;
    let port = told.get("ws_port").and_then(Value::as_u64)?;
    Some(format!("ws://127.0.0.1:{port}/session"))
}

/// Takes the first tab, after installing the extension. Gives the tab and the version.
pub(super) async fn open_tab(
    socket: &mut BrowserSocket,
    extension: Option<&Path>,
) -> Result<(String, String), AuditError> {
    let session = socket
        .command("session.new", json!({ "capabilities": {} }), None)
        .await?;
    let version = text(&session, "/capabilities/browserVersion").unwrap_or_default();
    if let Some(extension) = extension {
        let path = std::fs::canonicalize(extension).map_err(|_| AuditError::NoExtension)?;
        let kind = if path.is_dir() { "path" } else { "archivePath" };
        let data = json!({ "extensionData": { "type": kind, "path": path } });
        let installed = socket.command("webExtension.install", data, None).await;
        installed.map_err(|_| AuditError::NoExtension)?;
    }
    let tree = socket
        .command("browsingContext.getTree", json!({}), None)
        .await?;
    let tab = text(&tree, "/contexts/0/context").ok_or(AuditError::Browser("its tab"))?;
    Ok((tab, format!("Firefox/{version}")))
}

/// Goes to a page.
pub(super) async fn go(socket: &mut BrowserSocket, tab: &str, url: &str) -> Result<(), AuditError> {
    let params = json!({ "context": tab, "url": url, "wait": "none" });
    socket
        .command("browsingContext.navigate", params, None)
        .await
        .map(|_| ())
}

/// The whole page, PNG in base64.
pub(super) async fn screenshot(
    socket: &mut BrowserSocket,
    tab: &str,
) -> Result<String, AuditError> {
    // The extension may have opened a page of its own over it.
    let activate = json!({ "context": tab });
    socket
        .command("browsingContext.activate", activate, None)
        .await?;
    let params = json!({ "context": tab, "origin": "document" });
    let answer = socket
        .command("browsingContext.captureScreenshot", params, None)
        .await?;
    text(&answer, "/data").ok_or(AuditError::Browser("the screenshot"))
}
