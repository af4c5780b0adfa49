//! Creations, each once: `Idempotency-Key`.
//!
//! Invariants: with a key, a request that comes again gets the answer of the first one, and another request with the same key
//! gets none; only what was made is remembered, so that a refused request may be corrected; the body is not kept, only a code
//! over it under the instance key, because it may hold a password.

use std::future::Future;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::answer;
use super::caller::Caller;
use super::problem::{Kind, Problem};
use crate::http::error::Error;
use crate::store::Claim;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key.
const LONGEST: usize = 255;

/// The key of a request, if it has one.
#[derive(Debug, Clone)]
pub(super) struct Key(Option<String>);

/// How a creation is made once.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document of a header")]
pub(super) struct KeyParam {
    /// A text of your own, such as a UUID. For a day, the same request with the same key gets the same answer and makes nothing
    /// again.
    #[param(
        rename = "Idempotency-Key",
        max_length = 255,
        pattern = "^[!-~]{1,255}$",
        nullable = false
    )]
    idempotency_key: Option<String>,
}

/// What was made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Made {
    /// Its address, as a path.
    pub(super) location: String,
    /// Its version.
    pub(super) version: String,
    /// It, as JSON text.
    pub(super) body: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut lines = parts.headers.get_all(HEADER).iter();
        let Some(line) = lines.next() else {
            return Ok(Self(None));
        };
        let text = line.to_str().unwrap_or_default();
        let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_key || text.len() > LONGEST || lines.next().is_some() {
            return Err(Problem::new(
                Kind::Malformed,
                "Idempotency-Key is one text of 1 to 255 ASCII characters without spaces.",
            ));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

/// Makes something once. It goes on when the client is gone, so that a key never waits for an answer that nobody makes.
pub(super) async fn once<S, F>(
    caller: Caller<S>,
    Key(key): Key,
    path: &'static str,
    octets: &[u8],
    making: impl FnOnce(Caller<S>) -> F,
) -> Result<Response, Problem>
where
    S: 'static,
    F: Future<Output = Result<Made, Problem>> + Send + 'static,
{
    let outcome = Box::pin(making(caller.clone()));
    let Some(key) = key else {
        return Ok(answered(&caller, &outcome.await?));
    };
    // MAC, not hash: the body may hold a password.
    let purpose = format!("idempotency {path}");
    let code = caller.app.keys.token(&purpose, octets).into_bytes();
    let store = &caller.app.store;
    match store
        .claim_key(caller.token.id, &key, &code, caller.now())
        .await?
    {
        Claim::Begun => {
            let (app, token) = (caller.app.clone(), caller.token.id);
            let all = tokio::spawn(async move {
                let outcome = outcome.await;
                let kept = match &outcome {
                    Ok(thing) => {
                        let body = answer::text(thing)?;
                        app.store.keep_answer(token, &key, 201, &body).await
                    }
                    Err(_) => app.store.forget_key(token, &key).await,
                };
                if let Err(cause) = kept {
                    tracing::error!(%cause, "the answer to an idempotency key is not kept");
                }
                outcome
            });
            // The runtime ends, or it panicked, which was told.
            let outcome = all.await.map_err(Error::internal)?;
            Ok(answered(&caller, &outcome?))
        }
        Claim::Running => Err(Problem::new(
            Kind::Running,
            "The first request with this Idempotency-Key has no answer yet. Try again in a few seconds.",
        )),
        Claim::Other => Err(Problem::new(
            Kind::KeyReused,
            "This Idempotency-Key belongs to another request. Use a new key for each thing you make.",
        )),
        Claim::Answered { body, .. } => {
            let before: Made = serde_json::from_str(&body).map_err(Error::internal)?;
            let mut response = answered(&caller, &before);
            answer::put(&mut response, REPLAYED, "true");
            Ok(response)
        }
    }
}

fn answered<S>(caller: &Caller<S>, made: &Made) -> Response {
    let mut response = answer::written(StatusCode::CREATED, made.body.clone());
    let location = format!("{}{}", caller.site.company.origin, made.location);
    answer::put(&mut response, header::LOCATION, &location);
    answer::put(
        &mut response,
        header::ETAG,
        &format!("\"{}\"", made.version),
    );
    response
}
