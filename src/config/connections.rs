//! What clients may do with their connections.

use serde::{Deserialize, Serialize};

use super::Period;

/// What clients may do with their connections. Who is slow is cut off; who asks is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionsConfig {
    /// Connections that may be open at once. At the most, those close that have waited longest for their client.
    pub most: usize,
    /// How long a connection stays open unused. Longer than the reverse proxy keeps its connections, or a request that it
    /// sends just as one closes is lost.
    pub idle_timeout: Period,
    /// The longest that a client may take to send the head of a request, once it has begun.
    pub head_timeout: Period,
    /// The longest that a client may take to send the body of a request.
    pub body_timeout: Period,
    /// The longest that a client may take to read more of an answer. Who goes on reading is given all of it, however slowly.
    pub answer_timeout: Period,
}

impl Default for ConnectionsConfig {
    fn default() -> Self {
        Self {
            most: 16_384,
            idle_timeout: Period::seconds(75),
            head_timeout: Period::seconds(10),
            body_timeout: Period::seconds(15),
            answer_timeout: Period::seconds(30),
        }
    }
}

impl ConnectionsConfig {
    /// Says what is not possible.
    pub(super) fn check(&self) -> Result<(), String> {
        let zero = [
            ("most", self.most == 0),
            ("idle_timeout", self.idle_timeout.is_zero()),
            ("head_timeout", self.head_timeout.is_zero()),
            ("body_timeout", self.body_timeout.is_zero()),
            ("answer_timeout", self.answer_timeout.is_zero()),
        ]
        .into_iter()
        .find_map(|(key, zero)| zero.then_some(key));
        match zero {
            Some(key) => Err(format!(
                "connections.{key}: 0 is not possible, it would refuse everything."
            )),
            None => Ok(()),
        }
    }
}
