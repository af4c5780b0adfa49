//! What stands above every page of one connection: its name, its switch and its tabs.

use crate::admin::missing;
use crate::domain::{Connection, ConnectionId};

/// What stands above every page of one connection.
#[derive(Debug)]
pub(super) struct ConnectionHead {
    pub(super) id: ConnectionId,
    pub(super) display_name: String,
    pub(super) is_enabled: bool,
    /// Whether it has all that it needs to be enabled.
    pub(super) is_ready: bool,
    pub(super) tab: ConnectionTab,
}

/// A page of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionTab {
    Settings,
    Claims,
    Certificates,
    Metadata,
    Copy,
    Test,
    Versions,
    /// One that has no tab of its own.
    Other,
}

const TABS: [(ConnectionTab, &str, &str); 7] = [
    (ConnectionTab::Settings, "", "SAML Settings"),
    (ConnectionTab::Claims, "/claims", "Claims and groups"),
    (
        ConnectionTab::Certificates,
        "/certificates",
        "x.509 Certificate",
    ),
    (ConnectionTab::Metadata, "/metadata", "Metadata"),
    (ConnectionTab::Copy, "/copy", "Copy into Entra"),
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
        }
    }

    /// The address of its settings; those of its other pages begin with it.
    pub(super) fn href(&self) -> String {
        format!("/admin/connections/{}", self.id)
    }

    /// Where the form of its switch goes.
    pub(super) fn switch(&self) -> String {
        format!("{}/switch", self.href())
    }

    /// Address, name, and whether it is this one.
    pub(super) fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        let tab = |(tab, path, name)| (format!("{}{path}", self.href()), name, tab == self.tab);
        TABS.map(tab).into()
    }
}
