//! Pages of a list: a bounded number of items, and the address of the next ones.
//!
//! Invariant: a cursor names a place in the caller's own list and nothing else; whatever it holds, only this list is read.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Uri, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::query::QueryParameters;
use super::{Answer, answer};
use crate::domain::Company;
use crate::http::problem::Problem;
use crate::store;

/// Items on a page when nothing else is asked for.
const USUAL: u32 = 50;
/// The most items on a page.
pub(super) const MOST: u32 = 100;
/// The longest cursor.
const LONGEST: usize = 1024;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// How many items to answer at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where to go on: from `next` of the page before. Never made by hand.
    #[param(max_length = 1024)]
    cursor: Option<String>,
}

/// A request for a page of a list: which of its items (`Q`), how many, and after which place (`P`).
#[derive(Debug)]
pub(super) struct ListRequest<Q, P> {
    pub(super) query: Q,
    pub(super) limit: u32,
    pub(super) after: Option<P>,
    address: Uri,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub(super) struct PageOut<T> {
    /// What is on the page. It may be less than the limit, even nothing, and still not be the end.
    pub(super) items: Vec<T>,
    /// The address of the next page; null at the end.
    #[schema(required = true, format = "uri")]
    pub(super) next: Option<String>,
}

/// The longest text to look for, in characters.
pub(super) const LONGEST_SEARCH: usize = 200;

/// A text to look for, within its bounds.
pub(super) fn text(
    name: &str,
    text: Option<&str>,
    longest: usize,
) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.chars().count() > longest => Err(Problem::parameter(
            name,
            &format!("Use at most {longest} characters."),
        )),
        text => Ok(text.map(str::to_owned)),
    }
}

/// An identifier to look for.
pub(super) fn id<T: FromStr>(
    name: &str,
    text: Option<&str>,
    message: &str,
) -> Result<Option<T>, Problem> {
    let read = |text: &str| text.parse().map_err(|_| Problem::parameter(name, message));
    text.map(read).transpose()
}

/// A place in a list, as a cursor names it.
pub(super) trait CursorText: Sized {
    fn text(&self) -> String;
    fn parse(text: &str) -> Option<Self>;
}

impl CursorText for String {
    fn text(&self) -> String {
        self.clone()
    }

    fn parse(text: &str) -> Option<Self> {
        // PostgreSQL takes no zero byte.
        (!text.contains('\0')).then(|| text.to_owned())
    }
}

impl<I: Display + FromStr> CursorText for store::Cursor<I> {
    fn text(&self) -> String {
        self.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl<S, Q, P> FromRequestParts<S> for ListRequest<Q, P>
where
    S: Send + Sync,
    Q: DeserializeOwned + IntoParams + Send,
    P: CursorText,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let QueryParameters::<Q, PageQuery>(query, page) =
            QueryParameters::from_request_parts(parts, state).await?;
        let limit = page.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            let range = format!("Use 1 to {MOST}.");
            return Err(Problem::parameter("limit", &range));
        }
        Ok(Self {
            query,
            limit,
            after: page.cursor.as_deref().map(place).transpose()?,
            address: parts.uri.clone(),
        })
    }
}

impl<Q, P: CursorText> ListRequest<Q, P> {
    /// The page, with the address of the next one, which keeps the other parameters.
    pub(super) fn answer<S, T: Serialize>(
        &self,
        caller: &Caller<S>,
        items: Vec<T>,
        next: Option<&P>,
    ) -> Answer {
        let next = next.map(|place| self.address_from(&caller.site.company, place));
        let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
        let mut response = answer::json(&PageOut { items, next })?;
        if let Some(link) = link {
            answer::put(&mut response, header::LINK, &link);
        }
        Ok(response)
    }

    fn address_from(&self, company: &Company, place: &P) -> String {
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        let query = self.address.query().unwrap_or_default();
        let kept = form_urlencoded::parse(query.as_bytes());
        parameters.extend_pairs(kept.filter(|(name, _)| name != "cursor"));
        parameters.append_pair("cursor", &BASE64_URL_SAFE_NO_PAD.encode(place.text()));
        format!(
            "{}{}?{}",
            company.origin,
            self.address.path(),
            parameters.finish()
        )
    }
}

/// The place of a cursor.
fn place<P: CursorText>(cursor: &str) -> Result<P, Problem> {
    let read = |cursor: &str| {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        P::parse(std::str::from_utf8(&octets).ok()?)
    };
    Some(cursor)
        .filter(|cursor| cursor.len() <= LONGEST)
        .and_then(read)
        .ok_or_else(|| Problem::parameter("cursor", "Take it from next of the page before."))
}
