//! Browser protection: the browser's own setting for which ways WebRTC may take.

use iceveil_core::settings::BrowserProtection;

use crate::api::{self, ApiError};

const SETTING: &str = "privacy.network.webRTCIPHandlingPolicy";

/// Who decides on the browser's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// This extension does.
    Ours,
    /// Nobody has, and this extension may.
    Free,
    /// Another extension does.
    Other,
    /// The browser's management, or the browser itself.
    Managed,
    /// The browser has no such setting.
    Missing,
}

impl Control {
    fn from_level(level: &str) -> Self {
        match level {
            "controlled_by_this_extension" => Self::Ours,
            "controllable_by_this_extension" => Self::Free,
            "controlled_by_other_extensions" => Self::Other,
            _ => Self::Managed,
        }
    }
}

/// The value that the browser knows a protection by; `None` leaves the setting alone. Firefox has
/// its own name for the strict one.
pub(crate) fn value_of(protection: BrowserProtection, firefox: bool) -> Option<&'static str> {
    match protection {
        BrowserProtection::Off => None,
        BrowserProtection::ProxiedOnly if firefox => Some("proxy_only"),
        BrowserProtection::ProxiedOnly => Some("disable_non_proxied_udp"),
        _ => Some("default_public_interface_only"),
    }
}

/// Who controls the setting now, and its value.
pub(crate) async fn look() -> (Control, String) {
    match api::call(&format!("{SETTING}.get"), &[api::object(&[])]).await {
        Ok(found) => {
            let level = api::text(&found, "levelOfControl").unwrap_or_default();
            (
                Control::from_level(&level),
                api::text(&found, "value").unwrap_or_default(),
            )
        }
        Err(_) => (Control::Missing, String::new()),
    }
}

/// Brings the browser's setting to what the settings ask for, as far as it is ours to decide, and
/// says who controls it then.
pub(crate) async fn ensure(protection: BrowserProtection) -> Result<Control, ApiError> {
    let (control, value) = look().await;
    match (control, value_of(protection, api::is_firefox())) {
        (Control::Ours, None) => {
            api::call(&format!("{SETTING}.clear"), &[api::object(&[])]).await?;
            Ok(look().await.0)
        }
        (Control::Ours, Some(wanted)) if value == wanted => Ok(Control::Ours),
        (Control::Ours | Control::Free, Some(wanted)) => {
            let details = api::object(&[("value", wanted.into())]);
            api::call(&format!("{SETTING}.set"), &[details]).await?;
            Ok(look().await.0)
        }
        // A value set while another holds the setting counts when that one lets go.
        (Control::Other, Some(wanted)) => {
            let details = api::object(&[("value", wanted.into())]);
            api::call(&format!("{SETTING}.set"), &[details]).await?;
            Ok(Control::Other)
        }
        (control, _) => Ok(control),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protection_has_the_browsers_own_name() {
        let values = |firefox| {
            [
                BrowserProtection::Standard,
                BrowserProtection::ProxiedOnly,
                BrowserProtection::Off,
            ]
            .map(|protection| value_of(protection, firefox))
        };
        let standard = Some("default_public_interface_only");
        assert_eq!(
            values(false),
            [standard, Some("disable_non_proxied_udp"), None]
        );
        assert_eq!(values(true), [standard, Some("proxy_only"), None]);
    }

    #[test]
    fn an_unknown_level_is_not_ours() {
        assert_eq!(Control::from_level("something new"), Control::Managed);
    }
}
