//! What stands above every page of one connection: its name, its switch and its tabs.

use crate::admin::missing;
use crate::domain::{Connection, ConnectionId};

/// What stands above every page of one connection.
#[derive(Debug)]
pub(in crate::console) struct ConnectionHead {
    pub(in crate::console) id: ConnectionId,
    pub(in crate::console) display_name: String,
    pub(in crate::console) is_enabled: bool,
    /// Whether it has all that it needs to be enabled.
    pub(in crate::console) is_ready: bool,
    pub(in crate::console) tab: Tab,
}

/// A page of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Tab {
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

const TABS: [(Tab, &str, &str); 7] = [
    (Tab::Settings, "", "SAML Settings"),
    (Tab::Claims, "/claims", "Claims and groups"),
    (Tab::Certificates, "/certificates", "x.509 Certificate"),
    (Tab::Metadata, "/metadata", "Metadata"),
    (Tab::Copy, "/copy", "Copy into Entra"),
    (Tab::Test, "/test", "Test"),
    (Tab::Versions, "/versions", "Versions"),
];

impl ConnectionHead {
    pub(in crate::console) fn of(connection: &Connection, tab: Tab) -> Self {
        Self {
            id: connection.id,
            display_name: connection.display_name.clone(),
            is_enabled: connection.enabled,
            is_ready: missing(connection).is_empty(),
            tab,
        }
    }

    /// The address of its settings; those of its other pages begin with it.
    pub(in crate::console) fn href(&self) -> String {
        format!("/admin/connections/{}", self.id)
    }

    /// Where the form of its switch goes.
    pub(in crate::console) fn switch(&self) -> String {
        format!("{}/switch", self.href())
    }

    /// Address, name, and whether it is this one.
    pub(in crate::console) fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        let tab = |(tab, path, name)| (format!("{}{path}", self.href()), name, tab == self.tab);
        TABS.map(tab).into()
    }
}
