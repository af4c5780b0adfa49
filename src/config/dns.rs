//! Where DNS records are looked up.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Name servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsConfig {
    /// Name servers that are asked for the records by which companies verify their domains, such as `10.0.0.1:53`. None: those of
    /// `/etc/resolv.conf`.
    pub servers: Vec<SocketAddr>,
}
