//! Every law that a sign-in is judged by, as one type: a record and its advice are chosen by it.
//!
//! Tests: `tests/it/vectors/requirements.rs`: each has a vector or names its test.

use crate::domain::{Check, FlowRequirement};
use crate::oidc;
use crate::saml;
use crate::verdict::Requirement as _;

/// One thing that is required: of a message by its protocol, or of a sign-in whatever protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyRequirement {
    /// Of a message of SAML.
    Saml(saml::error::Requirement),
    /// Of an answer of OpenID Connect.
    Oidc(oidc::Requirement),
    /// Of a sign-in or a sign-out.
    Flow(FlowRequirement),
}

impl AnyRequirement {
    /// The number of its rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Saml(requirement) => requirement.rule().number(),
            Self::Oidc(requirement) => requirement.rule(),
            Self::Flow(requirement) => requirement.rule(),
        }
    }

    /// What is required, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Saml(requirement) => requirement.title(),
            Self::Oidc(requirement) => requirement.title(),
            Self::Flow(requirement) => requirement.title(),
        }
    }

    /// What a check in a record is about; none when the record is of a version that required something else.
    pub fn from_check(check: &Check) -> Option<Self> {
        let saml = saml::error::Requirement::ALL.iter().copied();
        let oidc = oidc::Requirement::ALL.iter().copied();
        let flow = FlowRequirement::ALL.iter().copied();
        saml.map(Self::Saml)
            .chain(oidc.map(Self::Oidc))
            .chain(flow.map(Self::Flow))
            .find(|it| it.rule() == check.rule && it.title() == check.subject)
    }
}
