//! Identifiers in an address.
//!
//! Invariant: what is no identifier is not there, as another company's is not.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::http::problem::Problem;

/// The identifiers of an address, in their order.
#[derive(Debug)]
pub(super) struct Ids<T>(pub(super) T);

async fn texts<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Vec<String>, Problem> {
    let found = RawPathParams::from_request_parts(parts, state).await;
    let found = found.map_err(|_| Problem::not_found())?;
    Ok(found.iter().map(|(_, text)| text.to_owned()).collect())
}

fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

impl<S: Send + Sync, A: FromStr> FromRequestParts<S> for Ids<(A,)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match &texts(parts, state).await?[..] {
            [a] => Ok(Self((id(a)?,))),
            _ => Err(Problem::not_found()),
        }
    }
}

impl<S: Send + Sync, A: FromStr, B: FromStr> FromRequestParts<S> for Ids<(A, B)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match &texts(parts, state).await?[..] {
            [a, b] => Ok(Self((id(a)?, id(b)?))),
            _ => Err(Problem::not_found()),
        }
    }
}
