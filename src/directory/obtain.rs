//! A token is obtained: kept until five minutes before its end, asked for by one at a time.
//!
//! Rules N1 and N6: the newer secret first, the older one after `invalid_client`.

use super::token::{AskedAs, KeptToken};
use super::{DirectoryError, OpenDirectory, TokenProblem};
use crate::graph::GraphToken;
use crate::oidc::{TokenRefusal, TokenRequest};
use crate::outbound::Media;
use crate::site::{ClientCredential, authentications};

impl OpenDirectory<'_> {
    /// A token that can be used now; other than `refused`, which Graph did not take.
    pub(super) async fn token(
        &self,
        refused: Option<&GraphToken>,
    ) -> Result<GraphToken, DirectoryError> {
        let credential = self.credential()?;
        let asked_as = AskedAs {
            settings: self.settings.clone(),
            client_id: credential.client_id.to_owned(),
            secrets: credential.secrets.to_vec(),
            key: credential.key.map(|(pair, _)| pair.clone()),
        };
        // Whoever waits here finds what the one before was given.
        let mut kept = self.known.kept.lock().await;
        let now = self.keeper.clock.running();
        if let Some(kept) = &*kept
            && kept.asked_as == asked_as
            && now.saturating_sub(kept.since) < kept.token.lifetime()
            && Some(&kept.token) != refused
        {
            return Ok(kept.token.clone());
        }
        *kept = None;
        let token = self.ask_token(&credential).await?;
        *kept = Some(KeptToken {
            token: token.clone(),
            asked_as,
            since: now,
        });
        Ok(token)
    }

    /// Forgets the token: what was granted since it was given is not in it.
    pub async fn forget_token(&self) {
        *self.known.kept.lock().await = None;
    }

    async fn ask_token(
        &self,
        credential: &ClientCredential<'_>,
    ) -> Result<GraphToken, DirectoryError> {
        let keeper = &self.keeper;
        let ways = authentications(keeper.keys, self.connection, credential, keeper.clock.now());
        let scope = self.addresses.scope();
        let request = |way: &_| TokenRequest::client_credentials(credential.client_id, &scope, way);
        let endpoint = credential.audience;
        let asked = self.client().token(endpoint, ways, request, keeper.reach);
        let answer = match tokio::time::timeout(self.patience, asked).await {
            Ok(answer) => answer?,
            Err(_) => return Err(TokenProblem::Status(504).into()),
        };
        let answer = answer.ok_or(DirectoryError::NoSecret)?;
        if let Some(refusal) = TokenRefusal::parse(&answer.body) {
            return Err(TokenProblem::Refused(refusal).into());
        }
        if answer.status != 200 {
            return Err(TokenProblem::Status(answer.status).into());
        }
        Ok(GraphToken::parse(
            answer.media == Media::Json,
            &answer.body,
        )?)
    }
}
