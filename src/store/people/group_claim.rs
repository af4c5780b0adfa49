//! The permission groups of a sign-in (rule F5): what its claim grants and takes, and what its record says of that.
//!
//! Invariant: a claim changes the grants of its own connection and no others, and one that is missing or was too long to list
//! takes nothing. What is said of it is bounded, whatever came.

use super::claimant::{AccountSource, Claimant};
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{Check, FlowRequirement, GrantSource, GroupClaim, GroupId, Settings, UserId};
use crate::store::{Error, Tx};

/// The most values, and groups, that a record lists, and the most characters of one.
const MOST_LISTED: usize = 20;
const LONGEST: usize = 80;

/// What became of the groups of one account.
#[derive(Debug, Default)]
pub(in crate::store) struct GroupOutcome {
    /// Values of the claim with the groups that they stand for.
    mapped: Vec<(String, String)>,
    granted: Vec<String>,
    taken: Vec<String>,
    /// The group of just-in-time provisioning, which every new account gets.
    given: Option<String>,
    /// The groups that the claim gives now; none where there is no claim to go by.
    pub(in crate::store) held: Option<Vec<GroupId>>,
}

impl GroupOutcome {
    pub(in crate::store) fn changed(&self) -> bool {
        !self.granted.is_empty() || !self.taken.is_empty()
    }

    /// Gives what the directory gives to somebody who signs in. What it takes, its synchronisation takes, which has evidence.
    pub(in crate::store) async fn give_of_directory(
        &mut self,
        tx: &mut Tx,
        claimant: &Claimant<'_>,
        user: UserId,
    ) -> Result<(), Error> {
        let connection = claimant.connection;
        let directory = connection.settings.directory.as_deref();
        if directory.is_none_or(|directory| !directory.synchronise) {
            return Ok(());
        }
        let prefix = connection.settings.directory_prefix();
        let profile = claimant.profile;
        let names = [&profile.subject].into_iter().chain(&profile.other_names);
        let object = names.filter_map(|name| name.strip_prefix(&prefix)).next();
        let Some(object) = object else {
            return Ok(());
        };
        let given = tx
            .give_directory_groups(connection.id, object, user, claimant.now)
            .await?;
        for group in given {
            self.granted.extend(title(tx, group).await?);
        }
        Ok(())
    }
}

/// Adds and removes the grants of this connection's group claim; the account's row tells which there are.
pub(in crate::store) async fn reconcile(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: UserId,
    row: &Row,
    how: AccountSource,
) -> Result<GroupOutcome, Error> {
    let settings = &claimant.connection.settings;
    let mut groups = GroupOutcome::default();
    if how == AccountSource::Made
        && let Some(group) = settings.jit
    {
        groups.given = title(tx, group).await?;
    }
    let GroupClaim::Values(values) = &claimant.profile.groups else {
        return Ok(groups);
    };
    let source = GrantSource::Idp(claimant.connection.id);
    let mut present = present(row)?;
    for mapped in &settings.group_mapping {
        if !values.contains(&mapped.value) {
            continue;
        }
        let known = present.iter_mut().find(|it| it.id == mapped.group_id);
        let title = if let Some(known) = known {
            known.wanted = true;
            known.title.clone()
        } else if grant(tx, claimant, user, mapped.group_id, source).await? {
            let title = title(tx, mapped.group_id).await?.unwrap_or_default();
            groups.granted.push(title.clone());
            present.push(ClaimedGroup {
                id: mapped.group_id,
                title: title.clone(),
                wanted: true,
            });
            title
        } else {
            "a deleted group".to_owned()
        };
        groups.mapped.push((mapped.value.clone(), title));
    }
    let (wanted, gone): (Vec<ClaimedGroup>, Vec<ClaimedGroup>) =
        present.into_iter().partition(|group| group.wanted);
    groups.held = Some(wanted.into_iter().map(|group| group.id).collect());
    for gone in gone {
        let sql = "DELETE FROM group_grant WHERE user_id = $1 AND group_id = $2 AND source = $3";
        query(sql)
            .bind(user.to_string())
            .bind(gone.id.to_string())
            .bind(source.to_string())
            .execute(&mut *tx)
            .await?;
        groups.taken.push(gone.title);
    }
    Ok(groups)
}

/// A group that the claim of an earlier sign-in granted.
struct ClaimedGroup {
    id: GroupId,
    title: String,
    wanted: bool,
}

/// The groups that the source `$2` has granted to an account, by title: one a line, the identifier before the title, because a
/// statement that changes the account tells them as well. (PostgreSQL tells them as they were before it waited for the account: see
/// [`crate::store::sign_in::session::begin`].)
macro_rules! groups_present {
    () => {
        "(SELECT string_agg(m.group_id || ' ' || g.title, '\n' ORDER BY g.title) \
         FROM group_grant m LEFT JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = account.id AND m.source = $2)"
    };
}
pub(in crate::store) use groups_present;

/// What is read of an account that gets in, `$2` being the source of its connection's group claim.
macro_rules! returning {
    () => {
        concat!(
            " RETURNING account.search, ",
            $crate::store::people::group_claim::groups_present!(),
            " AS present, ",
            $crate::store::people::user::user_columns!()
        )
    };
}
pub(in crate::store) use returning;

/// The source of what the connection's group claim grants; none when it grants and takes nothing.
pub(in crate::store) fn source(claimant: &Claimant<'_>) -> Option<String> {
    let source = GrantSource::Idp(claimant.connection.id);
    matches!(claimant.profile.groups, GroupClaim::Values(_)).then(|| source.to_string())
}

