//! The audit log: what people changed, and who used a break-glass account (rule F6).
//!
//! Invariant: an entry is written once and never changed, and it is bounded.

use std::net::IpAddr;

use serde_json::Value;
use time::OffsetDateTime;

use super::audit_bound::{bound, cut};
use super::{AuditDetail, AuditId, CompanyId, RecordedAction};

/// The most characters of a name.
const LONGEST_NAME: usize = 320;
/// The most characters of what is told beside a change.
const LONGEST_DETAIL: usize = 2_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its identifier, made from the time: of entries of one instant that one process writes, the later one's is greater.
    pub id: AuditId,
    /// The company that it concerns, or none for the whole instance.
    pub company_id: Option<CompanyId>,
    /// When it happened.
    pub at: OffsetDateTime,
    /// Who did it: a user's e-mail address, `command line`, or `token: NAME`.
    pub actor: String,
    /// What was done.
    pub action: RecordedAction,
    /// What it was done to: a name for people.
    pub subject: String,
    /// More, for people: an [`AuditDetail`].
    pub detail: String,
    /// The address that it was done from; none for a command.
    pub client: Option<IpAddr>,
    /// What changed, as it was before: an object; never a secret.
    pub before: Option<Value>,
    /// The same, as it is now.
    pub after: Option<Value>,
}

impl AuditEvent {
    /// With what changed: of two objects, the members that differ.
    #[must_use]
    pub fn with_change(mut self, before: Value, after: Value) -> Self {
        let (Value::Object(mut before), Value::Object(mut after)) = (before, after) else {
            return self;
        };
        before.retain(|name, value| {
            let same = after.get(name) == Some(value);
            if same {
                after.remove(name);
            }
            !same
        });
        self.before = Some(Value::Object(before));
        self.after = Some(Value::Object(after));
        self
    }

    /// The same as it is kept: bounded, whatever was changed.
    #[must_use]
    pub fn bounded(&self) -> Self {
        let mut event = self.clone();
        bound(&mut event.before, &mut event.after);
        for (text, most) in [
            (&mut event.actor, LONGEST_NAME),
            (&mut event.subject, LONGEST_NAME),
            (&mut event.detail, LONGEST_DETAIL),
        ] {
            *text = cut(text, most);
        }
        event
    }

    /// With more, for people.
    #[must_use]
    pub fn with_detail(mut self, detail: AuditDetail<'_>) -> Self {
        self.detail = detail.to_string();
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_holds_what_differs() {
        let event = AuditEvent {
            id: AuditId::from_bytes([1; 16]),
            company_id: None,
            at: OffsetDateTime::UNIX_EPOCH,
            actor: String::new(),
            action: "".into(),
            subject: String::new(),
            detail: String::new(),
            client: None,
            before: None,
            after: None,
        };
        let event = event.with_change(
            json!({"title": "A", "kind": "member", "gone": 1}),
            json!({"title": "B", "kind": "member", "new": 2}),
        );
        assert_eq!(event.before, Some(json!({"title": "A", "gone": 1})));
        assert_eq!(event.after, Some(json!({"title": "B", "new": 2})));
    }
}
