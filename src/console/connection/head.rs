//! What stands above every page of one connection: its name, its switch and its tabs.

use crate::admin::missing;
use crate::domain::{Connection, ConnectionId, Protocol};

/// What stands above every page of one connection.
#[derive(Debug)]
pub(super) struct ConnectionHead {
    pub(super) id: ConnectionId,
    pub(super) display_name: String,
    pub(super) is_enabled: bool,
    /// Whether it has all that it needs to be enabled.
    pub(super) is_ready: bool,
    pub(super) tab: ConnectionTab,
    tabs: &'static [TabText],
}

/// A tab, what its address ends with, and its name.
type TabText = (ConnectionTab, &'static str, &'static str);

/// A page of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionTab {
    Settings,
    Claims,
    Certificates,
    Metadata,
    Copy,
    Verify,
    Directory,
    Test,
    Versions,
    /// One that has no tab of its own.
    Other,
}

const SAML_TABS: &[TabText] = &[
    (ConnectionTab::Settings, "", "SAML Settings"),
    (ConnectionTab::Claims, "/claims", "Claims and groups"),
    (
        ConnectionTab::Certificates,
        "/certificates",
        "x.509 Certificate",
    ),
    (ConnectionTab::Metadata, "/metadata", "Metadata"),
    (ConnectionTab::Copy, "/copy", "Copy into Entra"),
    (ConnectionTab::Directory, "/directory", "Directory"),
    (ConnectionTab::Test, "/test", "Test"),
    (ConnectionTab::Versions, "/versions", "Versions"),
];

const PROVIDER_TABS: &[TabText] = &[
    (ConnectionTab::Settings, "", "OpenID Connect Settings"),
    (ConnectionTab::Claims, "/claims", "Claims and groups"),
    (ConnectionTab::Verify, "/verify", "Verify"),
    (ConnectionTab::Directory, "/directory", "Directory"),
    (ConnectionTab::Test, "/test", "Test"),
    (ConnectionTab::Versions, "/versions", "Versions"),
];

impl ConnectionHead {
    pub(super) fn of(connection: &Connection, tab: ConnectionTab) -> Self {
        Self {
            id: connection.id,
            display_name: connection.display_name.clone(),
            is_enabled: connection.enabled,
            is_ready: missing(connection).is_empty(),
            tab,
            tabs: match connection.settings.protocol {
                Protocol::Saml(_) => SAML_TABS,
                Protocol::Oidc(_) => PROVIDER_TABS,
            },
        }
    }

    /// The address of its settings; those of its other pages begin with it.
    pub(super) fn href(&self) -> String {
        format!("/admin/connections/{}", self.id)
    }

    /// Whether it speaks SAML.
    pub(super) fn is_saml(&self) -> bool {
        self.tabs == SAML_TABS
    }

    /// The page with our addresses, and its name.
    pub(super) fn copy(&self) -> (String, &'static str) {
        if self.is_saml() {
            (format!("{}/copy", self.href()), "Copy into Entra")
        } else {
            (self.href(), "OpenID Connect Settings")
        }
    }

    /// Where the form of its switch goes.
    pub(super) fn switch(&self) -> String {
        format!("{}/switch", self.href())
    }

    /// The address and the name of one of its pages, if it has that page.
    pub(super) fn page(&self, wanted: ConnectionTab) -> Option<(String, &'static str)> {
        let mut tabs = self.tabs.iter();
        let (_, path, name) = tabs.find(|(tab, ..)| *tab == wanted)?;
        Some((format!("{}{path}", self.href()), name))
    }

    /// Address, name, and whether it is this one.
    pub(super) fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        let tab = |(tab, path, name): &TabText| {
            (format!("{}{path}", self.href()), *name, *tab == self.tab)
        };
        self.tabs.iter().map(tab).collect()
    }
}
