//! Why an answer cannot be used.

use crate::jose::json::JsonError;

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphFault {
    #[error("the answer is not JSON")]
    NotJson,
    #[error("the answer cannot be read: {0}")]
    Json(#[from] JsonError),
    #[error("the answer's member \"{0}\" is missing or of another type than documented")]
    Member(String),
    #[error("the answer leads to another host ({0}), which is never given a token")]
    ForeignLink(String),
    #[error("the answer leads to an address that cannot be read")]
    Link,
    #[error("the list leads back to a page that was read already")]
    Loop,
    #[error("the list has more pages than are read")]
    TooManyPages,
    #[error("the answer is longer than is read")]
    TooLong,
}

impl GraphFault {
    pub(super) fn member(name: &str) -> Self {
        Self::Member(name.to_owned())
    }
}
