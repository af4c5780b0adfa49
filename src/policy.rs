//! What a check by a reverse proxy is answered: settings, a request and what is known of a person in; a verdict out. No sockets, no
//! clock, no randomness.
//!
//! Invariants: every outcome is one of a closed list, and what lets a request pass cannot be made but by a decision; of a request
//! only that is read which the application's kind of proxy says; a path that can be understood in two ways opens nothing.
//!
//! ```text
//! Check ── OriginalRequest::read(application) ──► OriginalRequest ── decide(visit) ──► Step ── with(Known) ──► Decision
//!       ── Answer::render(application, visit) ──► Answer
//! ```
//!
//! The rules are Q11 to Q56; the files name those that they keep, the tests those that they show. The face around it: `gate`, which
//! knows who asks (rule Q15), finds the session, and makes pages of the answers.
#![warn(missing_docs)]

mod answer;
mod application;
mod application_origin;
#[cfg(test)]
mod attacks;
mod decision;
mod entrance;
mod field;
mod header_name;
mod header_value;
mod identity;
mod identity_headers;
mod kind;
mod misreport;
mod observation;
mod origin;
mod original;
mod path;
#[cfg(test)]
mod samples;
mod skip_rule;
mod token;
mod visit;

pub use answer::{CheckAnswer, CheckBody, CheckPage, CheckProblem};
pub use application::{ApplicationRules, CrossSite};
pub use application_origin::{ApplicationOrigin, Fit};
pub use decision::{
    Challenge, CheckRefusal, Decision, DecisionStep, KnownVisitor, OpenDoor, Opening, Pass,
    Pending, Permit, SignInWay, decide,
};
pub use entrance::{Entrance, ReservedPrefix, ReservedPrefixError};
pub use header_name::{HeaderNameError, spellings};
pub use header_value::HeaderEncoding;
pub use identity::{ForwardedIdentity, ForwardedIdentityError, ForwardedIdentityParts};
pub use identity_headers::{
    HeaderBudget, HeaderBudgetError, IdentityFact, IdentityHeaderSettings, IdentityHeaders,
    IdentityHeadersError,
};
pub use kind::{ProxyKind, ProxyKindError};
pub use misreport::{Misreport, ReportedField};
pub use observation::{
    CheckEntry, CheckObservation, PROBE_COOKIE, PROBE_HEADER, PROBE_LATE, ToldRequest,
    last_forwarded_for, names_that_matter,
};
pub use origin::{RequestOrigin, RequestOriginError, WebScheme};
pub use original::{OriginalRequest, ProxyCheck};
pub use path::{PathPattern, PathPatternError, is_ambiguous};
pub use skip_rule::{SkipRule, SkipRuleError};
pub use token::{IdentityClaims, IdentityClaimsParts, TOKEN_TYPE};
pub use visit::{NEEDED_HEADERS, ProgramKind, Visit, is_cross_site};
