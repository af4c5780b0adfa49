//! What a token of the API may do, decided in the transaction of the change.
//!
//! Invariant: a token that was taken back, has ended or lacks a scope changes nothing, whatever was found when its request
//! came. `tests/it/api/tokens.rs` and `reach.rs` show it.

use super::{Admin, Refused};
use crate::domain::Scope;
use crate::domain::token::TokenState;
use crate::store::Tx;

impl Admin<'_> {
    /// Begins the transaction of a change for which a token needs this scope. It is the first thing that is asked in it.
    pub(super) async fn begin(&self, needed: Scope) -> Result<Tx, Refused> {
        let mut tx = self.store.begin().await?;
        let Some(id) = self.actor.token else {
            return Ok(tx);
        };
        let token = tx.hold_token(id).await?;
        let token = token
            .filter(|it| it.company_id == self.company && it.state(self.now) == TokenState::Active)
            .ok_or(Refused::TokenEnded)?;
        let over = Some(Scope::AdminsWrite).filter(|_| self.actor.over_administrators);
        let mut needed = [Some(needed), over].into_iter().flatten();
        match needed.find(|scope| !token.scopes.has(*scope)) {
            Some(lacking) => Err(Refused::LacksScope(lacking)),
            None => Ok(tx),
        }
    }

    /// Begins the transaction of a change that no scope of a token allows.
    pub(super) async fn begin_without_token(&self) -> Result<Tx, Refused> {
        match self.actor.token {
            None => Ok(self.store.begin().await?),
            Some(_) => Err(Refused::NotFound),
        }
    }

    /// What may make somebody an administrator, or let somebody sign in as one, needs a scope of its own. That the token still
    /// has it is found out in the transaction.
    pub fn check_over_administrators(&self) -> Result<(), Refused> {
        if self.actor.over_administrators {
            Ok(())
        } else {
            Err(Refused::LacksScope(Scope::AdminsWrite))
        }
    }
}
