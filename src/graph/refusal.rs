//! An answer that is an error: decided by its status, then by the innermost code that is known; never by its message.

use std::time::Duration;

use serde_json::Value;

use super::address::GraphLink;
use crate::jose::json::Object;

/// How many errors may stand in each other.
const DEEPEST: usize = 8;

/// An error of Graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct GraphRefusal {
    /// What it means.
    pub kind: GraphRefusalKind,
    /// The status.
    pub status: u16,
    /// The code that decided, or else the outermost, cut to what a code can be.
    pub code: Option<String>,
    /// `request-id`: what Microsoft's support asks for.
    pub request_id: Option<String>,
    /// How long to wait at least, where it says so.
    pub wait: Option<Duration>,
    /// Where a full round begins, where it says so.
    pub restart: Option<GraphLink>,
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphRefusalKind {
    /// The token is over, of another cloud or for somebody else.
    Token,
    /// The application has no place in the tenant: nobody has consented, or a moment ago.
    NoConsent,
    /// A permission is missing, not consented, or a delegated one.
    Forbidden,
    /// The tenant's Conditional Access for workload identities.
    ConditionalAccess,
    /// No such object, deleted, or not there yet.
    NotFound,
    /// More than 11,000 groups.
    TooManyGroups,
    /// A page's link is too old: the list begins again.
    ExpiredPage,
    /// A delta link is too old: a full round follows.
    Resync,
    /// The question itself is wrong, which is a defect of ours.
    Question,
    /// Asked too often.
    Throttled,
    /// Microsoft's side does not work now.
    Unavailable,
    /// Anything else.
    Other,
}

impl GraphRefusal {
    /// Whether the same question may be answered later.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            GraphRefusalKind::Throttled | GraphRefusalKind::Unavailable
        )
    }

    fn sentence(&self) -> String {
        let what = match self.kind {
            GraphRefusalKind::Token => "Microsoft Graph does not take the token",
            GraphRefusalKind::NoConsent => "The tenant has not consented to the application",
            GraphRefusalKind::Forbidden => "A permission is missing",
            GraphRefusalKind::ConditionalAccess => {
                "A Conditional Access policy of the tenant blocks the application"
            }
            GraphRefusalKind::NotFound => "There is no such object in the directory",
            GraphRefusalKind::TooManyGroups => {
                "The user is in more groups than Microsoft Graph lists"
            }
            GraphRefusalKind::ExpiredPage => "The list has to be read again from its beginning",
            GraphRefusalKind::Resync => "The changes have to be read again from the beginning",
            GraphRefusalKind::Question => "Microsoft Graph does not understand the question",
            GraphRefusalKind::Throttled => "Microsoft asks us to wait",
            GraphRefusalKind::Unavailable => "Microsoft Graph does not work at the moment",
            GraphRefusalKind::Other => "Microsoft Graph refuses",
        };
        let code = self.code.as_deref().unwrap_or("no code");
        match &self.request_id {
            Some(id) => format!("{what} (HTTP {}, {code}, request {id}).", self.status),
            None => format!("{what} (HTTP {}, {code}).", self.status),
        }
    }
}

impl GraphRefusalKind {
    /// What decides: the innermost code that is known, or else the status; and the code, or else the outermost.
    pub(super) fn read(status: u16, codes: &[String]) -> (Self, Option<&str>) {
        let known = codes
            .iter()
            .rev()
            .find_map(|code| Some((kind_of(status, code)?, Some(code.as_str()))));
        known.unwrap_or_else(|| (kind_of_status(status), codes.first().map(String::as_str)))
    }
}

/// The codes of an error and of those in it, the outermost first.
pub(super) fn codes(answer: &Object) -> Vec<String> {
    let mut codes = Vec::new();
    let mut error = answer.get("error");
    for _ in 0..DEEPEST {
        let Some(Value::Object(members)) = error else {
            break;
        };
        if let Some(Value::String(code)) = members.get("code")
            && is_code(code)
        {
            codes.push(code.clone());
        }
        error = members
            .get("innerError")
            .or_else(|| members.get("innererror"));
    }
    codes
}

/// A code is a name, and nothing else is repeated to anybody.
fn is_code(text: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'.' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

fn kind_of(status: u16, code: &str) -> Option<GraphRefusalKind> {
    use GraphRefusalKind as Kind;
    let is = |known: &str| code.eq_ignore_ascii_case(known);
    Some(match status {
        401 if is("InvalidAuthenticationToken") => Kind::Token,
        401 | 403 if is("Authorization_IdentityNotFound") => Kind::NoConsent,
        401 | 403 if is("insufficient_claims") => Kind::ConditionalAccess,
        403 if is("Authorization_RequestDenied") => Kind::Forbidden,
        404 if is("Request_ResourceNotFound") => Kind::NotFound,
        400 if is("Directory_ResultSizeLimitExceeded") => Kind::TooManyGroups,
        400 | 410 if is("Directory_ExpiredPageToken") => Kind::ExpiredPage,
        400 | 410 if is("syncStateNotFound") || is("resyncRequired") => Kind::Resync,
        400 if is("Request_UnsupportedQuery") => Kind::Question,
        400 if is("Request_BadRequest") || is("BadRequest") => Kind::Question,
        429 | 503 if is("TooManyRequests") => Kind::Throttled,
        _ => return None,
    })
}

/// What a status means alone.
const fn kind_of_status(status: u16) -> GraphRefusalKind {
    use GraphRefusalKind as Kind;
    match status {
        400 => Kind::Question,
        401 => Kind::Token,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        410 => Kind::Resync,
        429 => Kind::Throttled,
        500..=599 => Kind::Unavailable,
        _ => Kind::Other,
    }
}
