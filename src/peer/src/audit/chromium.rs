//! Chromium, driven by the DevTools protocol.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use super::AuditError;
use super::browser::{Launch, text};
use super::socket::BrowserSocket;

/// How often an extension's worker is looked for, a tenth of a second between.
const EXTENSION_TRIES: u32 = 200;

/// Arguments of a fresh browser that talks to nobody but the page's servers.
pub(super) fn arguments(
    command: &mut Command,
    profile: &Path,
    launch: &Launch<'_>,
) -> Result<(), AuditError> {
    command.arg(format!("--user-data-dir={}", profile.display())).args([
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--disable-quic",
        "--disable-features=DisableLoadExtensionCommandLineSwitch,OptimizationHints,Translate,MediaRouter",
        "--password-store=basic",
    ]);
    if !launch.visible {
        command.args([
            "--headless=new",
            "--remote-debugging-port=0",
            "--window-size=1280,1000",
        ]);
    }
    if runs_as_root() {
        command.arg("--no-sandbox");
    }
    if launch.microphone {
        command.args([
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ]);
    }
    if let Some(extension) = launch.extension {
        let path = std::fs::canonicalize(extension).map_err(|_| AuditError::NoExtension)?;
        command.arg(format!("--load-extension={}", path.display()));
        command.arg(format!("--disable-extensions-except={}", path.display()));
    }
    Ok(())
}

/// Chromium's sandbox refuses root.
fn runs_as_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status.lines().any(|line| {
            line.strip_prefix("Uid:")
                .is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
        })
    })
}

/// Where it listens, as soon as it says so.
pub(super) fn socket_url(profile: &Path) -> Option<String> {
    let told = std::fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
    let (port, path) = told.trim().split_once('\n')?;
    Some(format!("ws://127.0.0.1:{port}{path}"))
}

/// Attaches to the first tab. With an extension, only once its worker runs. Gives the
/// session with the tab, and the version.
pub(super) async fn open_tab(
    socket: &mut BrowserSocket,
    extension: bool,
) -> Result<(String, String), AuditError> {
    if extension {
        wait_for_extension(socket).await?;
    }
    let page = socket
        .command("Target.createTarget", json!({ "url": "about:blank" }), None)
        .await?;
    let target = page.get("targetId").cloned().unwrap_or_default();
    let attach = json!({ "targetId": target, "flatten": true });
    let attached = socket
        .command("Target.attachToTarget", attach, None)
        .await?;
    let session = text(&attached, "/sessionId").ok_or(AuditError::Browser("its tab"))?;
    let version = socket
        .command("Browser.getVersion", json!({}), None)
        .await?;
    Ok((session, text(&version, "/product").unwrap_or_default()))
}

async fn wait_for_extension(socket: &mut BrowserSocket) -> Result<(), AuditError> {
    for _ in 0..EXTENSION_TRIES {
        let targets = socket.command("Target.getTargets", json!({}), None).await?;
        let targets = targets
            .get("targetInfos")
            .and_then(Value::as_array)
            .cloned();
        let running = targets.unwrap_or_default().iter().any(|target| {
            target.get("type").and_then(Value::as_str) == Some("service_worker")
                && text(target, "/url").is_some_and(|url| url.starts_with("chrome-extension://"))
        });
        if running {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(AuditError::NoExtension)
}

/// Goes to a page.
pub(super) async fn go(
    socket: &mut BrowserSocket,
    session: &str,
    url: &str,
) -> Result<(), AuditError> {
    let answer = socket
        .command("Page.navigate", json!({ "url": url }), Some(session))
        .await?;
    if answer.get("errorText").is_some() {
        Err(AuditError::Page)
    } else {
        Ok(())
    }
}

/// The whole page, PNG in base64.
pub(super) async fn screenshot(
    socket: &mut BrowserSocket,
    session: &str,
) -> Result<String, AuditError> {
    // The extension may have opened a page of its own over it: what isn't shown isn't drawn.
    socket
        .command("Page.bringToFront", json!({}), Some(session))
        .await?;
    let params = json!({ "format": "png", "captureBeyondViewport": true });
    let answer = socket
        .command("Page.captureScreenshot", params, Some(session))
        .await?;
    text(&answer, "/data").ok_or(AuditError::Browser("the screenshot"))
}
