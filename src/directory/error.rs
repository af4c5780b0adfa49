//! Why a directory does not answer, and what to do about it.

use std::time::Duration;

use crate::graph::{GraphFault, GraphRefusal, GraphRefusalKind};
use crate::oidc::TokenRefusal;
use crate::outbound::ProviderFailure;

/// Why there is no answer. The text is a sentence for the company's administrator.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("This connection has no directory.")]
    NoDirectory,
    #[error(
        "The directory is asked with the client secret of the sign-ins, and this connection has none."
    )]
    NoClient,
    #[error("There is no client secret of the directory that this installation can open.")]
    NoSecret,
    #[error("The address of the directory cannot be used from here.")]
    Address,
    #[error(transparent)]
    Token(#[from] TokenProblem),
    #[error(transparent)]
    Refused(#[from] GraphRefusal),
    #[error("Microsoft Graph's answer cannot be used: {0}.")]
    Fault(#[from] GraphFault),
    #[error(transparent)]
    Way(#[from] ProviderFailure),
    #[error("Microsoft asked us to wait. The directory is asked again in {} s.", .0.as_secs())]
    Waiting(Duration),
}

/// Why the token endpoint gives no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// It says why.
    #[error("{}", refused_words(.0))]
    Refused(TokenRefusal),
    /// It answers, but not with a token.
    #[error("The token endpoint answers with status {0} and no token.")]
    Status(u16),
}

impl DirectoryError {
    /// Whether the same may be answered later, without anybody's doing.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Waiting(_) => true,
            Self::Refused(refusal) => refusal.is_passing(),
            Self::Way(failure) => matches!(failure, ProviderFailure::Way(_)),
            Self::Token(TokenProblem::Status(status)) => *status == 429 || *status >= 500,
            Self::Token(TokenProblem::Refused(refusal)) => {
                refusal.code == "temporarily_unavailable"
            }
            _ => false,
        }
    }

    /// How long to wait at least.
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Waiting(wait) => Some(*wait),
            Self::Refused(refusal) => refusal.wait,
            _ => None,
        }
    }

    /// What Graph said, if it was Graph that refused.
    pub fn refusal_kind(&self) -> Option<GraphRefusalKind> {
        match self {
            Self::Refused(refusal) => Some(refusal.kind),
            _ => None,
        }
    }

    /// What the administrator can do, with the field's name on Entra's page.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Token(TokenProblem::Refused(refusal)) => token_advice(refusal.number?),
            Self::Refused(refusal) => graph_advice(refusal.kind),
            Self::NoSecret | Self::NoClient => Some(
                "Enter a client secret of the directory. In Entra ID: App registrations, the application, Certificates & secrets: New client secret, and copy its Value.",
            ),
            Self::Fault(GraphFault::ForeignLink(_)) => Some(
                "Check the cloud of the directory. If it is right, keep the record and tell the operator of this server: nothing was sent to the other host.",
            ),
            _ => None,
        }
    }
}

/// The provider's own words are for the record; here is its number.
fn refused_words(refusal: &TokenRefusal) -> String {
    match refusal.number {
        Some(number) => format!(
            "The token endpoint gives no token: {} (AADSTS{number}).",
            short(&refusal.code)
        ),
        None => format!(
            "The token endpoint gives no token: {}.",
            short(&refusal.code)
        ),
    }
}

fn short(code: &str) -> String {
    let plain = code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_');
    plain.take(64).collect()
}

/// What Entra's numbers mean here.
fn token_advice(number: u64) -> Option<&'static str> {
    Some(match number {
        7_000_215 => {
            "The value of the client secret is wrong. In Entra ID: App registrations, the application, Certificates & secrets: make a new client secret and paste its Value, not its Secret ID."
        }
        7_000_222 => {
            "The client secret has expired. In Entra ID: App registrations, the application, Certificates & secrets: make a new client secret and paste its Value here."
        }
        700_016 | 700_011 | 90_002 | 90_038 => {
            "The client ID, the tenant or the cloud is wrong. In Entra ID: App registrations, the application, Overview has both: Application (client) ID and Directory (tenant) ID."
        }
        700_027 | 50_012 => {
            "The certificate is not known there. In Entra ID: App registrations, the application, Certificates & secrets, Certificates: upload the certificate of this connection."
        }
        700_024 => "The clock of this server is wrong. Tell the operator of this server.",
        7_000_218 => "Enter a client secret of the directory.",
        9_001_023 | 90_124 | 90_130 => {
            "Enter the tenant by its ID. In Entra ID: App registrations, the application, Overview: Directory (tenant) ID."
        }
        70_001 | 7_000_112 | 1_000_031 => {
            "The application is switched off. In Entra ID: Enterprise applications, the application, Properties: Enabled for users to sign-in?"
        }
        _ => return None,
    })
}

const fn graph_advice(kind: GraphRefusalKind) -> Option<&'static str> {
    Some(match kind {
        GraphRefusalKind::Token => {
            "Check the cloud and the tenant of the directory: Microsoft Graph takes no token of another one."
        }
        GraphRefusalKind::NoConsent => {
            "In Entra ID: App registrations, the application, API permissions: Grant admin consent. Then wait a minute."
        }
        GraphRefusalKind::Forbidden => {
            "In Entra ID: App registrations, the application, API permissions, Add a permission, Microsoft Graph, Application permissions: tick User.Read.All and GroupMember.Read.All. Then Grant admin consent."
        }
        GraphRefusalKind::ConditionalAccess => {
            "A Conditional Access policy for workload identities blocks the application. Whoever administers the tenant can exclude it."
        }
        GraphRefusalKind::TooManyGroups => {
            "Map at most 20 groups: then Microsoft Graph is asked about these alone."
        }
        _ => return None,
    })
}
