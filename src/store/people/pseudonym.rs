//! What the audit log keeps of a user who is deleted.
//!
//! Invariant: an entry stays, with its time, its action and its place in the order; what names the person is replaced by one
//! and the same name that tells nobody. An address is replaced where it stands by itself, never within a longer one. Entries are read
//! and written in parts, however many there are.

use serde_json::Value;
use time::OffsetDateTime;

use crate::database::batch::{BatchRow, BatchStatement};
use crate::database::columns::{json, ms};
use crate::database::statement::query;
use crate::domain::user::OF_ATTRIBUTE;
use crate::domain::{AuditAction, AuditEvent, AuditNoun, Email, RecordedAction, User};
use crate::store::console::audit::entry;
use crate::store::engine::search::pattern;
use crate::store::{Error, Tx};

/// Members of an entry's change that say who a user is.
const OF_A_PERSON: [&str; 4] = ["email", "first_name", "last_name", "company_name"];

fn is_of_a_person(member: &str) -> bool {
    OF_A_PERSON.contains(&member) || member.starts_with(OF_ATTRIBUTE)
}

/// Addresses that an account may have had one after the other, as far as they are followed.
const MOST_ADDRESSES: usize = 100;
/// Entries that are read and written at once.
const PART: usize = 250;

static REWRITE: BatchStatement<7> = BatchStatement::new(
    "UPDATE audit_event SET actor = v.column2, subject = v.column3, detail = v.column4, client = v.column5, \
     before_value = v.column6, after_value = v.column7 FROM (ROWS) AS v WHERE audit_event.id = v.column1",
    0,
);

/// What was replaced.
#[derive(Debug, Default)]
pub(in crate::store) struct Pseudonymization {
    /// The addresses that the user has had, as they are compared.
    pub(in crate::store) addresses: Vec<String>,
    /// How many entries were rewritten.
    pub(in crate::store) entries: u64,
}

impl Tx {
    /// Puts `instead` in the place of a user in the audit log of the company: the address, those that it had before, and the
    /// names.
    pub(in crate::store) async fn hide_in_audit(
        &mut self,
        user: &User,
        instead: &str,
    ) -> Result<Pseudonymization, Error> {
        let mut hidden = Pseudonymization::default();
        let mut address = user.email.key();
        let mut until = i64::MAX;
        // From now back to when the account was made; where the address was changed, on with the one before.
        while hidden.addresses.len() < MOST_ADDRESSES {
            let (entries, earlier) = self.hide_address(user, &address, instead, until).await?;
            hidden.entries += entries;
            hidden.addresses.push(address);
            match earlier {
                Some((former, at)) => (address, until) = (former, ms(at)),
                None => break,
            }
        }
        Ok(hidden)
    }

    /// Hides one address, from a moment back; in how many entries, and the address that the account had before, with the moment at
    /// which it was changed.
    async fn hide_address(
        &mut self,
        user: &User,
        address: &str,
        instead: &str,
        until: i64,
    ) -> Result<(u64, Option<(String, OffsetDateTime)>), Error> {
        let (mut entries, mut earlier) = (0, None);
        let mut before = (until.saturating_add(1), String::new());
        loop {
            let part = self.entries_naming(user, address, &before).await?;
            let mut rows = Vec::new();
            for entry in &part {
                earlier = earlier.or_else(|| former_address(entry, address));
                if let Some((_, at)) = &earlier
                    && entry.at < *at
                {
                    // Of that time the address may be another account's.
                    break;
                }
                if let Some(after) = hide(entry, address, instead) {
                    rows.push(batch_row(&after)?);
                }
            }
            entries += REWRITE.execute(self, &[], rows).await?;
            let last = part.last().filter(|_| part.len() == PART);
            let is_past = |last: &AuditEvent| earlier.as_ref().is_some_and(|(_, at)| last.at < *at);
            match last {
                Some(last) if !is_past(last) => before = (ms(last.at), last.id.to_string()),
                _ => return Ok((entries, earlier)),
            }
        }
    }

    /// The next entries of a company in which an address stands, the newest first, before a moment and an entry of it. (Of ASCII,
    /// `LOWER` changes the I alone as the locale of a PostgreSQL wants.)
    async fn entries_naming(
        &mut self,
        user: &User,
        address: &str,
        (at, id): &(i64, String),
    ) -> Result<Vec<AuditEvent>, Error> {
        let rows = query(
            "SELECT id, company_id, at, actor, action, subject, detail, client, before_value, after_value FROM audit_event \
             WHERE company_id = $1 AND at >= $2 AND (at, id) < ($3, $4) \
             AND LOWER(REPLACE(actor || ' ' || subject || ' ' || detail || ' ' || COALESCE(before_value, '') || ' ' \
                       || COALESCE(after_value, ''), 'I', 'i')) LIKE $5 ESCAPE '\\' ORDER BY at DESC, id DESC LIMIT $6",
        )
        .bind(user.company_id.to_string())
        .bind(ms(user.created_at))
        .bind(*at)
        .bind(id.as_str())
        .bind(pattern(address))
        .bind(i64::try_from(PART).unwrap_or(i64::MAX))
        .fetch_all(self)
        .await?;
        rows.iter().map(entry).collect()
    }
}

