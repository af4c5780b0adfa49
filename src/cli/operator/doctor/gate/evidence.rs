//! What came of the questions: what was answered to each, and what arrived at the check.
//!
//! Invariant: pure; whoever judges has this and nothing else.

use super::question::Question;
use super::request::{AskedPage, WrittenRequest};
use crate::outbound::{RawAnswer, RawError};
use crate::policy::{CheckObservation, ProxyKind, ToldRequest};

/// A question and what came of it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) question: Question,
    pub(super) request: WrittenRequest,
    pub(super) answer: Result<RawAnswer, RawError>,
    /// What arrived at the check.
    pub(super) arrived: Vec<CheckObservation>,
}

/// All that is known of an application's proxy.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) kind: ProxyKind,
    /// The application's name.
    pub(super) name: String,
    pub(super) page: AskedPage,
    /// Whether it lets CORS preflights pass (rule Q45).
    pub(super) preflight: bool,
    pub(super) exchanges: Vec<Exchange>,
}

/// How a request was treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment<'e> {
    /// A check was asked.
    Checked(&'e CheckObservation),
    /// The proxy refused it, and asked nobody.
    Refused,
    /// It was answered as a host that is nobody's.
    Elsewhere,
    /// It was let pass without a check.
    Passed(u16),
    /// It was answered so without a check, by the proxy or by the application.
    Unclear(u16),
    /// It was not answered.
    Silent(&'e RawError),
}

impl Exchange {
    /// The status of the answer; 0 where there is none.
    pub(super) fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status)
    }

    /// A header of the answer; empty where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.answer
            .as_ref()
            .map_or("", |answer| answer.header(name))
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> &str {
        self.answer
            .as_ref()
            .map_or("", |answer| answer.body.as_str())
    }

    /// The check that was asked about it.
    pub(super) fn check(&self) -> Option<&CheckObservation> {
        self.arrived.first()
    }

    /// Whether it got what only somebody who may gets.
    pub(super) fn has_passed(&self) -> bool {
        matches!(self.status(), 101 | 200..=299)
    }

    /// Whether a check said no, and it passed all the same.
    pub(super) fn has_passed_against_the_check(&self) -> bool {
        let said_no = |check: &CheckObservation| check.status != 200;
        self.has_passed() && !self.arrived.is_empty() && self.arrived.iter().all(said_no)
    }
}

impl Evidence {
    /// What came of a question; none where it was not asked.
    pub(super) fn of(&self, question: &Question) -> Option<&Exchange> {
        let mut all = self.exchanges.iter();
        all.find(|exchange| exchange.question == *question)
    }

    /// How the request of an exchange was treated.
    pub(super) fn treatment<'e>(&'e self, exchange: &'e Exchange) -> Treatment<'e> {
        if let Some(check) = exchange.check() {
            return Treatment::Checked(check);
        }
        let answer = match &exchange.answer {
            Ok(answer) => answer,
            // Who closes the connection has refused.
            Err(RawError::Closed) => return Treatment::Refused,
            Err(error) => return Treatment::Silent(error),
        };
        let nobody = self.of(&Question::Nobody).map(|it| &it.answer);
        let is_nobodys = matches!(nobody, Some(Ok(nobody)) if nobody.status == answer.status && nobody.body == answer.body);
        let may_be_elsewhere = matches!(
            exchange.question,
            Question::Capitals | Question::TrailingDot | Question::Absolute
        );
        match answer.status {
            _ if is_nobodys && may_be_elsewhere => Treatment::Elsewhere,
            101 | 200..=299 => Treatment::Passed(answer.status),
            301 | 308 | 400 | 403 | 405 | 408 | 411 | 413 | 414 | 421 | 431 | 500..=599 => {
                Treatment::Refused
            }
            status => Treatment::Unclear(status),
        }
    }

    /// The check of the page itself.
    pub(super) fn of_page(&self) -> Option<&CheckObservation> {
        self.of(&Question::Page)?.check()
    }

    /// Whether a check was told exactly this of a request.
    pub(super) fn is_told_rightly(&self, exchange: &Exchange, told: &ToldRequest) -> bool {
        let ToldRequest::Read {
            method,
            origin,
            uri,
        } = told
        else {
            return false;
        };
        *method == exchange.request.method
            && origin == self.page.origin.as_str()
            && is_same_path(&exchange.request.target, uri)
    }
}

/// Whether a path is the one that was sent, but for octets that no address has and that a proxy may escape (RFC 3986, section 2).
pub(super) fn is_same_path(sent: &str, told: &str) -> bool {
    let mut told = told.as_bytes();
    for octet in sent.bytes() {
        let escaped = format!("%{octet:02x}");
        let may_be_escaped = !octet.is_ascii_graphic() || b"#\\^`{}|<>\"".contains(&octet);
        let has_escape = told
            .get(..3)
            .is_some_and(|three| three.eq_ignore_ascii_case(escaped.as_bytes()));
        if told.first() == Some(&octet) {
            told = &told[1..];
        } else if may_be_escaped && has_escape {
            told = &told[3..];
        } else {
            return false;
        }
    }
    told.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Q50
    #[test]
    fn a_path_is_the_same_octet_for_octet() {
        for (sent, told) in [
            ("/a/../b", "/a/../b"),
            ("/x#/y", "/x%23/y"),
            ("/x#/y", "/x#/y"),
            ("/a\\b", "/a%5Cb"),
            ("/a\\b", "/a%5cb"),
        ] {
            assert!(is_same_path(sent, told), "{sent} {told}");
        }
        for (sent, told) in [
            ("/a/../b", "/b"),
            ("/a//b", "/a/b"),
            ("/a%2fb", "/a/b"),
            ("/a/b", "/a%2fb"),
            ("/a;b", "/a%3bb"),
            ("/a", "/a/"),
            ("/ab", "/a"),
            ("/x#/y", "/x"),
        ] {
            assert!(!is_same_path(sent, told), "{sent} {told}");
        }
    }
}
