//! The permission groups of a sign-in (rule F5): what its claim grants and takes, and what its record says of that.
//!
//! Invariant: a claim changes the grants of its own connection and no others, and one that is missing or was too long to list
//! takes nothing. What is said of it is bounded, whatever came.

use super::claimant::{AccountSource, Claimant};
use super::group_warning::{
    GroupWarning, LAPSED, LAST_ADMINISTRATOR, NONE_MAPPED, NOT_SENT, TOO_MANY,
};
use crate::database::columns::{Row, ms};
use crate::database::statement::query;
use crate::domain::{Check, FlowRequirement, GrantSource, GroupClaim, GroupId, Settings, UserId};
use crate::store::{Error, Tx};

use time::{Duration, OffsetDateTime};

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
    /// Groups of administrators that no claim gives any more, and that the last one keeps (rule S5).
    spared: Vec<String>,
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
        let mut names = [&profile.subject].into_iter().chain(&profile.other_names);
        let object = names.find_map(|name| name.strip_prefix(&prefix));
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
    let claim = &claimant.profile.groups;
    let source = GrantSource::Idp(claimant.connection.id);
    let mut present = present(row)?;
    let Some(values) = settings.said_groups(claim) else {
        if *claim == GroupClaim::Overflow
            && let Some(kept_for) = settings.groups_kept_for()
        {
            lapse(tx, claimant, user, &mut groups, present, kept_for).await?;
        }
        return Ok(groups);
    };
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
                is_of_administrators: false,
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
    let mut held: Vec<GroupId> = wanted.into_iter().map(|group| group.id).collect();
    if settings.groups_kept_for().is_some() {
        note_said(tx, user, source, claimant.now).await?;
    }
    for gone in gone {
        let id = gone.id;
        if !take(tx, claimant, user, gone, &mut groups).await? {
            held.push(id);
        }
    }
    groups.held = Some(held);
    Ok(groups)
}

/// Takes what no claim has listed for too long (rule S2).
async fn lapse(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: UserId,
    groups: &mut GroupOutcome,
    present: Vec<ClaimedGroup>,
    kept_for: Duration,
) -> Result<(), Error> {
    let source = GrantSource::Idp(claimant.connection.id);
    let rows = query(
        "SELECT group_id FROM group_grant WHERE user_id = $1 AND source = $2 AND created_at < $3",
    )
    .bind(user.to_string())
    .bind(source.to_string())
    .bind(ms(claimant.now - kept_for))
    .fetch_all(&mut *tx)
    .await?;
    let lapsed: Vec<GroupId> = rows
        .iter()
        .map(|row| row.parsed("group_id"))
        .collect::<Result<_, _>>()?;
    let mut held = Vec::new();
    for group in present {
        let id = group.id;
        if !lapsed.contains(&id) || !take(tx, claimant, user, group, groups).await? {
            held.push(id);
        }
    }
    groups.held = Some(held);
    Ok(())
}

