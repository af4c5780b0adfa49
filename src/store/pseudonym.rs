//! What the audit log keeps of a user who is deleted.
//!
//! Invariant: an entry stays, with its time, its action and its place in the order; what names the person is replaced by one
//! and the same name that tells nobody. An address is replaced where it stands by itself, never within a longer one.

use serde_json::Value;
use time::OffsetDateTime;

use super::audit::entry;
use super::columns::{json, ms};
use super::search::pattern;
use super::statement::query;
use super::{Error, Tx};
use crate::domain::{AuditEvent, Email, User};

/// Members of an entry's change that say who a user is.
const OF_A_PERSON: [&str; 4] = ["email", "first_name", "last_name", "company_name"];
/// Addresses that an account may have had one after the other, as far as they are followed.
const MOST_ADDRESSES: usize = 100;

/// What was replaced.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// The addresses that the user has had, as they are compared.
    pub(super) addresses: Vec<String>,
    /// How many entries were rewritten.
    pub(super) entries: u64,
}

impl Tx {
    /// Puts `instead` in the place of a user in the audit log of the company: the address, those that it had before, and the
    /// names.
    pub(super) async fn hide_in_audit(
        &mut self,
        user: &User,
        instead: &str,
    ) -> Result<Hidden, Error> {
        let mut hidden = Hidden::default();
        let mut address = user.email.key();
        let mut until = i64::MAX;
        // From now back to when the account was made; where the address was changed, on with the one before.
        while hidden.addresses.len() < MOST_ADDRESSES {
            let entries = self
                .entries_naming(user, &address, ms(user.created_at), until)
                .await?;
            let mut earlier = None;
            for before in entries {
                earlier = earlier.or_else(|| former_address(&before, &address));
                if let Some(at) = &earlier
                    && before.at < at.1
                {
                    // Of that time the address may be another account's.
                    continue;
                }
                if let Some(after) = hide(&before, &address, instead) {
                    self.rewrite_entry(&after).await?;
                    hidden.entries += 1;
                }
            }
            hidden.addresses.push(address);
            match earlier {
                Some((former, at)) => (address, until) = (former, ms(at)),
                None => break,
            }
        }
        Ok(hidden)
    }

    /// The entries of a company in which an address stands, the newest first. (Of ASCII, `LOWER` changes the I alone as the
    /// locale of a PostgreSQL wants.)
    async fn entries_naming(
        &mut self,
        user: &User,
        address: &str,
        since: i64,
        until: i64,
    ) -> Result<Vec<AuditEvent>, Error> {
        let rows = query(
            "SELECT id, company_id, at, actor, action, subject, detail, client, before_value, after_value FROM audit_event \
             WHERE company_id = $1 AND at >= $2 AND at <= $3 \
             AND LOWER(REPLACE(actor || ' ' || subject || ' ' || detail || ' ' || COALESCE(before_value, '') || ' ' \
                       || COALESCE(after_value, ''), 'I', 'i')) LIKE $4 ESCAPE '\\' ORDER BY at DESC, id DESC",
        )
        .bind(user.company_id.to_string())
        .bind(since)
        .bind(until)
        .bind(pattern(address))
        .fetch_all(self)
        .await?;
        rows.iter().map(entry).collect()
    }

    async fn rewrite_entry(&mut self, event: &AuditEvent) -> Result<(), Error> {
        query(
            "UPDATE audit_event SET actor = $1, subject = $2, detail = $3, before_value = $4, after_value = $5, client = $7 WHERE id = $6",
        )
        .bind(event.actor.as_str())
        .bind(event.subject.as_str())
        .bind(event.detail.as_str())
        .bind(event.before.as_ref().map(json).transpose()?)
        .bind(event.after.as_ref().map(json).transpose()?)
        .bind(event.id.to_string())
        .bind(event.client.map(|client| client.to_string()))
        .execute(self)
        .await?;
        Ok(())
    }
}

/// Whether an entry tells of the user whose address this is.
fn is_about(event: &AuditEvent, address: &str) -> bool {
    event.action.starts_with("user.") && event.subject.eq_ignore_ascii_case(address)
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
        *text = replaced(text, address, instead);
    }
    if event.actor.eq_ignore_ascii_case(address) {
        hidden.client = None;
    }
    if about
        && matches!(
            event.action.as_str(),
            "user.unlink" | "user.link" | "user.bind"
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
                Value::String(text) if about && OF_A_PERSON.contains(&name.as_str()) => {
                    instead.clone_into(text);
                }
                Value::String(text) => *text = replaced(text, address, instead),
                Value::Array(all) => {
                    for one in all {
                        if let Value::String(text) = one {
                            *text = replaced(text, address, instead);
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
fn replaced(text: &str, address: &str, instead: &str) -> String {
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
            assert_eq!(replaced(text, "b@acme.test", "X"), expected, "{text}");
        }
    }
}
