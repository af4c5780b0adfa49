//! A page of a list, and the links that lead on.

use std::collections::HashSet;

use serde_json::Value;

use super::address::{GraphAddresses, GraphLink};
use super::fault::GraphFault;
use super::read;
use crate::jose::json::Object;

/// The most pages of one list.
pub const MOST_PAGES: usize = 10_000;

/// What can stand in a list.
pub trait GraphItem: Sized {
    /// Reads one of them.
    fn read(object: &Object) -> Result<Self, GraphFault>;
}

/// A page of a list. It may be empty and still lead on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphPage<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The page after it; none is the end.
    pub next: Option<GraphLink>,
    /// Where the changes from now on are, at the end of a round.
    pub delta: Option<GraphLink>,
    /// `@odata.count`, on the first page, where it was asked for.
    pub count: Option<u64>,
}

/// The pages of a list that were seen: no more than [`MOST_PAGES`], and none twice.
#[derive(Debug, Default)]
pub struct SeenPages(HashSet<GraphLink>);

impl<T: GraphItem> GraphPage<T> {
    pub(super) fn read(object: &Object, addresses: &GraphAddresses) -> Result<Self, GraphFault> {
        if !matches!(object.get("value"), Some(Value::Array(_))) {
            return Err(GraphFault::member("value"));
        }
        let items = read::objects(object, "value")?;
        let link = |member: &str| match object.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => addresses.link(text).map(Some),
            Some(_) => Err(GraphFault::member(member)),
        };
        Ok(Self {
            items: items.iter().map(T::read).collect::<Result<_, _>>()?,
            next: link("@odata.nextLink")?,
            delta: link("@odata.deltaLink")?,
            count: object.get("@odata.count").and_then(Value::as_u64),
        })
    }
}

impl SeenPages {
    /// Notes that a link is followed; an error when that leads nowhere.
    pub fn follow(&mut self, link: &GraphLink) -> Result<(), GraphFault> {
        if !self.0.insert(link.clone()) {
            return Err(GraphFault::Loop);
        }
        if self.0.len() >= MOST_PAGES {
            return Err(GraphFault::TooManyPages);
        }
        Ok(())
    }
}
