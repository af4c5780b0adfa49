//! A token endpoint, asked by whoever a client says it is: with the newer secret, and with the older one where the provider does not
//! know the newer one yet (rule N1).

use super::address::Reach;
use super::provider::{ProviderAnswer, ProviderClient, ProviderFailure};
use crate::oidc::{ClientAuthentication, LONGEST_ANSWER, TokenRefusal, TokenRequest};

impl ProviderClient {
    /// Asks with one way after the other until one is not refused as `invalid_client`; none when there is no way.
    pub async fn token(
        &self,
        endpoint: &str,
        ways: Vec<ClientAuthentication>,
        request: impl Fn(&ClientAuthentication) -> TokenRequest + Send,
        reach: Reach,
    ) -> Result<Option<ProviderAnswer>, ProviderFailure> {
        let mut last = None;
        for way in ways {
            let request = request(&way);
            let (body, authorization) = (request.body().to_owned(), request.authorization());
            let answer = self
                .post(endpoint, body, authorization, reach, LONGEST_ANSWER)
                .await?;
            // The answer is read for good by whoever gets it.
            let is_unknown = TokenRefusal::parse(&answer.body)
                .is_some_and(|refusal| refusal.code == "invalid_client");
            last = Some(answer);
            if !is_unknown {
                break;
            }
        }
        Ok(last)
    }
}
