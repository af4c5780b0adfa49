//! The end of a sign-in whose proof is good and that is refused all the same.

use super::attempt::{self, ClosingVerdict};
use super::proof::{Finished, SignIn};
use super::record;
use super::refusal::Refusal;
use crate::domain::{AttemptId, Check, Outcome};
use crate::store::people::group_claim;
use crate::store::{Error, Tx};

/// Closes the attempt with the refusal.
pub(in crate::store) async fn refuse(
    tx: &mut Tx,
    sign_in: &SignIn,
    attempt_id: AttemptId,
    refusal: Refusal,
) -> Result<Finished, Error> {
    let mut record = sign_in.record.clone();
    if let Some(proof) = sign_in.proof.federated() {
        let settings = &proof.connection.settings;
        let (check, _) = group_claim::check(settings, &proof.profile.groups, None);
        record.checks.push(check);
    }
    let requirement = refusal.requirement();
    record.checks.push(Check::of(
        requirement,
        refusal.expected(),
        refusal.to_string(),
        false,
    ));
    let advice = refusal.advice().iter().map(|line| (*line).to_owned());
    record.advice.extend(advice);
    let closing = ClosingVerdict {
        outcome: Outcome::Refused,
        rule: Some(requirement.rule()),
        summary: &refusal.sentence(),
        record: record::write(&record)?,
        user_id: None,
        named: sign_in
            .proof
            .federated()
            .and_then(|proof| proof.profile.email.as_ref()),
        session_key: None,
    };
    attempt::close(tx, attempt_id, closing, sign_in.now).await?;
    Ok(Finished::Refused {
        refusal,
        attempt_id,
    })
}
