//! What every company may have.

use serde::{Deserialize, Serialize};

/// What every company may have, unless `vestibule company quota` says otherwise for one. What is there stays when it is more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaConfig {
    /// Users.
    pub users: u32,
    /// Memberships in permission groups that administrators have given.
    pub memberships: u32,
    /// Permission groups.
    pub groups: u32,
    /// Connections.
    pub connections: u32,
    /// The settings of connections and their earlier versions, in megabytes.
    pub document_megabytes: u32,
    /// E-mail domains.
    pub domains: u32,
    /// API tokens that count.
    pub tokens: u32,
}

impl Default for QuotaConfig {
    fn default() -> Self {
        Self {
            users: 250_000,
            memberships: 2_000_000,
            groups: 1_000,
            connections: 50,
            document_megabytes: 200,
            domains: 200,
            tokens: 100,
        }
    }
}

impl QuotaConfig {
    /// Says what is not possible. The most are those of `domain::quota`, which lists and choices can show.
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, value, highest) in [
            ("users", self.users, 100_000_000),
            ("memberships", self.memberships, 1_000_000_000),
            ("groups", self.groups, 5_000),
            ("connections", self.connections, 500),
            ("document_megabytes", self.document_megabytes, 100_000),
            ("domains", self.domains, 2_000),
            ("tokens", self.tokens, 200),
        ] {
            if value == 0 {
                return Err(format!(
                    "quota.{key}: 0 is not possible, it would refuse everything."
                ));
            }
            if value > highest {
                return Err(format!(
                    "quota.{key}: {value} is more than {highest}, the most that is possible."
                ));
            }
        }
        Ok(())
    }
}
