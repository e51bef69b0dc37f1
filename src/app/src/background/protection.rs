//! Browser protection: the browser's own setting for which ways WebRTC may take.

use std::cell::Cell;

use iceveil_core::settings::BrowserProtection;

use crate::api::{self, ApiError};

const SETTING: &str = "privacy.network.webRTCIPHandlingPolicy";

thread_local! {
    /// What this background has brought the browser's setting to.
    static HELD: Cell<Option<BrowserProtection>> = const { Cell::new(None) };
}

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

/// Which ways WebRTC may take, the most restrictive last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Routes {
    /// Every one there is.
    Any,
    /// The one that pages take, told together with the addresses of the local network.
    DefaultAndLocal,
    /// The one that pages take.
    Default,
    /// The proxy's, or none.
    Proxy,
}

impl Routes {
    /// What the browser's value stands for.
    pub(crate) fn from_value(value: &str) -> Option<Self> {
        match value {
            "default" => Some(Self::Any),
            "default_public_and_private_interfaces" => Some(Self::DefaultAndLocal),
            "default_public_interface_only" => Some(Self::Default),
            "disable_non_proxied_udp" | "proxy_only" => Some(Self::Proxy),
            _ => None,
        }
    }

    /// What a protection asks for.
    pub(crate) fn wanted(protection: BrowserProtection) -> Option<Self> {
        Self::from_value(value_of(protection, false)?)
    }
}

/// Who decides on the browser's setting, and what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Who decides.
    pub(crate) control: Control,
    /// What is in force, if it is known.
    pub(crate) routes: Option<Routes>,
}

impl Standing {
    /// That of a browser without the setting.
    pub(crate) const MISSING: Self = Self {
        control: Control::Missing,
        routes: None,
    };
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

/// How things stand with the setting now.
pub(crate) async fn look() -> Standing {
    let (control, value) = read().await;
    Standing {
        control,
        routes: Routes::from_value(&value),
    }
}

/// Who controls the setting now, and its value.
async fn read() -> (Control, String) {
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
/// says how things stand then.
pub(crate) async fn ensure(protection: BrowserProtection) -> Result<Standing, ApiError> {
    bring(protection).await?;
    Ok(look().await)
}

/// Waits until the browser's setting has been brought to what the settings ask for. A page that knew
/// its policy earlier would have ways for its connections that the person has closed.
pub(super) async fn hold(protection: BrowserProtection) {
    if HELD.get() != Some(protection) {
        // What the browser refuses now is tried again for the next page.
        let _ = bring(protection).await;
    }
}

async fn bring(protection: BrowserProtection) -> Result<(), ApiError> {
    let (control, value) = read().await;
    let details = match (control, value_of(protection, api::is_firefox())) {
        (Control::Ours, Some(wanted)) if value == wanted => None,
        (Control::Ours, None) => Some(("clear", api::object(&[]))),
        // A value set while another holds the setting counts when that one lets go.
        (Control::Ours | Control::Free | Control::Other, Some(wanted)) => {
            Some(("set", api::object(&[("value", wanted.into())])))
        }
        _ => None,
    };
    if let Some((function, details)) = details {
        api::call(&format!("{SETTING}.{function}"), &[details]).await?;
    }
    HELD.set(Some(protection));
    Ok(())
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
    fn what_is_asked_for_is_known_again() {
        for firefox in [false, true] {
            for protection in [BrowserProtection::Standard, BrowserProtection::ProxiedOnly] {
                let routes = value_of(protection, firefox).and_then(Routes::from_value);
                assert_eq!(routes, Routes::wanted(protection));
                assert!(routes.is_some());
            }
        }
        assert_eq!(Routes::wanted(BrowserProtection::Off), None);
    }

    #[test]
    fn an_unknown_level_is_not_ours() {
        assert_eq!(Control::from_level("something new"), Control::Managed);
    }
}
