//! Parameters of an address.
//!
//! Invariant: what the document does not name, what is there twice and what is no value of its kind is refused.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::http::problem::{Kind, Problem};

/// Parameters that may be empty.
const TEXTS: [&str; 2] = ["search", "text"];

/// The parameters of an address. One that is made of two kinds has both.
#[derive(Debug)]
pub(super) struct QueryParameters<A, B = NoParameters>(pub(super) A, pub(super) B);

/// No parameters of its own.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(super) struct NoParameters {}

impl<S, A, B> FromRequestParts<S> for QueryParameters<A, B>
where
    S: Send + Sync,
    A: DeserializeOwned + IntoParams,
    B: DeserializeOwned + IntoParams,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        // The reader takes an empty value for none at all.
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        if let Some((name, _)) =
            pairs.find(|(name, value)| value.is_empty() && !TEXTS.contains(&name.as_ref()))
        {
            return Err(Problem::parameter(
                &name,
                "Give it a value, or leave it out.",
            ));
        }
        let (first, second) = (read(query)?, read(query)?);
        let mut known = A::into_params(|| Some(ParameterIn::Query));
        known.extend(B::into_params(|| Some(ParameterIn::Query)));
        let is_unknown = |name: &Cow<'_, str>| known.iter().all(|it| it.name != **name);
        let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        match names.find(is_unknown) {
            Some(name) => Err(unknown(&name, &known)),
            None => Ok(Self(first, second)),
        }
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    serde_html_form::from_str(query).map_err(malformed)
}

fn unknown(name: &str, known: &[Parameter]) -> Problem {
    let known: Vec<String> = known.iter().map(|it| format!("`{}`", it.name)).collect();
    let expected = match &known[..] {
        [] => "there are no parameters".to_owned(),
        [only] => format!("expected {only}"),
        [one, other] => format!("expected {one} or {other}"),
        many => format!("expected one of {}", many.join(", ")),
    };
    malformed(format!("unknown field `{name}`, {expected}"))
}

fn malformed(cause: impl std::fmt::Display) -> Problem {
    Problem::new(
        Kind::Malformed,
        format!("A parameter is not what is needed: {cause}."),
    )
}
