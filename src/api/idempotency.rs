//! Creations, each once: `Idempotency-Key`.
//!
//! Invariants: with a key, a request that comes again gets the answer of the first one, and another request with the same key
//! gets none; that it was made is stored with what was made, so that a refused request may be corrected, and one that a crash
//! took away may come again at once; the body is not kept, only a code over it under the instance key, because it may hold a
//! password.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::answer;
use super::caller::Caller;
use crate::http::error::Error;
use crate::http::problem::{Kind, Problem};
use crate::store::{EarlierRequest, KeyedRequest};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key.
const LONGEST: usize = 255;

/// The key of a request, if it has one.
#[derive(Debug, Clone)]
pub(super) struct IdempotencyKey(Option<String>);

/// How a creation is made once.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document of a header")]
pub(super) struct IdempotencyKeyHeader {
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
pub(super) struct CreatedResource {
    /// Its address, as a path.
    pub(super) location: String,
    /// Its version.
    pub(super) version: String,
    /// It, as JSON text.
    pub(super) body: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
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

/// Makes something once. `reading` reads what was made by its identifier, where the server that made it died before its answer
/// was kept; with the notes of who made it ([`Caller::with_notes`]).
pub(super) async fn create_once<S, M, R>(
    caller: Caller<S>,
    IdempotencyKey(key): IdempotencyKey,
    path: &'static str,
    octets: &[u8],
    making: impl FnOnce(Caller<S>) -> M,
    reading: impl Fn(Caller<S>, String, String) -> R,
) -> Result<Response, Problem>
where
    M: Future<Output = Result<CreatedResource, Problem>>,
    R: Future<Output = Result<CreatedResource, Problem>>,
{
    let Some(key) = key else {
        let made = Box::pin(making(caller.clone())).await?;
        return Ok(created_response(&caller, &made));
    };
    // MAC, not hash: the body may hold a password.
    let purpose = format!("idempotency {path}");
    let request = KeyedRequest {
        token: caller.token.id,
        key,
        hash: caller.app.keys.token(&purpose, octets).into_bytes(),
        notes: String::new(),
    };
    if let Some(before) = earlier_answer(&caller, &request, &reading).await? {
        return Ok(before);
    }
    match Box::pin(making(caller.with_request(request.clone()))).await {
        Ok(made) => {
            let body = answer::text(&made)?;
            if let Err(cause) = caller.app.desk.keep_answer(&request, 201, &body).await {
                tracing::error!(%cause, "the answer to an idempotency key is not kept");
            }
            Ok(created_response(&caller, &made))
        }
        // Another request with the key may have been faster.
        Err(problem) => earlier_answer(&caller, &request, &reading)
            .await?
            .ok_or(problem),
    }
}

/// The answer of the first request with the key, if there was one.
async fn earlier_answer<S, R>(
    caller: &Caller<S>,
    request: &KeyedRequest,
    reading: impl Fn(Caller<S>, String, String) -> R,
) -> Result<Option<Response>, Problem>
where
    R: Future<Output = Result<CreatedResource, Problem>>,
{
    let store = &caller.app.desk;
    let made = match store.earlier(request, caller.now()).await? {
        None => return Ok(None),
        Some(EarlierRequest::Other) => {
            return Err(Problem::new(
                Kind::KeyReused,
                "This Idempotency-Key belongs to another request. Use a new key for each thing you make.",
            ));
        }
        Some(EarlierRequest::Made { id, notes }) => {
            Box::pin(reading(caller.clone(), id, notes)).await?
        }
        Some(EarlierRequest::Gone) => {
            return Err(Problem::new(
                Kind::InTheWay,
                "What this request has made was deleted since. To make it again, send another Idempotency-Key.",
            ));
        }
        Some(EarlierRequest::Answered { body }) => {
            serde_json::from_str(&body).map_err(Error::internal)?
        }
    };
    let mut response = created_response(caller, &made);
    answer::put(&mut response, REPLAYED, "true");
    Ok(Some(response))
}

/// An identifier that the database holds.
pub(super) fn stored_id<T: FromStr>(id: &str) -> Result<T, Problem> {
    let id = id.parse();
    id.map_err(|_| Error::internal("an identifier cannot be read").into())
}

fn created_response<S>(caller: &Caller<S>, made: &CreatedResource) -> Response {
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
