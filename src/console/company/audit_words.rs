//! Entries of the audit log as sentences, and what of a change is worth reading.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::admin::SETTINGS;
use crate::domain::user::OF_ATTRIBUTE;
use crate::domain::{AuditAction, AuditNoun, RecordedAction, Settings};

/// Changes of an entry that stand open; the others are folded.
const OPEN: usize = 5;

/// What was done, before and after the name of what it was done to.
pub(super) fn sentence(action: &RecordedAction) -> (&'static str, &'static str) {
    match action {
        RecordedAction::Known(action) => known_sentence(*action),
        RecordedAction::Unknown(action) => (by_verb(action), ""),
    }
}

fn known_sentence(action: AuditAction) -> (&'static str, &'static str) {
    match action {
        AuditAction::AdministratorPasswordSignIn => ("", "signed in with a password"),
        AuditAction::ApplicationAdd => ("Added the application", ""),
        AuditAction::ApplicationAllow => ("Let users use the application", ""),
        AuditAction::ApplicationDeny => ("Took the application", "from users"),
        AuditAction::ApplicationNewKey => ("Made a further proxy key of the application", ""),
        AuditAction::ApplicationRemove => ("Removed the application", ""),
        AuditAction::ApplicationRetireKey => {
            ("Retired the older proxy keys of the application", "")
        }
        AuditAction::ApplicationSet => ("Changed the application", ""),
        AuditAction::AuditExport => ("Exported the", ""),
        AuditAction::CompanyAdd => ("Added the company", ""),
        AuditAction::CompanyQuota => ("Changed the quotas of the company", ""),
        AuditAction::CompanyRemove => ("Deleted the company", ""),
        AuditAction::CompanyRemoveLogo => ("Removed the logo of the company", ""),
        AuditAction::CompanyRename => ("Renamed the company to", ""),
        AuditAction::CompanyResume => ("Opened the site of the company", "again"),
        AuditAction::CompanySet => ("Changed the settings of the company", ""),
        AuditAction::CompanySetLogo => ("Changed the logo of the company", ""),
        AuditAction::CompanySetUp => ("Set up the company", ""),
        AuditAction::CompanySuspend => ("Suspended the company", ""),
        AuditAction::ConnectionAdd => ("Added the connection", ""),
        AuditAction::ConnectionDisable => ("Disabled the connection", ""),
        AuditAction::ConnectionEnable => ("Enabled the connection", ""),
        AuditAction::ConnectionImport => ("Imported metadata into the connection", ""),
        AuditAction::ConnectionRemove => ("Deleted the connection", ""),
        AuditAction::ConnectionRemoveRecords => ("Deleted the records of the connection", ""),
        AuditAction::ConnectionSet
        | AuditAction::ConnectionChange
        | AuditAction::ConnectionCertificates
        | AuditAction::ConnectionRestore
        | AuditAction::ConnectionAcceptProvider
        | AuditAction::ConnectionFollowProvider
        | AuditAction::ConnectionHoldProvider => ("Changed the connection", ""),
        AuditAction::ConnectionTest => ("Tested the connection", ""),
        AuditAction::DirectoryConfirm => ("Allowed what was held of the directory of", ""),
        AuditAction::DirectoryStart => ("Asked for the synchronisation of the directory of", ""),
        AuditAction::DirectorySynchronise => ("Synchronised the directory of", ""),
        AuditAction::DirectoryRemove => ("Switched off the directory of", ""),
        AuditAction::DirectorySet => ("Changed the directory of", ""),
        AuditAction::DomainAdd => ("Added the e-mail domain", ""),
        AuditAction::DomainAssign => ("Assigned the e-mail domain", ""),
        AuditAction::DomainRemove => ("Removed the e-mail domain", ""),
        AuditAction::DomainVerify => ("Verified the e-mail domain", ""),
        AuditAction::GroupAdd => ("Created the permission group", ""),
        AuditAction::GroupChange => ("Changed the permission group", ""),
        AuditAction::GroupRemove => ("Deleted the permission group", ""),
        AuditAction::KeyAccept => ("Accepted the keys", "that are new to the database"),
        AuditAction::KeyNew => ("Made the next", "key"),
        AuditAction::KeyRetire => ("Retired the previous", "key"),
        AuditAction::KeyRotate => ("Put the next", "key into use"),
        AuditAction::SessionEnd => ("Ended a session of", ""),
        AuditAction::SessionEndAll => ("Signed out", ""),
        AuditAction::SetupLinkAdd => ("Made a set-up link", ""),
        AuditAction::SetupLinkRevoke => ("Revoked a set-up link", ""),
        AuditAction::SignInReveal => ("Looked at the message of the sign-in", ""),
        AuditAction::TokenAdd => ("Made the API token", ""),
        AuditAction::TokenRevoke => ("Revoked the API token", ""),
        AuditAction::UserActivate => ("Activated", ""),
        AuditAction::UserAdd => ("Created the user", ""),
        AuditAction::UserBind => ("Bound another identity to", ""),
        AuditAction::UserChange => ("Changed the user", ""),
        AuditAction::UserDeactivate => ("Deactivated", ""),
        AuditAction::UserExport => ("Exported", ""),
        AuditAction::UserGroupAdd => ("Added", "to a permission group"),
        AuditAction::UserGroupRemove => ("Removed", "from a permission group"),
        AuditAction::UserImport => ("Imported users", ""),
        AuditAction::UserRemove => ("Deleted the user", ""),
        AuditAction::UserLink => ("Linked an identity to", ""),
        AuditAction::UserRemovePassword => ("Removed the password of", ""),
        AuditAction::UserSetPassword => ("Set the password of", ""),
        AuditAction::UserSignOut => ("Signed out", "everywhere"),
        AuditAction::UserWaitFor => ("Chose the connection of the first sign-in of", ""),
        AuditAction::UserUnlink => ("Unlinked", "from an identity provider"),
    }
}

