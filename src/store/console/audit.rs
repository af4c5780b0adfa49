//! The audit log.

use crate::database::batch::BatchRow;
use crate::database::columns::{Row, json, ms};
use crate::database::statement::{Statement, Target, query};
use crate::domain::{AuditEvent, CompanyId};
use crate::store::{AuditFilter, Error, Store, Tx};

impl Tx {
    /// Writes an entry in the transaction of what it tells.
    pub async fn audit(&mut self, event: &AuditEvent) -> Result<(), Error> {
        insert(self, event).await
    }
}

impl Store {
    /// Writes an entry by itself.
    pub async fn add_audit_event(&self, event: &AuditEvent) -> Result<(), Error> {
        insert(&self.database, event).await
    }

    /// The newest entries of the whole installation, which are about no company.
    pub async fn installation_events(&self, limit: u32) -> Result<Vec<AuditEvent>, Error> {
        let rows = query(
            "SELECT id, company_id, at, actor, action, subject, detail, client, before_value, after_value FROM audit_event \
             WHERE company_id IS NULL ORDER BY at DESC, id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.database)
        .await?;
        rows.iter().map(entry).collect()
    }

    /// A company's entries, the newest first.
    pub async fn audit_events(
        &self,
        company: CompanyId,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, Error> {
        let all = AuditFilter::default();
        Ok(self.audit_page(company, &all, limit).await?.rows)
    }
}

/// An entry in a row.
pub(in crate::store) fn entry(row: &Row) -> Result<AuditEvent, Error> {
    Ok(AuditEvent {
        id: row.parsed("id")?,
        company_id: row.maybe_parsed("company_id")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
        action: row.text("action")?.as_str().into(),
        subject: row.text("subject")?,
        detail: row.text("detail")?,
        client: row.maybe_parsed("client")?,
        before: row.maybe_json("before_value")?,
        after: row.maybe_json("after_value")?,
    })
}

async fn insert(target: impl Target, event: &AuditEvent) -> Result<(), Error> {
    let statement = query(
        "INSERT INTO audit_event (id, company_id, at, actor, action, subject, detail, client, before_value, after_value) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let values = values(event)?.into_iter();
    let statement = values.fold(statement, Statement::bind);
    statement.execute(target).await?;
    Ok(())
}

/// The columns of an entry.
pub(in crate::store) fn values(event: &AuditEvent) -> Result<BatchRow<10>, Error> {
    let event = event.bounded();
    Ok([
        event.id.to_string().into(),
        event.company_id.map(|id| id.to_string()).into(),
        ms(event.at).into(),
        event.actor.replace('\0', "").into(),
        event.action.to_string().into(),
        event.subject.replace('\0', "").into(),
        event.detail.replace('\0', "").into(),
        event.client.map(|client| client.to_string()).into(),
        event.before.as_ref().map(json).transpose()?.into(),
        event.after.as_ref().map(json).transpose()?.into(),
    ])
}
