//! The documents that an OpenID provider publishes: what it says of itself, and its keys.
//!
//! Rules J2 to J5 and K1. Tests: `tests/it/oidc_sign_in`.

use super::address::Reach;
use super::provider::{Media, ProviderAnswer, ProviderClient, ProviderFailure};
use crate::jose::json::{JsonError, Object};
use crate::jose::{KeySet, KeySetError, LONGEST_KEY_SET};
use crate::oidc::{Discovery, DiscoveryError, Issuer, LONGEST_DISCOVERY};

/// Why a provider's document is not there. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error(transparent)]
    Way(#[from] ProviderFailure),
    #[error("{address} answers with status {status}. Open it in a browser and see what it says.")]
    Status { address: String, status: u16 },
    #[error("{0} does not answer with JSON. Is it the right address?")]
    NotJson(String),
    #[error("The discovery document cannot be used: {0}.")]
    Discovery(#[from] DiscoveryError),
    #[error("The document at {address} cannot be read: {why}.")]
    Unreadable { address: String, why: JsonError },
    #[error("The document at {0} names no issuer.")]
    NoIssuer(String),
    #[error("The provider's keys at {address} cannot be used: {why}.")]
    Keys { address: String, why: KeySetError },
    #[error("The provider's keys at {0} verify nothing here: none of them can be used.")]
    NoKey(String),
    #[error("The provider did not answer a moment ago. It is asked again in a few seconds.")]
    Failed,
    #[error("Too many questions to providers of this company are under way.")]
    Turns,
}

impl ProviderClient {
    /// What a provider says of itself (rules J2, J3 and J5).
    pub async fn discovery(
        &self,
        issuer: &Issuer,
        reach: Reach,
    ) -> Result<Discovery, DocumentError> {
        let answer = self.discovery_answer(issuer, reach).await?;
        Ok(Discovery::parse(
            &answer.body,
            issuer,
            reach == Reach::Private,
        )?)
    }

    /// The same as it came.
    pub async fn discovery_answer(
        &self,
        issuer: &Issuer,
        reach: Reach,
    ) -> Result<ProviderAnswer, DocumentError> {
        self.document(&issuer.discovery_url(), reach, LONGEST_DISCOVERY)
            .await
    }

    /// What a provider says of itself, and the version of its document; none where that is still the version of before.
    pub async fn discovery_if_changed(
        &self,
        issuer: &Issuer,
        etag: Option<&str>,
        reach: Reach,
    ) -> Result<Option<(Discovery, Option<String>)>, DocumentError> {
        let address = issuer.discovery_url();
        let answer = self.get_if_changed(&address, etag, reach, LONGEST_DISCOVERY);
        let answer = answer.await?;
        match (answer.status, answer.media) {
            (304, _) => Ok(None),
            (200, Media::Json) => {
                let read = Discovery::parse(&answer.body, issuer, reach == Reach::Private)?;
                Ok(Some((read, answer.etag)))
            }
            (200, _) => Err(DocumentError::NotJson(address)),
            (status, _) => Err(DocumentError::Status { address, status }),
        }
    }

    /// The issuer that a document names, for people to confirm (rules J1 and J3).
    pub async fn named_issuer(&self, address: &str, reach: Reach) -> Result<String, DocumentError> {
        let answer = self.document(address, reach, LONGEST_DISCOVERY).await?;
        let document = Object::parse(&answer.body).map_err(|why| DocumentError::Unreadable {
            address: address.to_owned(),
            why,
        })?;
        let issuer = document.text("issuer").ok().flatten();
        issuer
            .map(str::to_owned)
            .ok_or_else(|| DocumentError::NoIssuer(address.to_owned()))
    }

    /// A provider's keys. An answer without a usable key is a failed question, never an empty trust (rule K4).
    pub async fn key_set(&self, address: &str, reach: Reach) -> Result<KeySet, DocumentError> {
        let answer = self.document(address, reach, LONGEST_KEY_SET).await?;
        let address = address.to_owned();
        match KeySet::parse(&answer.body) {
            Ok(set) if set.is_empty() => Err(DocumentError::NoKey(address)),
            Ok(set) => Ok(set),
            Err(why) => Err(DocumentError::Keys { address, why }),
        }
    }

    async fn document(
        &self,
        address: &str,
        reach: Reach,
        most: usize,
    ) -> Result<ProviderAnswer, DocumentError> {
        let answer = self.get(address, reach, most).await?;
        let address = address.to_owned();
        match (answer.status, answer.media) {
            (200, Media::Json) => Ok(answer),
            (200, _) => Err(DocumentError::NotJson(address)),
            (status, _) => Err(DocumentError::Status { address, status }),
        }
    }
}
