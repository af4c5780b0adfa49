//! What a test found, for people.

use std::collections::BTreeSet;

use crate::domain::mapping::FURTHER;
use crate::domain::{
    AccountMatch, AttributeName, Attributes, Claim, Findings, GroupChange, GroupClaim,
    LoginAttempt, NameId, Outcome, Profile, Rehearsal, User,
};
use crate::http::pages::Moment;

/// The part of a test's page that only the administrator who ran it sees.
#[derive(Debug)]
pub(in crate::console) struct Found {
    /// Whether it came by SAML, whose words differ.
    pub(in crate::console) is_saml: bool,
    /// All of it in one sentence.
    pub(in crate::console) sentence: String,
    pub(in crate::console) passed: bool,
    pub(in crate::console) name_id: Option<(String, String)>,
    pub(in crate::console) claims: Vec<ClaimView>,
    /// What of the person is read from the claims.
    pub(in crate::console) person: Vec<(&'static str, String)>,
    /// What would become of the account: property, before, after.
    pub(in crate::console) account: Vec<(String, String, String)>,
    pub(in crate::console) account_note: &'static str,
    /// Its groups: title, tone, what becomes of the membership.
    pub(in crate::console) groups: Vec<(String, &'static str, &'static str)>,
    pub(in crate::console) groups_note: &'static str,
    pub(in crate::console) authn_context: Option<String>,
    pub(in crate::console) authn_instant: Option<Moment>,
    /// Whether the request asked the user to sign in again.
    pub(in crate::console) forced: bool,
}

#[derive(Debug)]
pub(in crate::console) struct ClaimView {
    pub(in crate::console) name: String,
    pub(in crate::console) values: Vec<String>,
    pub(in crate::console) used_as: String,
}

pub(in crate::console) fn found(
    findings: &Findings,
    attempt: &LoginAttempt,
    is_saml: bool,
) -> Found {
    let rehearsal = findings.rehearsal.as_ref();
    Found {
        is_saml,
        sentence: sentence(rehearsal, attempt),
        passed: attempt.outcome == Outcome::Tested,
        name_id: findings.name_id.as_ref().map(name),
        claims: findings.claims.iter().map(claim).collect(),
        person: read(findings),
        account: rehearsal.map(account).unwrap_or_default(),
        account_note: match rehearsal.map(|it| it.way) {
            Some(AccountMatch::Found) => "An account is known by this identity.",
            Some(AccountMatch::Linked) => {
                "An account with this e-mail address waits for this identity. The sign-in would link the two for good."
            }
            Some(AccountMatch::Made) => "There is no account yet. The sign-in would make one.",
            None => "The sign-in would be refused, and no account made or changed.",
        },
        groups: rehearsal
            .map(|it| it.groups.iter().map(group).collect())
            .unwrap_or_default(),
        groups_note: match findings.person.as_ref().map(|it| &it.groups) {
            Some(GroupClaim::Overflow) if !is_saml => {
                "The user is in more groups than the provider lists. Groups stay as they are. In Entra ID, choose “Groups assigned to the application” under Token configuration, Edit groups claim."
            }
            Some(GroupClaim::Overflow) => {
                "The user is in more groups than the identity provider lists. Groups stay as they are. In Entra ID, choose “Groups assigned to the application” under Attributes & Claims."
            }
            Some(GroupClaim::Missing) if is_granted(rehearsal) => {
                "The claims name no groups. The new account gets what Just-In-Time User Provisioning gives."
            }
            Some(GroupClaim::Missing) => "The claims name no groups. Groups stay as they are.",
            _ => "",
        },
        authn_context: findings.authn_context.clone(),
        authn_instant: findings.authn_instant.map(Moment::from),
        forced: attempt.forced,
    }
}

/// What is read from the claims, without what the account shows.
fn read(findings: &Findings) -> Vec<(&'static str, String)> {
    let mut read = findings.person.as_ref().map(person).unwrap_or_default();
    if findings.rehearsal.is_some() {
        read.retain(|(label, _)| matches!(*label, "Identity" | "Groups"));
    }
    read
}

fn is_granted(rehearsal: Option<&Rehearsal>) -> bool {
    let groups = rehearsal.into_iter().flat_map(|it| &it.groups);
    groups
        .into_iter()
        .any(|(_, change)| *change == GroupChange::Granted)
}

/// The test in one sentence.
fn sentence(rehearsal: Option<&Rehearsal>, attempt: &LoginAttempt) -> String {
    let Some(rehearsal) = rehearsal else {
        return format!(
            "The answer is genuine, but the sign-in would be refused. {}.",
            attempt.summary.trim_end_matches('.')
        );
    };
    let who = rehearsal.after.email.as_str();
    let begun = match rehearsal.way {
        AccountMatch::Found => format!("The test passed: {who} would be signed in"),
        AccountMatch::Linked => {
            format!("The test passed: {who} would be linked to the existing account and signed in")
        }
        AccountMatch::Made => {
            format!("The test passed: {who} would get an account and be signed in")
        }
    };
    let titles = |wanted: GroupChange| {
        let titles = rehearsal
            .groups
            .iter()
            .filter(|(_, change)| *change == wanted);
        titles
            .map(|(title, _)| title.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (granted, taken) = (titles(GroupChange::Granted), titles(GroupChange::Taken));
    match (granted.is_empty(), taken.is_empty()) {
        (true, true) => format!("{begun}."),
        (false, true) => format!("{begun}, and put into {granted}."),
        (true, false) => format!("{begun}, and taken out of {taken}."),
        (false, false) => format!("{begun}, put into {granted} and taken out of {taken}."),
    }
}

fn name(name: &NameId) -> (String, String) {
    let format = name
        .format
        .clone()
        .unwrap_or_else(|| "no Format".to_owned());
    (name.value.clone(), format)
}

fn claim(claim: &Claim) -> ClaimView {
    let used: Vec<&str> = claim.used_as.iter().map(|it| property(it)).collect();
    ClaimView {
        name: claim.name.clone(),
        values: claim.values.clone(),
        used_as: used.join(", "),
    }
}

fn property(word: &str) -> &str {
    match word {
        "identity" => "Identity",
        "email" => "E-mail address",
        "first_name" => "First name",
        "last_name" => "Last name",
        "display_name" => "Display name",
        "company" => "Company",
        "groups" => "Groups",
        "groups_overage" => "Too many groups",
        other => other.strip_prefix(FURTHER).unwrap_or(other),
    }
}

fn person(profile: &Profile) -> Vec<(&'static str, String)> {
    let missing = |value: &Option<String>| value.clone().unwrap_or_else(|| "not sent".to_owned());
    vec![
        ("Identity", profile.subject.clone()),
        (
            "E-mail address",
            profile
                .email
                .as_ref()
                .map_or_else(|| "not sent".to_owned(), |it| it.as_str().to_owned()),
        ),
        ("First name", missing(&profile.first_name)),
        ("Last name", missing(&profile.last_name)),
        ("Company", missing(&profile.company_name)),
        (
            "Groups",
            match &profile.groups {
                GroupClaim::Missing => "not sent".to_owned(),
                GroupClaim::Overflow => "too many to list".to_owned(),
                GroupClaim::Values(values) if values.is_empty() => "none".to_owned(),
                GroupClaim::Values(values) => values.join(", "),
            },
        ),
    ]
}

/// What of the account would change, or all of it when it would be made.
fn account(rehearsal: &Rehearsal) -> Vec<(String, String, String)> {
    let properties = |user: &User| {
        [
            user.email.as_str().to_owned(),
            user.first_name.clone(),
            user.last_name.clone(),
            user.company_name.clone(),
        ]
    };
    let labels = ["E-mail address", "First name", "Last name", "Company"];
    let after = properties(&rehearsal.after);
    let before = rehearsal
        .before
        .as_ref()
        .map_or_else(<[String; 4]>::default, properties);
    labels
        .into_iter()
        .zip(before.into_iter().zip(after))
        .map(|(label, (before, after))| (label.to_owned(), before, after))
        .chain(further(rehearsal))
        .collect()
}

fn further(rehearsal: &Rehearsal) -> Vec<(String, String, String)> {
    let none = Attributes::new();
    let before = rehearsal.before.as_ref().map_or(&none, |it| &it.attributes);
    let after = &rehearsal.after.attributes;
    let names: BTreeSet<&AttributeName> = before.keys().chain(after.keys()).collect();
    let value = |of: &Attributes, name| of.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .map(|name| (name.to_string(), value(before, name), value(after, name)))
        .collect()
}

fn group((title, change): &(String, GroupChange)) -> (String, &'static str, &'static str) {
    let (tone, word) = match change {
        GroupChange::Granted => ("good", "would be granted"),
        GroupChange::Taken => ("warn", "would be taken away"),
        GroupChange::Kept => ("off", "stays"),
    };
    (title.clone(), tone, word)
}
