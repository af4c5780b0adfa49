//! Microsoft Graph, asked by the client that asks providers (rule H5): no redirect is followed, no address but the one that was
//! judged is connected to, an answer is bounded in time and in octets.
//!
//! Invariant: the token goes where a [`GraphRequest`] leads, which is beneath the pinned base.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::address::Reach;
use super::provider::{Media, ProviderClient, ProviderFailure, check, failure, media};
use crate::graph::{GraphAnswer, GraphRequest, LONGEST_PAGE};

/// How a question is asked.
#[derive(Debug, Clone, Copy)]
pub struct GraphManner<'a> {
    /// The bearer token.
    pub token: &'a str,
    /// `client-request-id`: a GUID, by which both sides find the question again.
    pub request_id: &'a str,
    /// Whether somebody waits for the answer: `x-ms-throttle-priority`.
    pub is_urgent: bool,
    /// How long the answer may take in all.
    pub patience: Duration,
    /// How far the address may reach.
    pub reach: Reach,
}

impl ProviderClient {
    /// Asks once.
    pub async fn ask_graph(
        &self,
        request: &GraphRequest,
        manner: GraphManner<'_>,
    ) -> Result<GraphAnswer, ProviderFailure> {
        let url = check(request.url(), manner.reach)?;
        let client = self.reaching(manner.reach);
        let mut asked = match request.body() {
            None => client.get(url.clone()),
            Some(body) => client
                .post(url.clone())
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_owned()),
        };
        if let Some(level) = request.consistency_level() {
            asked = asked.header("ConsistencyLevel", level);
        }
        let priority = if manner.is_urgent { "high" } else { "low" };
        let asked = asked
            .bearer_auth(manner.token)
            .header(ACCEPT, "application/json")
            .header("client-request-id", manner.request_id)
            .header("x-ms-throttle-priority", priority)
            .timeout(manner.patience);
        let host = || url.host_str().unwrap_or_default().to_owned();
        let failed = |cause: reqwest::Error| failure(&cause, host());
        let mut response = asked.send().await.map_err(failed)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            // What is longer says nothing that we know.
            (value.len() <= 2048).then(|| value.to_owned())
        };
        let mut answer = GraphAnswer {
            status: response.status().as_u16(),
            is_json: media(header("content-type").as_deref().unwrap_or_default()) == Media::Json,
            body: Vec::new(),
            retry_after: header("retry-after"),
            request_id: header("request-id").filter(|id| is_name(id)),
            location: header("location"),
            load: header("x-ms-throttle-limit-percentage"),
        };
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.body.len() + chunk.len() > LONGEST_PAGE {
                return Err(ProviderFailure::TooLarge {
                    host: host(),
                    most: LONGEST_PAGE,
                });
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

/// What may be repeated to people.
fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
}
