//! By what a logout message is judged.

use time::OffsetDateTime;

use super::LogoutExpectation;
use crate::saml::binding::MessageKind;
use crate::saml::signature::Trust;

/// By what a message is judged: the same from the first step to the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogoutTerms<'t> {
    pub(super) trust: &'t Trust,
    pub(super) expectation: &'t LogoutExpectation,
    pub(super) now: OffsetDateTime,
    pub(super) kind: MessageKind,
}
