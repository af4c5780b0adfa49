//! Assertion IDs that were accepted, until no confirmation of the assertion could be accepted any more.

use super::proof::{FederatedProof, SignIn};
use crate::database::columns::{is_text, ms};
use crate::database::statement::query;
use crate::store::{Error, Refusal, Tx};

/// Rule E4, for a sign-in and for a test: an assertion that one of them has used is of no use to the other.
pub(in crate::store) async fn remember(
    tx: &mut Tx,
    sign_in: &SignIn,
    proof: &FederatedProof,
) -> Result<Result<(), Refusal>, Error> {
    if proof.connection.company_id != sign_in.company_id {
        return Ok(Err(Refusal::OtherConnection));
    }
    let Some(assertion) = &proof.assertion else {
        return Ok(Ok(()));
    };
    // Of two servers at the same instant, one waits for the other's row and then inserts nothing.
    if !is_text(&assertion.id) {
        return Ok(Err(Refusal::AssertionReplayed));
    }
    let recorded = query("INSERT INTO assertion_seen (connection_id, assertion_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(proof.connection.id.to_string())
        .bind(assertion.id.as_str())
        .bind(ms(assertion.expires_at))
        .execute(&mut *tx)
        .await?;
    Ok(if recorded == 0 {
        Err(Refusal::AssertionReplayed)
    } else {
        Ok(())
    })
}
