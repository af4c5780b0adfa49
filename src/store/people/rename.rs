//! A sign-in that brings another address than its account has (rule F2).
//!
//! Invariant: no connection renames an account with a password, whom another one's domain names, or to an address that is not its own
//! to give.

use super::claimant::Claimant;
use super::link;
use crate::database::statement::query;
use crate::domain::User;
use crate::store::{Error, Refusal, Tx};

/// Takes a new address over; why not, when it belongs to another account, or is not this connection's to give.
pub(in crate::store) async fn update_email(
    tx: &mut Tx,
    claimant: &Claimant<'_>,
    found: &mut User,
) -> Result<Option<&'static str>, Error> {
    let Some(email) = claimant
        .profile
        .email
        .as_ref()
        .filter(|email| **email != found.email)
    else {
        return Ok(None);
    };
    let is_another = email.key() != found.email.key();
    if found.has_password {
        return Ok(is_another.then_some("single sign-on renames no account that has a password"));
    }
    // Neither does a connection rename whom another one's domain names.
    if let Err(Refusal::OthersAddress { .. }) = link::ground(tx, claimant, &found.email).await? {
        return Ok(
            is_another.then_some("the domain of its address is assigned to another connection")
        );
    }
    if is_another {
        if link::contradiction(claimant, email).is_some() {
            return Ok(Some("the NameID is another address"));
        }
        match link::ground(tx, claimant, email).await? {
            Ok(_) => {}
            Err(Refusal::OthersAddress { .. }) => {
                return Ok(Some("its domain is assigned to another connection"));
            }
            Err(_) => return Ok(Some("it is in none of the company's domains")),
        }
    }
    let updated = query(
        "UPDATE account SET email = $1, email_key = $2 WHERE id = $3 AND NOT EXISTS \
         (SELECT 1 FROM account other WHERE other.company_id = $4 AND other.email_key = $2 AND other.id <> $3)",
    )
    .bind(email.as_str())
    .bind(email.key())
    .bind(found.id.to_string())
    .bind(found.company_id.to_string())
    .execute(&mut *tx)
    .await?;
    if updated == 0 {
        return Ok(Some("another account has it"));
    }
    found.email = email.clone();
    Ok(None)
}
