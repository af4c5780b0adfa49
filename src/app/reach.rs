//! How far the addresses that a company names may reach: metadata, and providers of OpenID Connect (rule H5); and where Entra is.

use super::App;
use crate::config::Config;
use crate::directory::DirectoryKeeper;
use crate::domain::Company;
use crate::oidc::Cloud;
use crate::outbound::Reach;

/// How far a company's addresses may reach. A server for one company, or on a developer's machine, belongs to who administers it;
/// on any other, its private network is the operator's.
pub fn reach(config: &Config, company: &Company) -> Reach {
    if config.single_company.is_some() || company.origin.is_loopback_name() {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// The cloud of a tenant that is named without one: Microsoft's global one, or a server of this machine in its shape.
pub fn cloud(config: &Config) -> Cloud {
    match config.development.entra_port {
        0 => Cloud::default(),
        port => Cloud::Local(port),
    }
}

impl App {
    /// The same on this server.
    pub fn reach(&self, company: &Company) -> Reach {
        reach(&self.config, company)
    }

    /// What opens the directory of a company's connection.
    pub fn directory_keeper(&self, company: &Company) -> DirectoryKeeper<'_> {
        DirectoryKeeper {
            directories: &self.directories,
            keys: &self.keys,
            clock: &self.clock,
            reach: self.reach(company),
        }
    }

    /// The cloud of a tenant that is named without one.
    pub fn cloud(&self) -> Cloud {
        cloud(&self.config)
    }
}
