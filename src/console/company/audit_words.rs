//! Entries of the audit log as sentences, and what of a change is worth reading.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::admin::SETTINGS;
use crate::domain::Settings;

/// Changes of an entry that stand open; the others are folded.
const OPEN: usize = 5;

/// What was done, before and after the name of what it was done to.
pub(super) fn sentence(action: &str) -> (&'static str, &'static str) {
    // One of a version that comes later; a test holds those of this one.
    own_sentence(action).unwrap_or_else(|| (by_verb(action), ""))
}

fn own_sentence(action: &str) -> Option<(&'static str, &'static str)> {
    Some(match action {
        "administrator.password_sign_in" => ("", "signed in with a password"),
        "audit.export" => ("Exported the", ""),
        "company.add" => ("Added the company", ""),
        "company.quota" => ("Changed the quotas of the company", ""),
        "company.remove" => ("Deleted the company", ""),
        "company.remove_logo" => ("Removed the logo of the company", ""),
        "company.rename" => ("Renamed the company to", ""),
        "company.resume" => ("Opened the site of the company", "again"),
        "company.set" => ("Changed the settings of the company", ""),
        "company.set_logo" => ("Changed the logo of the company", ""),
        "company.set_up" => ("Set up the company", ""),
        "company.suspend" => ("Suspended the company", ""),
        "connection.add" => ("Added the connection", ""),
        "connection.disable" => ("Disabled the connection", ""),
        "connection.enable" => ("Enabled the connection", ""),
        "connection.import" => ("Imported metadata into the connection", ""),
        "connection.remove" => ("Deleted the connection", ""),
        "connection.remove_records" => ("Deleted the records of the connection", ""),
        "connection.set" | "connection.change" => ("Changed the connection", ""),
        "connection.test" => ("Tested the connection", ""),
        "domain.add" => ("Added the e-mail domain", ""),
        "domain.assign" => ("Assigned the e-mail domain", ""),
        "domain.remove" => ("Removed the e-mail domain", ""),
        "domain.verify" => ("Verified the e-mail domain", ""),
        "group.add" => ("Created the permission group", ""),
        "group.change" => ("Changed the permission group", ""),
        "group.remove" => ("Deleted the permission group", ""),
        "key.accept" => ("Accepted the keys", "that are new to the database"),
        "key.new" => ("Made the next", "key"),
        "key.retire" => ("Retired the previous", "key"),
        "key.rotate" => ("Put the next", "key into use"),
        "session.end" => ("Ended a session of", ""),
        "session.end_all" => ("Signed out", ""),
        "setup_link.add" => ("Made a set-up link", ""),
        "setup_link.revoke" => ("Revoked a set-up link", ""),
        "sign_in.reveal" => ("Looked at the message of the sign-in", ""),
        "token.add" => ("Made the API token", ""),
        "token.revoke" => ("Revoked the API token", ""),
        "user.activate" => ("Activated", ""),
        "user.add" => ("Created the user", ""),
        "user.bind" => ("Bound another identity to", ""),
        "user.change" => ("Changed the user", ""),
        "user.deactivate" => ("Deactivated", ""),
        "user.export" => ("Exported", ""),
        "user.group.add" => ("Added", "to a permission group"),
        "user.group.remove" => ("Removed", "from a permission group"),
        "user.import" => ("Imported users", ""),
        "user.remove" => ("Deleted the user", ""),
        "user.link" => ("Linked an identity to", ""),
        "user.remove_password" => ("Removed the password of", ""),
        "user.set_password" => ("Set the password of", ""),
        "user.sign_out" => ("Signed out", "everywhere"),
        "user.wait_for" => ("Chose the connection of the first sign-in of", ""),
        "user.unlink" => ("Unlinked", "from an identity provider"),
        _ => return None,
    })
}

/// What an action without a sentence of its own did, by its last word.
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
    action: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Vec<Change>, Vec<Change>) {
    let (mut before, after) = (members(before), members(after));
    let one_sided = before.is_empty() != after.is_empty();
    let mut names: Vec<String> = after.keys().chain(before.keys()).cloned().collect();
    names.sort();
    names.dedup();
    let of_connection = action.starts_with("connection.");
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
        other => other,
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
        let (open, folded) = changes("group.change", Some(&before), Some(&after));
        let expected = [
            ("gone", "1, x", ""),
            ("new", "", ""),
            ("Permission title", "A", "B"),
        ];
        assert_eq!(open, texts(expected));
        assert!(folded.is_empty());
        assert_eq!(changes("x", None, None), (vec![], vec![]));
    }

    /// Every action that the program writes, as its sources say it.
    #[test]
    fn every_action_has_a_sentence() {
        let nouns = "administrator audit company connection domain group key operator session setup_link sign_in token user";
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files: Vec<_> = ["admin", "cli", "login", "store"]
            .map(|room| source.join(room))
            .into();
        let mut seen = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|it| it.unwrap().path()),
                );
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for action in text.split('"').filter(|it| it.len() < 60) {
                let Some((noun, verb)) = action.split_once('.') else {
                    continue;
                };
                let is_word = |it: &str| {
                    !it.is_empty()
                        && it
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b"_.".contains(&b))
                };
                let is_rest = matches!(
                    verb,
                    "rs" | "html"
                        | "example"
                        | "test"
                        | "com"
                        | "password"
                        | "mail"
                        | "userprincipalname"
                );
                if !nouns.split(' ').any(|it| it == noun) || !is_word(verb) || is_rest {
                    continue;
                }
                seen += 1;
                let (before, after) = sentence(action);
                assert!(!before.is_empty() || !after.is_empty(), "{action}");
                assert!(
                    own_sentence(action).is_some(),
                    "{action} of {} has no sentence",
                    path.display()
                );
            }
        }
        assert!(seen > 30, "{seen}");
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
        let (open, folded) = changes("connection.add", Some(&json!({})), Some(&after));
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].2, "Entra");
        assert_eq!(folded.len(), 3);
    }
}
