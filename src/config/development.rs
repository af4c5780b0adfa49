//! What is for development and tests alone.

use serde::{Deserialize, Serialize};

/// What is for development and tests alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevelopmentConfig {
    /// Port of 127.0.0.1 where a server in Microsoft Entra ID's shape listens, such as the demo's. A tenant ID that is pasted is a
    /// tenant of that server, and so is what stands at its address. `0`: a tenant ID is one of Entra ID itself.
    pub entra_port: u16,
}