/// Where groups are kept for some time only, each grant knows when a claim listed it last.
async fn note_said(
    tx: &mut Tx,
    user: UserId,
    source: GrantSource,
    now: OffsetDateTime,
) -> Result<(), Error> {
    query("UPDATE group_grant SET created_at = $1 WHERE user_id = $2 AND source = $3 AND created_at < $1")
        .bind(ms(now))
        .bind(user.to_string())
        .bind(source.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a group that a claim gave, unless the company would be without an administrator (rules S5 and F6); `false` then.
async fn take(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: UserId,
    group: ClaimedGroup,
    groups: &mut GroupOutcome,
) -> Result<bool, Error> {
    if group.is_of_administrators && is_last_administrator(tx, claimant, user, group.id).await? {
        groups.spared.push(group.title);
        return Ok(false);
    }
    query("DELETE FROM group_grant WHERE user_id = $1 AND group_id = $2 AND source = $3")
        .bind(user.to_string())
        .bind(group.id.to_string())
        .bind(GrantSource::Idp(claimant.connection.id).to_string())
        .execute(tx)
        .await?;
    groups.taken.push(group.title);
    Ok(true)
}

/// Whether nobody else is an active administrator, nor this user by another grant. Who asks holds the company: of two that lose
/// their groups at one instant, the second sees the first.
async fn is_last_administrator(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    user: UserId,
    group: GroupId,
) -> Result<bool, Error> {
    let company = claimant.connection.company_id;
    tx.lock_company(company).await?;
    let other = query(
        "SELECT a.id FROM permission_group g JOIN group_grant m ON m.group_id = g.id JOIN account a ON a.id = m.user_id \
         WHERE g.company_id = $1 AND g.kind = 'administrator' AND a.disabled_at IS NULL \
         AND NOT (m.user_id = $2 AND m.group_id = $3 AND m.source = $4) LIMIT 1",
    )
    .bind(company.to_string())
    .bind(user.to_string())
    .bind(group.to_string())
    .bind(GrantSource::Idp(claimant.connection.id).to_string())
    .fetch_optional(tx)
    .await?;
    Ok(other.is_none())
}

/// A group that the claim of an earlier sign-in granted.
struct ClaimedGroup {
    id: GroupId,
    title: String,
    is_of_administrators: bool,
    wanted: bool,
}

/// The groups that the source `$2` has granted to an account, by title: one a line, the identifier and a sign of administrators
/// before the title, because a
/// statement that changes the account tells them as well. (PostgreSQL tells them as they were before it waited for the account: see
/// [`crate::store::sign_in::session::begin`].)
macro_rules! groups_present {
    () => {
        "(SELECT string_agg(m.group_id || CASE WHEN g.kind = 'administrator' THEN ' ! ' ELSE ' - ' END || g.title, '\n' ORDER BY g.title) \
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
    let settings = &claimant.connection.settings;
    let claim = &claimant.profile.groups;
    let may_lapse = *claim == GroupClaim::Overflow && settings.groups_kept_for().is_some();
    let looks = may_lapse || settings.said_groups(claim).is_some();
    looks.then(|| GrantSource::Idp(claimant.connection.id).to_string())
}

fn present(row: &Row) -> Result<Vec<ClaimedGroup>, Error> {
    let lines = row.maybe_text("present")?.unwrap_or_default();
    // A title has one line. Of one that had more, what follows stands for no group.
    let group = |line: &str| {
        let (id, rest) = line.split_once(' ')?;
        let (sign, title) = rest.split_once(' ')?;
        Some(ClaimedGroup {
            id: id.parse().ok()?,
            title: title.to_owned(),
            is_of_administrators: sign == "!",
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

/// What a record says of the groups: of a sign-in that succeeded with what became of them, of a refused one without.
pub(in crate::store) fn check(
    settings: &Settings,
    claim: &GroupClaim,
    groups: Option<&GroupOutcome>,
) -> (Check, Option<&'static GroupWarning>) {
    let maps = !settings.group_mapping.is_empty();
    let warning = match (claim, groups) {
        (_, None) => None,
        (_, Some(groups)) if !groups.spared.is_empty() => Some(&LAST_ADMINISTRATOR),
        (GroupClaim::Overflow, Some(groups)) if !groups.taken.is_empty() => Some(&LAPSED),
        (GroupClaim::Overflow, _) => Some(&TOO_MANY),
        (GroupClaim::Missing, _) if settings.said_groups(claim).is_some() => None,
        (GroupClaim::Missing, _) if maps => Some(&NOT_SENT),
        (GroupClaim::Values(_), Some(groups)) if maps && groups.mapped.is_empty() => {
            Some(&NONE_MAPPED)
        }
        _ => None,
    };
    let mut received = match claim {
        GroupClaim::Missing if settings.said_groups(claim).is_some() => {
            "no groups were sent, which this connection takes for none".to_owned()
        }
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
        add(". Kept by the last administrator: ", titles(&self.spared));
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