fn present(row: &Row) -> Result<Vec<ClaimedGroup>, Error> {
    let lines = row.maybe_text("present")?.unwrap_or_default();
    // A title has one line. Of one that had more, what follows stands for no group.
    let group = |line: &str| {
        let (id, title) = line.split_once(' ')?;
        Some(ClaimedGroup {
            id: id.parse().ok()?,
            title: title.to_owned(),
            wanted: false,
        })
    };
    Ok(lines.lines().filter_map(group).collect())
}

async fn title(tx: &mut Tx, group: GroupId) -> Result<Option<String>, Error> {
    let row = query("SELECT title FROM permission_group WHERE id = $1")
        .bind(group.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    Ok(row.map(|row| row.text("title")).transpose()?)
}

/// Puts a user into a group of the connection's company; `false` when there is no such group, or the user is in it.
pub(in crate::store) async fn grant(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: UserId,
    group: GroupId,
    source: GrantSource,
) -> Result<bool, Error> {
    let added = query(
        "INSERT INTO group_grant (user_id, group_id, source, created_at) \
         SELECT $1, g.id, $2, $3 FROM permission_group g WHERE g.id = $4 AND g.company_id || '' = $5 ON CONFLICT DO NOTHING",
    )
    .bind(user.to_string())
    .bind(source.to_string())
    .bind(ms(claimant.now))
    .bind(group.to_string())
    .bind(claimant.connection.company_id.to_string())
    .execute(&mut *tx)
    .await?;
    Ok(added > 0)
}

/// What lets a person in and is worth a look: the sign-in is shown with a warning.
#[derive(Debug)]
pub(in crate::store) struct GroupWarning {
    pub(in crate::store) requirement: FlowRequirement,
    /// What is the matter, to go on with after "with a warning: ".
    pub(in crate::store) text: &'static str,
    /// What to do about it.
    pub(in crate::store) advice: &'static [&'static str],
}

const NOT_SENT: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the identity provider sent no groups, and groups are mapped",
    advice: &[
        "Let the identity provider send the groups. Entra ID: Attributes & Claims, Add a group claim.",
        "If it sends them by another name, enter that name in the connection's settings, Claims, Groups.",
    ],
};
const TOO_MANY: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the person is in more groups than the identity provider lists, so that groups stay as they are",
    advice: &[
        "Entra ID: in Attributes & Claims, open the group claim and choose \"Groups assigned to the application\". Entra ID lists no more than 150 groups.",
    ],
};
const NONE_MAPPED: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "none of the groups that came is mapped to a permission group",
    advice: &[
        "Compare the values that came with the connection's group mapping. Entra ID sends the Object ID of a group, not its name, if nothing else is chosen.",
    ],
};

/// What a record says of the groups: of a sign-in that succeeded with what became of them, of a refused one without.
pub(in crate::store) fn check(
    settings: &Settings,
    claim: &GroupClaim,
    groups: Option<&GroupOutcome>,
) -> (Check, Option<&'static GroupWarning>) {
    let maps = !settings.group_mapping.is_empty();
    let warning = match (claim, groups) {
        (_, None) => None,
        (GroupClaim::Overflow, _) => Some(&TOO_MANY),
        (GroupClaim::Missing, _) if maps => Some(&NOT_SENT),
        (GroupClaim::Values(_), Some(groups)) if maps && groups.mapped.is_empty() => {
            Some(&NONE_MAPPED)
        }
        _ => None,
    };
    let mut received = match claim {
        GroupClaim::Missing => "no groups were sent".to_owned(),
        GroupClaim::Overflow => "too many groups to list".to_owned(),
        GroupClaim::Values(values) if values.is_empty() => "an empty list".to_owned(),
        GroupClaim::Values(values) => list_first(values.iter().map(|value| short(value))),
    };
    match groups {
        None => received.push_str(". Nobody was signed in: groups stay as they are"),
        Some(groups) => groups.tell(claim, &mut received),
    }
    let expected = if maps {
        "groups, and one of them mapped"
    } else {
        "any: no group is mapped"
    };
    let check = Check::of(
        FlowRequirement::Groups,
        expected,
        received,
        warning.is_none(),
    );
    (check, warning)
}

impl GroupOutcome {
    fn tell(&self, claim: &GroupClaim, text: &mut String) {
        let mut add = |label: &str, list: Vec<String>| {
            if !list.is_empty() {
                text.push_str(label);
                text.push_str(&list_first(list.into_iter()));
            }
        };
        let titles = |all: &[String]| all.iter().map(|title| short(title)).collect();
        let mapped = self.mapped.iter();
        add(
            ". Mapped: ",
            mapped
                .map(|(value, title)| format!("{} is {}", short(value), short(title)))
                .collect(),
        );
        add(". Granted: ", titles(&self.granted));
        add(". Taken: ", titles(&self.taken));
        add(
            ". Given to the new account: ",
            titles(self.given.as_slice()),
        );
        if !self.changed() && *claim != GroupClaim::Missing {
            text.push_str(". Nothing granted or taken");
        }
    }
}

/// The first of a list, and how many more there are.
fn list_first(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = texts.len().saturating_sub(MOST_LISTED);
    let mut all: Vec<String> = texts.take(MOST_LISTED).collect();
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all.join(", ")
}

/// One value on one line.
fn short(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
