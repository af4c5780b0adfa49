//! A token is obtained: kept until five minutes before its end, asked for by one at a time.
//!
//! Rules N1 and N6: the newer secret first, the older one after `invalid_client`.

use super::token::{AskedAs, KeptToken, TokenQuestion};
use super::{DirectoryError, OpenDirectory, TokenProblem};
use crate::graph::GraphToken;
use crate::oidc::{TokenRefusal, TokenRequest};
use crate::outbound::Media;
use crate::site;

impl OpenDirectory<'_> {
    /// A token that can be used now; other than `refused`, which Graph did not take.
    pub(super) async fn token(
        &self,
        refused: Option<&GraphToken>,
    ) -> Result<GraphToken, DirectoryError> {
        let question = self.question()?;
        let asked_as = AskedAs {
            settings: self.settings.clone(),
            client_id: question.client_id.to_owned(),
            secrets: question.secrets.to_vec(),
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
        let token = self.ask_token(question).await?;
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

    async fn ask_token(&self, question: TokenQuestion<'_>) -> Result<GraphToken, DirectoryError> {
        let ways = site::client_authentications(
            self.keeper.keys,
            self.connection,
            question.method,
            question.secrets,
        );
        let scope = self.addresses.scope();
        let request = |way: &_| TokenRequest::client_credentials(question.client_id, &scope, way);
        let endpoint = self.addresses.token_endpoint();
        let asked = self
            .client()
            .token(&endpoint, ways, request, self.keeper.reach);
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
