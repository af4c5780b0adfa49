//! What our own reverse proxy waits for, and how much it hands on at once (rule Q60).

use serde::{Deserialize, Serialize};

use super::Period;

/// How long our own reverse proxy waits, and how much it hands on at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyConfig {
    /// The longest that connecting to an application may take.
    pub connect_timeout: Period,
    /// The longest that an application may take to begin its answer, once it has all of the request.
    pub answer_timeout: Period,
    /// The longest pause in a body that is handed on, either way, and on a WebSocket.
    pub idle_timeout: Period,
    /// The longest that one request may take altogether. A WebSocket and an event stream end with the session.
    pub request_timeout: Period,
    /// What of one application may be open at once, each WebSocket being one. One company has half of them where there are several.
    pub most_of_application: usize,
    /// Those of one user, or of one client that is nobody, at one application.
    pub most_of_user: usize,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Period::seconds(5),
            answer_timeout: Period::seconds(60),
            idle_timeout: Period::seconds(300),
            request_timeout: Period::seconds(3600),
            most_of_application: 4_096,
            most_of_user: 128,
        }
    }
}

impl ProxyConfig {
    /// Says what is not possible.
    pub(super) fn check(&self) -> Result<(), String> {
        let zero = [
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("answer_timeout", self.answer_timeout.is_zero()),
            ("idle_timeout", self.idle_timeout.is_zero()),
            ("request_timeout", self.request_timeout.is_zero()),
            ("most_of_application", self.most_of_application == 0),
            ("most_of_user", self.most_of_user == 0),
        ]
        .into_iter()
        .find_map(|(key, zero)| zero.then_some(key));
        if let Some(key) = zero {
            return Err(format!(
                "proxy.{key}: 0 is not possible, it would refuse everything."
            ));
        }
        if self.most_of_user > self.most_of_application {
            return Err(format!(
                "proxy.most_of_user ({}) is more than proxy.most_of_application ({}), so one user could use up what all share. Lower the one or raise the other.",
                self.most_of_user, self.most_of_application
            ));
        }
        Ok(())
    }
}
