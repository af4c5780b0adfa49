//! A change that was shown and waits for its confirmation.
//!
//! Invariant: what is confirmed is what was shown, to the same administrator, within the hour, on a connection that nobody has
//! changed since. Who asks keeps the proposal meanwhile, where nobody else reaches it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Admin, Refused};
use crate::domain::{
    AuditAction, CompanyId, Connection, ConnectionId, ConnectionName, Settings, UserId,
};

/// How long a proposal waits.
const LONGEST: Duration = Duration::hours(1);

/// The most warnings that travel with a proposal, and the most characters of one.
const WARNINGS: usize = 20;
const LONGEST_WARNING: usize = 1_000;

/// A connection as it would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The action for the audit log.
    action: AuditAction,
    /// Where it comes from, for the audit log; none tells every difference.
    source: Option<String>,
    company: CompanyId,
    actor: Option<UserId>,
    /// Seconds since 1970.
    shown_at: i64,
    is_new: bool,
    /// Of a new connection, too: a proposal that is confirmed twice makes one.
    id: ConnectionId,
    name: ConnectionName,
    display_name: String,
    sort_order: i64,
    enabled: bool,
    revision: i64,
    settings: Settings,
    /// What was said about it, to be said again when it is shown again.
    warnings: Vec<String>,
}

impl Admin<'_> {
    /// Proposes to add a connection.
    pub fn propose_new(&self, connection: &Connection, source: &str) -> Proposal {
        self.proposal(connection, AuditAction::ConnectionAdd, Some(source), true)
    }

    /// Proposes to change a connection; see [`Admin::change_connection`].
    pub fn propose(
        &self,
        after: &Connection,
        action: AuditAction,
        source: Option<&str>,
    ) -> Proposal {
        self.proposal(after, action, source, false)
    }

    fn proposal(
        &self,
        connection: &Connection,
        action: AuditAction,
        source: Option<&str>,
        is_new: bool,
    ) -> Proposal {
        Proposal {
            action,
            source: source.map(str::to_owned),
            company: self.company,
            actor: self.actor.user,
            shown_at: self.now.unix_timestamp(),
            is_new,
            id: connection.id,
            name: connection.name.clone(),
            display_name: connection.display_name.clone(),
            sort_order: connection.sort_order,
            enabled: connection.enabled,
            revision: connection.revision,
            settings: connection.settings.clone(),
            warnings: Vec::new(),
        }
    }

    /// Whether a proposal was shown to this administrator of this company within the hour.
    pub fn has_proposed(&self, proposal: &Proposal) -> bool {
        let age = self.now.unix_timestamp() - proposal.shown_at;
        (0..=LONGEST.whole_seconds()).contains(&age)
            && proposal.company == self.company
            && proposal.actor == self.actor.user
    }

    /// Does what was proposed.
    pub async fn confirm(&self, proposal: Proposal) -> Result<Connection, Refused> {
        let created_at = self.now;
        if proposal.is_new {
            let connection = proposal.connection(created_at);
            let source = proposal.source.as_deref().unwrap_or_default();
            return self.add_connection(&connection, source).await;
        }
        let before = self.connection(proposal.id).await?;
        let after = proposal.connection(before.created_at);
        self.change_connection(&after, proposal.action, proposal.source.as_deref())
            .await
    }
}

impl Proposal {
    /// The connection that it is about.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// With what is said about it, as far as that fits.
    #[must_use]
    pub fn with_warnings(mut self, warnings: &[String]) -> Self {
        let short = |text: &String| text.chars().take(LONGEST_WARNING).collect();
        self.warnings = warnings.iter().take(WARNINGS).map(short).collect();
        self
    }

    /// What was said about it.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where it comes from.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Whether it adds a connection.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The connection as it would be.
    pub fn connection(&self, created_at: OffsetDateTime) -> Connection {
        Connection {
            id: self.id,
            company_id: self.company,
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            sort_order: self.sort_order,
            enabled: self.enabled,
            settings: self.settings.clone(),
            revision: self.revision,
            created_at,
        }
    }
}
