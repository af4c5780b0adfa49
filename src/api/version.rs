//! Versions: `ETag` and `If-Match` (RFC 9110 13.1.1), so that two who change the same thing learn of each other.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use utoipa::IntoParams;

use crate::http::problem::{Kind, Problem};

/// The version that the caller has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// This one.
    Version(String),
    /// Whichever is there.
    Any,
}

/// The version that was read.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document of a header")]
pub(super) struct IfMatchHeader {
    /// `ETag` of what was read, with its quotes; `*` changes whichever version is there.
    #[param(
        rename = "If-Match",
        example = "\"3-9f86d081884c7d65\"",
        min_length = 1
    )]
    if_match: String,
}

impl IfMatch {
    /// The version to compare with, where this one is there now.
    ///
    /// One that is not there now was not read, even if it comes about in a moment: what needs which scope is decided by what is
    /// there now. Such a one is marked, and equals no version any more.
    pub(super) fn against(self, now: String) -> String {
        match self {
            Self::Version(version) if version != now => format!("{version}?"),
            Self::Version(_) | Self::Any => now,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(&parts.headers)
    }
}

fn read(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let mut lines = headers.get_all(header::IF_MATCH).iter();
    let Some(line) = lines.next() else {
        return Err(Problem::new(
            Kind::NoVersion,
            "Read it first, and send its ETag as If-Match, so that no change of somebody else is lost.",
        ));
    };
    let text = line.to_str().unwrap_or_default().trim();
    let tag = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|tag| !tag.contains('"'));
    match (text, tag, lines.next()) {
        ("*", _, None) => Ok(IfMatch::Any),
        (_, Some(tag), None) => Ok(IfMatch::Version(tag.to_owned())),
        _ => Err(Problem::new(
            Kind::Malformed,
            "If-Match is one ETag with its quotes, or *.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_was_guessed_is_none() {
        let against = |version: &str| IfMatch::Version(version.to_owned()).against("3-a".into());
        assert_eq!(against("3-a"), "3-a");
        assert_eq!(against("4-b"), "4-b?");
        assert_eq!(IfMatch::Any.against("3-a".into()), "3-a");
    }
}
