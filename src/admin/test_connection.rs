//! Tests of a connection.
//!
//! Invariant: a test goes the way of a sign-in ([`crate::store::finish_in`] ends it); what is here is before and after it.

use super::{Admin, Refused};
use time::OffsetDateTime;

use crate::domain::{
    AttemptKind, AuditAction, AuditDetail, Code, Connection, ConnectionId, Findings,
};
use crate::store::{SignInFilter, SignInRow};

/// Tests of a connection that its page lists.
const LISTED: u32 = 5;

impl Admin<'_> {
    /// The connection, when it can be tested: it need not be enabled, but has to have a Login URL.
    pub async fn connection_to_test(&self, id: ConnectionId) -> Result<Connection, Refused> {
        let found = self.store.connection(id).await?;
        let connection = found
            .filter(|it| it.company_id == self.company)
            .ok_or(Refused::NotFound)?;
        Ok(connection)
    }

    /// Writes down that a test has begun.
    pub async fn note_test(&self, connection: &Connection, code: &Code) -> Result<(), Refused> {
        let event = self
            .event(AuditAction::ConnectionTest, connection.name.as_str())
            .with_detail(AuditDetail::Test(code));
        Ok(self.store.add_audit_event(&event).await?)
    }

    /// What the last test of a connection found that this administrator ran, and when it began; none when that is over.
    pub async fn last_findings(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(Findings, OffsetDateTime)>, Refused> {
        for test in self.tests_of(id).await? {
            let attempt = self
                .store
                .attempt_by_code(self.company, &test.code, self.now);
            if let Some(attempt) = attempt.await?
                && let Some(findings) = self.findings(&attempt).await?
            {
                return Ok(Some((findings, attempt.started_at)));
            }
        }
        Ok(None)
    }

    /// The last tests of a connection, the newest first.
    pub async fn tests_of(&self, id: ConnectionId) -> Result<Vec<SignInRow>, Refused> {
        let filter = SignInFilter {
            kind: Some(AttemptKind::Test),
            connection_id: Some(id),
            ..SignInFilter::default()
        };
        let page = self.store.sign_ins(self.company, &filter, LISTED).await?;
        Ok(page.rows)
    }
}
