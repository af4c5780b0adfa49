//! Users to a file, which can be imported again.
//!
//! Invariants: what is in memory is a part of the file, however many users there are; the export itself is written down before its
//! first octet is made.

use csv::{Terminator, WriterBuilder};

use super::user_file::{COLUMNS, harmless, joined};
use super::{Admin, Refused};
use crate::domain::{Attributes, AuditAction, AuditDetail, CompanyId, GrantSource};
use crate::store::{self, ExportedUser, Store};

/// A file that is made part by part.
pub trait ExportParts: Send {
    /// The next part; none at the end.
    fn next(
        &mut self,
        store: &Store,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, store::Error>> + Send;
}

/// The file of a company's users.
#[derive(Debug)]
pub struct UserExport {
    company: CompanyId,
    /// Where it goes on; none at the end.
    after: Option<String>,
}

impl Admin<'_> {
    /// Every user of the company as a file. Who is changed while it is made stands there as before or as afterwards.
    pub async fn export_users(&self) -> Result<UserExport, Refused> {
        let users = self.store.count_users(self.company).await?;
        let event = self.event(AuditAction::UserExport, "all users");
        let event = event.with_detail(AuditDetail::Users(users));
        self.store.add_audit_event(&event).await?;
        Ok(UserExport {
            company: self.company,
            after: Some(String::new()),
        })
    }
}

impl ExportParts for UserExport {
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<u8>>, store::Error> {
        let Some(after) = &self.after else {
            return Ok(None);
        };
        let part = store.users_to_export(self.company, after).await?;
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(Vec::new());
        // Writing into memory does not fail.
        if after.is_empty() {
            let _ = writer.write_record(COLUMNS);
        }
        for exported in &part.rows {
            let _ = writer.write_record(cells(exported));
        }
        self.after = part.next;
        Ok(Some(writer.into_inner().unwrap_or_default()))
    }
}

fn cells(exported: &ExportedUser) -> [String; 12] {
    let ExportedUser {
        user,
        awaited,
        groups,
    } = exported;
    let titles = |by_hand: bool| {
        let by = |source: GrantSource| (source == GrantSource::Administrator) == by_hand;
        let titles = groups.iter().filter(|(_, source)| by(*source));
        let mut titles: Vec<&str> = titles.map(|(title, _)| title.as_str()).collect();
        titles.sort_unstable();
        titles.dedup();
        joined(&titles)
    };
    let state = match user.disabled_at {
        None => "active",
        Some(_) => "deactivated",
    };
    let way = if user.has_password {
        "password"
    } else {
        "single sign-on"
    };
    [
        harmless(user.email.as_str()),
        harmless(&user.first_name),
        harmless(&user.last_name),
        harmless(&user.company_name),
        harmless(&titles(true)),
        harmless(awaited.as_deref().unwrap_or_default()),
        harmless(&titles(false)),
        state.to_owned(),
        way.to_owned(),
        user.created_by.as_str().to_owned(),
        user.last_sign_in_at.map(timestamp).unwrap_or_default(),
        attributes(&user.attributes),
    ]
}

/// As JSON, because a value may have whatever stands between others; nothing where there is none.
fn attributes(attributes: &Attributes) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    harmless(&serde_json::to_string(attributes).unwrap_or_default())
}

fn timestamp(at: time::OffsetDateTime) -> String {
    let at = at.replace_nanosecond(0).unwrap_or(at);
    at.format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}
