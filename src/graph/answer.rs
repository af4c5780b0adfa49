//! An answer, as it came, and what can be read of it.
//!
//! Invariant: a page is JSON of at most [`LONGEST_PAGE`] octets, 16 levels deep, in which no member stands twice.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::address::GraphAddresses;
use super::fault::GraphFault;
use super::object_id::ObjectId;
use super::page::{GraphItem, GraphPage};
use super::refusal::{GraphRefusal, GraphRefusalKind, codes};
use crate::jose::json::Object;

/// The longest page, in octets.
pub const LONGEST_PAGE: usize = 4 * 1024 * 1024;
/// The most groups of one user in an answer: Graph itself refuses more than 11,000.
const MOST_IDS: usize = 20_000;

/// An answer.
#[derive(Clone)]
pub struct GraphAnswer {
    /// Its status.
    pub status: u16,
    /// Whether its media type says that it is JSON.
    pub is_json: bool,
    /// The body, whole.
    pub body: Vec<u8>,
    /// `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// `request-id`: what Microsoft's support asks for.
    pub request_id: Option<String>,
    /// `Location`, as it came.
    pub location: Option<String>,
    /// `x-ms-throttle-limit-percentage`, as it came: the share of the quota that is used.
    pub load: Option<String>,
}

impl GraphAnswer {
    /// What it says instead, when it is no success.
    pub fn refusal(&self, addresses: &GraphAddresses) -> Option<GraphRefusal> {
        if (200..300).contains(&self.status) {
            return None;
        }
        let codes = self.object().map(|it| codes(&it)).unwrap_or_default();
        let (kind, code) = GraphRefusalKind::read(self.status, &codes);
        let restart = self.location.as_deref();
        Some(GraphRefusal {
            kind,
            status: self.status,
            code: code.map(str::to_owned),
            request_id: self.request_id.clone(),
            wait: self.wait(),
            restart: restart.and_then(|text| addresses.link(text).ok()),
        })
    }

    /// A page of a list.
    pub fn page<T: GraphItem>(
        &self,
        addresses: &GraphAddresses,
    ) -> Result<GraphPage<T>, GraphFault> {
        GraphPage::read(&self.object()?, addresses)
    }

    /// One object.
    pub fn item<T: GraphItem>(&self) -> Result<T, GraphFault> {
        T::read(&self.object()?)
    }

    /// A list of object IDs, which is never cut into pages.
    pub fn ids(&self) -> Result<Vec<ObjectId>, GraphFault> {
        let object = self.object()?;
        let Some(Value::Array(found)) = object.get("value") else {
            return Err(GraphFault::member("value"));
        };
        if found.len() > MOST_IDS {
            return Err(GraphFault::TooLong);
        }
        let id = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        found
            .iter()
            .map(|value| id(value).ok_or_else(|| GraphFault::member("value")))
            .collect()
    }

    /// How long to wait, where the answer says so: at least so long, a fraction of a second rounded up.
    pub fn wait(&self) -> Option<Duration> {
        /// Beyond a day an answer means something else.
        const LONGEST_WAIT: f64 = 86_400.0;
        let seconds: f64 = self.retry_after.as_deref()?.trim().parse().ok()?;
        (seconds.is_finite() && seconds >= 0.0)
            .then(|| Duration::from_secs_f64(seconds.min(LONGEST_WAIT).ceil()))
    }

    /// Whether so much of the quota is used that it is time to slow down.
    pub fn is_near_limit(&self) -> bool {
        let load = self
            .load
            .as_deref()
            .and_then(|text| text.trim().parse().ok());
        load.is_some_and(|load: f64| load >= 0.8)
    }

    /// The body, as one object.
    fn object(&self) -> Result<Object, GraphFault> {
        if !self.is_json {
            return Err(GraphFault::NotJson);
        }
        if self.body.len() > LONGEST_PAGE {
            return Err(GraphFault::TooLong);
        }
        Ok(Object::parse(&self.body)?)
    }
}

/// What is in it is nobody's business.
impl fmt::Debug for GraphAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphAnswer")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
