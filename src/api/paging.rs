//! Pages of a list: a bounded number of items, and the address of the next ones.
//!
//! Invariant: a cursor names a place in the caller's own list and nothing else; whatever it holds, only this list is read.

use std::fmt::Display;
use std::str::FromStr;

use axum::http::header;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::answer;
use super::caller::Caller;
use crate::http::problem::Problem;
use crate::store;

/// Items on a page when nothing else is asked for.
const USUAL: u32 = 50;
/// The most items on a page.
pub(super) const MOST: u32 = 100;
/// The longest cursor.
const LONGEST: usize = 1024;

/// Which page of a list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document of what every list has among its own parameters"
)]
pub(super) struct PageParams {
    /// How many items to answer at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// Where to go on: from `next` of the page before. Never made by hand.
    #[param(max_length = 1024)]
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on the page. It may be less than the limit, even nothing, and still not be the end.
    pub(super) items: Vec<T>,
    /// The address of the next page; null at the end.
    #[schema(required = true, format = "uri")]
    pub(super) next: Option<String>,
}

/// The number of items that were asked for, within the bounds.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::parameter("limit", "Use 1 to 100."))
    }
}

/// A text to look for, within its bounds.
pub(super) fn text(
    name: &str,
    text: Option<String>,
    longest: usize,
) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.chars().count() > longest => Err(Problem::parameter(
            name,
            &format!("Use at most {longest} characters."),
        )),
        text => Ok(text),
    }
}

/// A place in a list, as a cursor names it.
pub(super) trait Place: Sized {
    fn text(&self) -> String;
    fn of(text: &str) -> Option<Self>;
}

impl Place for String {
    fn text(&self) -> String {
        self.clone()
    }

    fn of(text: &str) -> Option<Self> {
        // PostgreSQL takes no zero byte.
        (!text.contains('\0')).then(|| text.to_owned())
    }
}

impl<I: Display + FromStr> Place for store::Cursor<I> {
    fn text(&self) -> String {
        self.to_string()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// The place of a cursor.
pub(super) fn place<P: Place>(cursor: Option<&str>) -> Result<Option<P>, Problem> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let read = |cursor: &str| {
        let octets = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        P::of(std::str::from_utf8(&octets).ok()?)
    };
    let place = Some(cursor)
        .filter(|cursor| cursor.len() <= LONGEST)
        .and_then(read);
    place
        .map(Some)
        .ok_or_else(|| Problem::parameter("cursor", "Take it from next of the page before."))
}

/// A page with the address of the next one, which keeps the other parameters.
pub(super) fn page<S, T: Serialize>(
    caller: &Caller<S>,
    path: &str,
    query: Option<&str>,
    items: Vec<T>,
    next: Option<&impl Place>,
) -> Result<Response, Problem> {
    let next = next.map(|place| {
        let mut parameters = form_urlencoded::Serializer::new(String::new());
        let kept = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        parameters.extend_pairs(kept.filter(|(name, _)| name != "cursor"));
        parameters.append_pair("cursor", &BASE64_URL_SAFE_NO_PAD.encode(place.text()));
        format!(
            "{}{path}?{}",
            caller.site.company.origin,
            parameters.finish()
        )
    });
    let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
    let mut response = answer::json(&Page { items, next })?;
    if let Some(link) = link {
        answer::put(&mut response, header::LINK, &link);
    }
    Ok(response)
}