/// What an action of another version did, by its last word.
fn by_verb(action: &str) -> &'static str {
    match action.rsplit('.').next().unwrap_or_default() {
        "add" | "create" => "Added",
        "remove" | "delete" => "Removed",
        "revoke" => "Revoked",
        _ => "Changed",
    }
}

/// Whether the changes say all that a detail does: `key=value`, separated by commas or spaces.
pub(super) fn is_told(detail: &str, changes: &[Change]) -> bool {
    let told = |word: &str| {
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        changes
            .iter()
            .any(|(_, was, is)| was == value || is == value)
    };
    !detail.is_empty()
        && detail
            .split([',', ' '])
            .filter(|it| !it.is_empty())
            .all(told)
}

/// One property: its name for people, before, after.
pub(super) type Change = (String, String, String);

/// What changed: what stands open, and what is folded because nobody asked for it or because it is much.
pub(super) fn changes(
    action: &RecordedAction,
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Vec<Change>, Vec<Change>) {
    let (mut before, after) = (members(before), members(after));
    let one_sided = before.is_empty() != after.is_empty();
    let mut names: Vec<String> = after.keys().chain(before.keys()).cloned().collect();
    names.sort();
    names.dedup();
    let of_connection =
        action.is_about(AuditNoun::Connection) || action.is_about(AuditNoun::Directory);
    let (mut open, mut folded) = (Vec::new(), Vec::new());
    for name in names {
        let was = before.remove(&name).unwrap_or_default();
        let is = after.get(&name).cloned().unwrap_or_default();
        let one = if is.is_empty() { &was } else { &is };
        let usual = one_sided && is_usual(&name, one, of_connection);
        let change = (label(&name, of_connection), was, is);
        if usual || open.len() >= OPEN {
            folded.push(change);
        } else {
            open.push(change);
        }
    }
    (open, folded)
}

/// The members of an object, as text.
fn members(value: Option<&Value>) -> BTreeMap<String, String> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// Whether something that was added or removed has what it has when nobody says anything.
fn is_usual(name: &str, value: &str, of_connection: bool) -> bool {
    let default = of_connection.then(|| USUAL.get(name)).flatten();
    matches!(value, "" | "none" | "false") || default.is_some_and(|usual| usual == value)
}

/// The settings of a connection for which nothing was said.
static USUAL: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let settings = Settings::default();
    let keys = SETTINGS.iter().map(|setting| setting.key);
    let mut usual: BTreeMap<_, _> = keys
        .filter_map(|key| Some((key, settings.value(key)?)))
        .collect();
    usual.insert("sort_order", "0".to_owned());
    usual
});

/// A property's name on the pages where it is changed.
fn label(name: &str, of_connection: bool) -> String {
    let setting = SETTINGS.iter().find(|setting| setting.key == name);
    let label = match name {
        _ if of_connection => setting.map_or(name, |setting| setting.label),
        "allowed" => "Who may use it",
        "email" => "E-mail",
        "first_name" => "First name",
        "last_name" => "Last name",
        "company_name" => "Company",
        "password" => "Password",
        "groups" => "Permission groups",
        "title" => "Permission title",
        "kind" | "type" => "Permission Type",
        "sso_only" => "Single sign-on only",
        "connection" => "Connection",
        "links" => "Decides who is linked",
        "verified" => "Verified",
        other => other.strip_prefix(OF_ATTRIBUTE).unwrap_or(other),
    };
    label.to_owned()
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        other => flat(other),
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts<const N: usize>(changes: [(&str, &str, &str); N]) -> Vec<Change> {
        changes
            .map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
            .to_vec()
    }

    #[test]
    fn what_was_there_and_what_is_there() {
        let before = json!({"title": "A", "gone": [1, "x"]});
        let after = json!({"title": "B", "new": null});
        let (open, folded) = changes(
            &AuditAction::GroupChange.into(),
            Some(&before),
            Some(&after),
        );
        let expected = [
            ("gone", "1, x", ""),
            ("new", "", ""),
            ("Permission title", "A", "B"),
        ];
        assert_eq!(open, texts(expected));
        assert!(folded.is_empty());
        assert_eq!(changes(&"x".into(), None, None), (vec![], vec![]));
    }

    #[test]
    fn every_action_has_a_sentence() {
        for word in AuditAction::WORDS {
            let (before, after) = sentence(&RecordedAction::from(*word));
            assert!(!before.is_empty() || !after.is_empty(), "{word}");
        }
        let later = RecordedAction::from("user.teleport.remove");
        assert_eq!(sentence(&later), ("Removed", ""));
    }

    #[test]
    fn a_change_is_told_once() {
        let changes = texts([("Binding", "post", "redirect")]);
        assert!(is_told("binding=redirect", &changes));
        assert!(!is_told("binding=redirect, force=true", &changes));
        assert!(!is_told("", &changes));
    }

    #[test]
    fn what_nobody_asked_for_is_folded() {
        let after = json!({"display_name": "Entra", "clock_skew_seconds": "180", "guests": "false", "enabled": "false"});
        let (open, folded) = changes(
            &AuditAction::ConnectionAdd.into(),
            Some(&json!({})),
            Some(&after),
        );
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].2, "Entra");
        assert_eq!(folded.len(), 3);
    }
}
