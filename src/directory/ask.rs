//! Questions to a directory, and their answers.

use super::{DirectoryError, OpenDirectory};
use crate::graph::{
    DirectoryUser, GraphAnswer, GraphItem, GraphPage, GraphRefusalKind, GraphRequest,
    MOST_CHECKED_GROUPS, ObjectId, UserKey,
};
use crate::keys::{hex, random};
use crate::outbound::GraphManner;

impl OpenDirectory<'_> {
    /// Asks once; with a new token again when Graph does not take the one that we have.
    pub async fn ask(&self, request: &GraphRequest) -> Result<GraphAnswer, DirectoryError> {
        if let Some(left) = self.known.quiet_for(self.keeper.clock.running()) {
            return Err(DirectoryError::Waiting(left));
        }
        let token = self.token(None).await?;
        match self.ask_with(request, token.as_str()).await {
            Err(DirectoryError::Refused(refusal)) if refusal.kind == GraphRefusalKind::Token => {
                let token = self.token(Some(&token)).await?;
                self.ask_with(request, token.as_str()).await
            }
            other => other,
        }
    }

    async fn ask_with(
        &self,
        request: &GraphRequest,
        token: &str,
    ) -> Result<GraphAnswer, DirectoryError> {
        let manner = GraphManner {
            token,
            request_id: &guid(),
            is_urgent: self.is_urgent,
            patience: self.patience,
            reach: self.keeper.reach,
        };
        let answer = self.client().ask_graph(request, manner).await?;
        let Some(refusal) = answer.refusal(&self.addresses) else {
            return Ok(answer);
        };
        if let Some(wait) = refusal.wait {
            self.known.be_quiet(self.keeper.clock.running() + wait);
        }
        Err(refusal.into())
    }

    /// A page of a list.
    pub async fn page<T: GraphItem>(
        &self,
        request: &GraphRequest,
    ) -> Result<GraphPage<T>, DirectoryError> {
        let answer = self.ask(request).await?;
        Ok(answer.page(&self.addresses)?)
    }

    /// A user; none when there is none, or not yet, or not any more.
    pub async fn user(&self, key: &UserKey) -> Result<Option<DirectoryUser>, DirectoryError> {
        let answer = self.ask(&self.addresses.user(key)).await;
        if matches!(&answer, Err(cause) if cause.refusal_kind() == Some(GraphRefusalKind::NotFound))
        {
            return Ok(None);
        }
        Ok(Some(answer?.item()?))
    }

    /// The groups that a user is in, also through other groups: security groups alone, or Microsoft 365 groups as well.
    pub async fn member_groups(
        &self,
        user: &ObjectId,
        security_only: bool,
    ) -> Result<Vec<ObjectId>, DirectoryError> {
        let asked = self.addresses.member_groups(user, security_only);
        Ok(self.ask(&asked).await?.ids()?)
    }

    /// In which of these groups a user is, also through other groups. One question for each twenty of them.
    pub async fn check_member_groups(
        &self,
        user: &ObjectId,
        groups: &[ObjectId],
    ) -> Result<Vec<ObjectId>, DirectoryError> {
        let mut found = Vec::new();
        for lot in groups.chunks(MOST_CHECKED_GROUPS) {
            let asked = self.addresses.check_member_groups(user, lot);
            found.extend(self.ask(&asked).await?.ids()?);
        }
        Ok(found)
    }
}

/// A random GUID (RFC 9562, version 4).
fn guid() -> String {
    let mut octets: [u8; 16] = random();
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let hex = hex(&octets);
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|range| &hex[range])
        .join("-")
}