fn batch_row(event: &AuditEvent) -> Result<BatchRow<7>, Error> {
    Ok([
        event.id.to_string().into(),
        event.actor.clone().into(),
        event.subject.clone().into(),
        event.detail.clone().into(),
        event.client.map(|client| client.to_string()).into(),
        event.before.as_ref().map(json).transpose()?.into(),
        event.after.as_ref().map(json).transpose()?.into(),
    ])
}

/// Whether an entry tells of the user whose address this is.
fn is_about(event: &AuditEvent, address: &str) -> bool {
    event.action.is_about(AuditNoun::User) && event.subject.eq_ignore_ascii_case(address)
}

/// The address that an account had before this change gave it this one, and when that was.
fn former_address(event: &AuditEvent, address: &str) -> Option<(String, OffsetDateTime)> {
    let email = |value: &Option<Value>| {
        let text = value.as_ref()?.get("email")?.as_str()?;
        text.parse::<Email>().ok().map(|email| email.key())
    };
    let (before, after) = (email(&event.before)?, email(&event.after)?);
    (is_about(event, address) && after == address && before != address)
        .then_some((before, event.at))
}

/// The entry without the person; none when it does not name the person after all.
fn hide(event: &AuditEvent, address: &str, instead: &str) -> Option<AuditEvent> {
    let mut hidden = event.clone();
    let about = is_about(event, address);
    for text in [&mut hidden.actor, &mut hidden.subject, &mut hidden.detail] {
        *text = replace_address(text, address, instead);
    }
    if event.actor.eq_ignore_ascii_case(address) {
        hidden.client = None;
    }
    if about
        && matches!(
            event.action,
            RecordedAction::Known(
                AuditAction::UserUnlink | AuditAction::UserLink | AuditAction::UserBind
            )
        )
    {
        // "entra: NAME", by which the identity provider knows the person.
        let connection = hidden.detail.find(':').unwrap_or(hidden.detail.len());
        hidden.detail.truncate(connection);
    }
    for value in [&mut hidden.before, &mut hidden.after]
        .into_iter()
        .flatten()
    {
        let Value::Object(members) = value else {
            continue;
        };
        for (name, member) in members.iter_mut() {
            match member {
                Value::String(text) if text.is_empty() => {}
                Value::String(text) if about && is_of_a_person(name) => {
                    instead.clone_into(text);
                }
                Value::String(text) => *text = replace_address(text, address, instead),
                Value::Array(all) => {
                    for one in all {
                        if let Value::String(text) = one {
                            *text = replace_address(text, address, instead);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    (hidden != *event).then_some(hidden)
}

/// A text with another one in the place of an address, which is in ASCII lower case.
fn replace_address(text: &str, address: &str, instead: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in lower.match_indices(address) {
        let end = at + found.len();
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let mut after = text.get(end..).unwrap_or_default().chars();
        // The characters of RFC 5322 3.2.3 and of host names: there the address is a part of a longer one.
        let longer_before =
            before.is_some_and(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let longer_after = match after.next() {
            Some('.') => after.next().is_some_and(char::is_alphanumeric),
            Some(c) => c.is_alphanumeric() || c == '-',
            None => false,
        };
        if longer_before || longer_after {
            continue;
        }
        out.push_str(text.get(rest..at).unwrap_or_default());
        out.push_str(instead);
        rest = end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_replaced_where_it_stands_by_itself() {
        for (text, expected) in [
            ("b@acme.test", "X"),
            ("B@Acme.Test", "X"),
            ("entra: b@acme.test, c@acme.test", "entra: X, c@acme.test"),
            ("Ask b@acme.test.", "Ask X."),
            ("<b@acme.test>", "<X>"),
            ("bob@acme.test", "bob@acme.test"),
            ("a.b@acme.test", "a.b@acme.test"),
            ("b@acme.test.example", "b@acme.test.example"),
            ("b@acme.tests", "b@acme.tests"),
            ("ü b@acme.test é", "ü X é"),
            ("", ""),
        ] {
            assert_eq!(
                replace_address(text, "b@acme.test", "X"),
                expected,
                "{text}"
            );
        }
    }
}
