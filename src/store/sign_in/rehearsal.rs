//! A test's end: everything that a sign-in does to an account, done and taken back.
//!
//! Invariant: what a test leaves behind is its attempt, closed, and the ID of its assertion, which is used then like any other
//! (rule E4). Its account, identity, groups and sessions are as they were.

use super::acceptance::accept;
use super::assertion;
use super::attempt::{self, ClosingVerdict};
use super::proof::{FederatedProof, Finished, Proof, SignIn};
use super::refuse::refuse;
use crate::database::statement::query;
use crate::domain::{AccountMatch, AttemptId, GroupChange, Outcome, Rehearsal, User, UserId};
use crate::store::people::account::{Account, settle};
use crate::store::people::claimant::AccountSource;
use crate::store::people::user::{select_user, user};
use crate::store::{Error, Refusal, Tx};

/// Ends a test whose attempt was consumed.
pub(in crate::store) async fn rehearse(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &Proof,
    attempt_id: AttemptId,
) -> Result<Finished, Error> {
    let rehearsed = match proof {
        // Only a Response tests a connection.
        Proof::Password(_) | Proof::SetUp(_) => Err(Refusal::OtherConnection),
        Proof::Federated(proof) => match assertion::remember(tx, sign_in, proof).await? {
            Err(refusal) => Err(refusal),
            Ok(()) => try_out(tx, sign_in, proof).await?,
        },
    };
    let (account, rehearsal) = match rehearsed {
        Ok(rehearsed) => rehearsed,
        Err(refusal) => return refuse(tx, sign_in, attempt_id, refusal).await,
    };
    let accepted = accept(sign_in, &account)?;
    let closing = ClosingVerdict {
        outcome: Outcome::Tested,
        rule: accepted.rule(),
        summary: &accepted.summary("The test passed, and nobody was signed in"),
        record: accepted.record,
        user_id: None,
        named: None,
        session_key: None,
    };
    attempt::close(tx, attempt_id, closing, sign_in.now).await?;
    Ok(Finished::Rehearsed {
        rehearsal: Box::new(rehearsal),
        attempt_id,
    })
}

/// Settles the account as a sign-in does, looks at it, and takes everything back.
async fn try_out(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &FederatedProof,
) -> Result<Result<(Account, Rehearsal), Refusal>, Error> {
    let point = tx.savepoint().await?;
    let settled = settle(tx, &sign_in.claimant(proof)).await?;
    let titles = match &settled {
        Ok(account) => titles(tx, account.user.id).await?,
        Err(_) => Vec::new(),
    };
    // An error before this ends the whole transaction.
    tx.take_back(point).await?;
    let account = match settled {
        Ok(account) => account,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = as_it_is(tx, account.user.id).await?;
    let had = self::titles(tx, account.user.id).await?;
    let rehearsal = Rehearsal {
        way: match account.how {
            AccountSource::Found | AccountSource::FoundByOther | AccountSource::Adopted => {
                AccountMatch::Found
            }
            AccountSource::Linked => AccountMatch::Linked,
            AccountSource::Made => AccountMatch::Made,
        },
        before,
        after: account.user.clone(),
        email_kept: account.email_kept.is_some(),
        groups: changes(&had, titles),
    };
    Ok(Ok((account, rehearsal)))
}

async fn as_it_is(tx: &mut Tx, id: UserId) -> Result<Option<User>, Error> {
    let row = query(select_user!("WHERE account.id = $1"))
        .bind(id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    row.as_ref().map(user).transpose()
}

/// The titles of a user's groups, whoever put it there.
async fn titles(tx: &mut Tx, id: UserId) -> Result<Vec<String>, Error> {
    let rows = query(
        "SELECT DISTINCT g.title FROM group_grant m JOIN permission_group g ON g.id = m.group_id WHERE m.user_id = $1 \
         ORDER BY g.title",
    )
    .bind(id.to_string())
    .fetch_all(&mut *tx)
    .await?;
    rows.iter().map(|row| Ok(row.text("title")?)).collect()
}

fn changes(before: &[String], after: Vec<String>) -> Vec<(String, GroupChange)> {
    let mut changes: Vec<(String, GroupChange)> = before
        .iter()
        .filter(|title| !after.contains(title))
        .map(|title| (title.clone(), GroupChange::Taken))
        .collect();
    changes.extend(after.into_iter().map(|title| {
        let change = if before.contains(&title) {
            GroupChange::Kept
        } else {
            GroupChange::Granted
        };
        (title, change)
    }));
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    changes
}
