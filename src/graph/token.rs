//! The answer of the token endpoint to an application (RFC 6749, section 4.4.3).
//!
//! Invariant: the token is opaque: nothing is read from it. What it is good for is found out by asking.

use std::fmt;
use std::time::Duration;

use super::fault::GraphFault;
use crate::jose::json::Object;

/// The longest token, in octets.
const LONGEST_TOKEN: usize = 64 * 1024;
/// It counts as over so long before it is.
const EARLY: Duration = Duration::from_mins(5);
/// What no token lives longer than.
const LONGEST_LIFE: i64 = 24 * 3600;

/// A bearer token for Graph.
#[derive(Clone, PartialEq, Eq)]
pub struct GraphToken {
    token: String,
    lifetime: Duration,
}

impl GraphToken {
    /// Reads a good answer.
    pub fn parse(is_json: bool, body: &[u8]) -> Result<Self, GraphFault> {
        if !is_json {
            return Err(GraphFault::NotJson);
        }
        let answer = Object::parse(body)?;
        let wrong = |member: &'static str| move |_| GraphFault::member(member);
        let kind = answer.text("token_type").map_err(wrong("token_type"))?;
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("Bearer")) {
            return Err(GraphFault::member("token_type"));
        }
        let token = answer.text("access_token").map_err(wrong("access_token"))?;
        // What could not stand in a header is no token.
        let token = token.filter(|it| {
            (1..=LONGEST_TOKEN).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_graphic())
        });
        let seconds = match answer.text("expires_in") {
            Ok(text) => text.and_then(|text| text.parse().ok()),
            Err(_) => answer.seconds("expires_in").map_err(wrong("expires_in"))?,
        };
        // Without a number it is used once.
        let seconds = seconds.unwrap_or_default().clamp(0, LONGEST_LIFE);
        Ok(Self {
            token: token
                .ok_or_else(|| GraphFault::member("access_token"))?
                .to_owned(),
            lifetime: Duration::from_secs(seconds.unsigned_abs()).saturating_sub(EARLY),
        })
    }

    /// What goes into the header.
    pub fn as_str(&self) -> &str {
        &self.token
    }

    /// How long it can be used from now on.
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// Tokens are not shown.
impl fmt::Debug for GraphToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphToken")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
