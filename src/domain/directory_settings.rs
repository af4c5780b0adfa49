//! Where a connection's people and groups are looked up: a tenant's directory, by Microsoft Graph.
//!
//! Invariants: the directory is only read; what it is asked with is here sealed or not at all (rule N6). What is known of it is in
//! the database (`store::directory`), not here.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::word::words;
use super::{ClientSecret, Settings};
use crate::oidc::{Cloud, TenantId};

/// How often a directory is asked for what has changed, in minutes, where nothing else is said.
pub const DIRECTORY_MINUTES: u16 = 30;
/// The least and the most that can be said.
pub const DIRECTORY_MINUTES_RANGE: std::ops::RangeInclusive<u16> = 5..=1440;

/// A connection's directory; part of its [`super::Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    /// Whose directory it is. Always one tenant by its GUID.
    pub tenant: TenantId,
    /// In which cloud of Microsoft it is.
    pub cloud: GraphCloud,
    /// Another server than the cloud's, on this machine: for development and tests. It is the token endpoint's and Graph's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What it is asked with.
    pub credential: DirectoryCredential,
    /// Whether its groups are taken over, and its people followed.
    #[serde(default)]
    pub synchronise: bool,
    /// How often it is asked for changes, in minutes.
    #[serde(default = "default_minutes")]
    pub every_minutes: u16,
    /// Whether a permission group that the directory made is removed once its group is gone there.
    #[serde(default)]
    pub remove_gone_groups: bool,
}

impl DirectorySettings {
    /// Takes the secrets of others for its own: an application registration that these do not know has none then.
    pub(super) fn take_secrets_of(&mut self, others: Option<&Self>) {
        let DirectoryCredential::Own {
            client_id,
            client_secrets,
        } = &mut self.credential
        else {
            return;
        };
        client_secrets.clear();
        if let Some(DirectoryCredential::Own {
            client_id: its,
            client_secrets: theirs,
        }) = others.map(|it| &it.credential)
            && client_id == its
        {
            client_secrets.clone_from(theirs);
        }
    }
}

/// What a directory is asked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryCredential {
    /// The client ID and the secret or key of the connection's sign-ins; it speaks OpenID Connect.
    SignIn,
    /// An application registration of its own, which needs no redirect URI.
    Own {
        /// Its application (client) ID.
        client_id: String,
        /// Its secrets, the newest first; sealed for this connection.
        client_secrets: Vec<ClientSecret>,
    },
}

words! {
    /// A cloud of Microsoft, as Graph tells them apart.
    pub enum GraphCloud {
        /// The global one, GCC among it.
        Global = "global",
        /// US Government L4 (GCC High).
        UsGovernment = "us_government",
        /// US Government L5 (`DoD`).
        UsGovernmentDod = "us_government_dod",
        /// China, operated by 21Vianet.
        China = "china",
    }
}

impl GraphCloud {
    /// Where its tokens come from.
    pub const fn login(self) -> Cloud {
        match self {
            Self::Global => Cloud::Global,
            Self::UsGovernment | Self::UsGovernmentDod => Cloud::UsGovernment,
            Self::China => Cloud::China,
        }
    }

    /// Where its Graph is. Tokens of one cloud are worth nothing in another.
    pub const fn graph(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::UsGovernmentDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

impl From<Cloud> for GraphCloud {
    fn from(cloud: Cloud) -> Self {
        match cloud {
            Cloud::Global | Cloud::Local(_) => Self::Global,
            Cloud::UsGovernment => Self::UsGovernment,
            Cloud::China => Self::China,
        }
    }
}

impl DirectorySettings {
    /// A directory that is asked as the connection signs in, and that is not synchronised.
    pub fn new(tenant: TenantId, cloud: GraphCloud) -> Self {
        Self {
            tenant,
            cloud,
            at: None,
            credential: DirectoryCredential::SignIn,
            synchronise: false,
            every_minutes: DIRECTORY_MINUTES,
            remove_gone_groups: false,
        }
    }

    /// When the secret of its own ends that is tried first; none when it has none, or nobody said.
    pub fn secret_end(&self) -> Option<OffsetDateTime> {
        match &self.credential {
            DirectoryCredential::Own { client_secrets, .. } => client_secrets.first()?.expires_at,
            DirectoryCredential::SignIn => None,
        }
    }
}

impl Settings {
    /// What stands before the object ID in the name by which a connection knows somebody of its directory (rules F1 and R1).
    pub fn directory_prefix(&self) -> String {
        match (&self.directory, self.oidc()) {
            (Some(directory), Some(oidc)) => oidc.issuer.object_prefix(directory.tenant.as_str()),
            _ => "oid:".to_owned(),
        }
    }
}

const fn default_minutes() -> u16 {
    DIRECTORY_MINUTES
}
