//! The decision about a request (rule Q20).
//!
//! ```text
//! OriginalRequest ── decide ──► Step::Decided(Decision)              nobody needs to be known
//!                           └─► Step::NeedsPerson(Pending) ── with(Known) ──► Decision
//! ```
//!
//! Invariants: what lets pass is made here and nowhere else, and with an identity only when somebody is known who may; the cookie is
//! not looked at before everything that is decided without it; what could not be found out is never "nobody".

use http::{HeaderMap, header};

use super::application::ApplicationRules;
use super::entrance::Addresses;
use super::field;
use super::identity::ForwardedIdentity;
use super::misreport::Misreport;
use super::origin::split_address;
use super::original::OriginalRequest;
use super::path;
use super::skip_rule::SkipRule;
use super::visit::{self, Visit};

/// What a check is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Somebody is there who may.
    Allow(Permit),
    /// It is open, and nobody is told.
    AllowAnonymous(OpenDoor),
    /// Nobody is there.
    SignIn(SignInWay),
    /// Whoever is there may not.
    Forbidden(CheckRefusal),
    /// The check is not what the configuration promises.
    Misconfigured(Misreport),
    /// We could not find out.
    Unavailable,
}

/// That somebody may pass. Only a decision makes one:
///
/// ```compile_fail,E0451
/// fn permit(identity: vestibule::policy::ForwardedIdentity) -> vestibule::policy::Permit {
///     vestibule::policy::Permit { identity }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    identity: ForwardedIdentity,
}

/// That anybody may pass. Only a decision makes one:
///
/// ```compile_fail,E0451
/// let door = vestibule::policy::OpenDoor { why: vestibule::policy::Opening::Preflight };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDoor {
    why: Opening,
}

/// Why anybody may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opening {
    /// A CORS preflight (rule Q45).
    Preflight,
    /// A skip rule (rule Q49).
    SkipRule,
}

/// What lets pass, with whom.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'d> {
    identity: Option<&'d ForwardedIdentity>,
}

/// Where to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInWay {
    returning: String,
    bare: String,
    only_reads: bool,
    challenge: Challenge,
}

/// What a program is told to come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Challenge {
    /// A session.
    Session,
    /// Another access token: the one that came cannot be used (rule Q46).
    Token,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckRefusal {
    /// The company does not let this user use the application, or the application does not serve the company.
    NotAllowed,
    /// Another site causes the request (rule Q47).
    CrossSite,
    /// A page that is not the application's opens a WebSocket (rule Q43).
    ForeignSocket,
}

/// What is known of who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownVisitor {
    /// No live session, and no access token.
    Nobody,
    /// Somebody who may use the application.
    Allowed(ForwardedIdentity),
    /// Somebody of this company who may not.
    Refused {
        /// The slug.
        company: String,
    },
    /// An access token that cannot be used; a cookie beside it does not count (rule Q46).
    UnusableToken,
    /// It could not be found out.
    Unasked,
}

/// How far a decision is.
#[derive(Debug)]
pub enum DecisionStep<'a> {
    /// It is made.
    Decided(Decision),
    /// It depends on who is there.
    NeedsPerson(Pending<'a>),
}

/// A request that nothing speaks against, so that it matters who is there.
#[derive(Debug)]
pub struct Pending<'a> {
    application: &'a ApplicationRules,
    asked: &'a OriginalRequest,
    sign_in: Addresses,
    /// A skip rule that tells who is there.
    is_open: bool,
}

/// Decides what can be decided without knowing who is there.
pub fn decide<'a>(
    application: &'a ApplicationRules,
    asked: &'a OriginalRequest,
    visit: Visit,
    headers: &HeaderMap,
) -> DecisionStep<'a> {
    if visit == Visit::WebSocket && !visit::is_own_socket(application, asked, headers) {
        return DecisionStep::Decided(Decision::Forbidden(CheckRefusal::ForeignSocket));
    }
    if is_refused_as_cross_site(application, asked, visit, headers) {
        return DecisionStep::Decided(Decision::Forbidden(CheckRefusal::CrossSite));
    }
    if lets_preflight_pass(application, asked, visit) {
        return DecisionStep::Decided(OpenDoor::by(Opening::Preflight));
    }
    let rule = skip_rule(application, asked);
    if rule.is_some_and(|rule| !rule.tells_identity()) {
        return DecisionStep::Decided(OpenDoor::by(Opening::SkipRule));
    }
    DecisionStep::NeedsPerson(Pending {
        application,
        asked,
        sign_in: application.entrance.addresses(
            asked.origin(),
            back_to(application, asked, headers),
            !asked.only_reads(),
        ),
        is_open: rule.is_some(),
    })
}

impl Pending<'_> {
    /// Decides, knowing what is known.
    pub fn with(self, known: KnownVisitor) -> Decision {
        let (company, decision) = match known {
            KnownVisitor::Unasked => return Decision::Unavailable,
            KnownVisitor::Nobody => return self.nobody(),
            // Rule Q46, wherever it is looked at: who brings it does not mean to be nobody.
            KnownVisitor::UnusableToken => return self.sign_in(Challenge::Token),
            KnownVisitor::Refused { company } => {
                (company, Decision::Forbidden(CheckRefusal::NotAllowed))
            }
            KnownVisitor::Allowed(identity) => {
                let company = identity.company().to_owned();
                (company, Decision::Allow(Permit { identity }))
            }
        };
        // A session of another company than the host's is none here (rule Q14).
        if self.asked.company().is_some_and(|own| own != company) {
            return self.nobody();
        }
        let decision = if self.application.companies.contains(&company) {
            decision
        } else {
            Decision::Forbidden(CheckRefusal::NotAllowed)
        };
        match decision {
            // What is open to anybody is open to them.
            Decision::Forbidden(_) if self.is_open => OpenDoor::by(Opening::SkipRule),
            decision => decision,
        }
    }

    fn nobody(self) -> Decision {
        if self.is_open {
            OpenDoor::by(Opening::SkipRule)
        } else {
            self.sign_in(Challenge::Session)
        }
    }

    fn sign_in(self, challenge: Challenge) -> Decision {
        Decision::SignIn(SignInWay {
            returning: self.sign_in.returning,
            bare: self.sign_in.bare,
            only_reads: self.asked.only_reads(),
            challenge,
        })
    }
}

impl Decision {
    /// What lets pass, when it does: all that our own proxy takes.
    pub fn pass(&self) -> Option<Pass<'_>> {
        match self {
            Self::Allow(permit) => Some(permit.pass()),
            Self::AllowAnonymous(door) => Some(door.pass()),
            Self::SignIn(_) | Self::Forbidden(_) | Self::Misconfigured(_) | Self::Unavailable => {
                None
            }
        }
    }
}

impl From<Misreport> for Decision {
    fn from(misreport: Misreport) -> Self {
        Self::Misconfigured(misreport)
    }
}

impl Permit {
    /// Who passes.
    pub const fn identity(&self) -> &ForwardedIdentity {
        &self.identity
    }

    pub(super) const fn pass(&self) -> Pass<'_> {
        Pass {
            identity: Some(&self.identity),
        }
    }
}

impl OpenDoor {
    fn by(why: Opening) -> Decision {
        Decision::AllowAnonymous(Self { why })
    }

    /// Why anybody may.
    pub const fn why(&self) -> Opening {
        self.why
    }

    // It takes a door, so that there is none without.
    pub(super) const fn pass(&self) -> Pass<'_> {
        let Self { why: _ } = self;
        Pass { identity: None }
    }
}

impl<'d> Pass<'d> {
    /// Who passes; nobody where it is open.
    pub const fn identity(self) -> Option<&'d ForwardedIdentity> {
        self.identity
    }
}

impl SignInWay {
    /// The address that leads back to the page, unless that is too long.
    pub fn returning(&self) -> &str {
        &self.returning
    }

    /// The address without a page to go back to.
    pub fn bare(&self) -> &str {
        &self.bare
    }

    /// What a program is told to come with.
    pub const fn challenge(&self) -> Challenge {
        self.challenge
    }

    /// Whether nothing is lost by asking again (rule Q48).
    pub const fn only_reads(&self) -> bool {
        self.only_reads
    }
}

/// The rule that leaves a request open. A path that two programs may understand differently has none (rule Q50).
fn skip_rule<'a>(
    application: &'a ApplicationRules,
    asked: &OriginalRequest,
) -> Option<&'a SkipRule> {
    let path = asked.plain_path()?;
    let mut rules = application.skip_rules.iter();
    rules.find(|rule| rule.matches(asked.method(), path))
}

/// Rule Q45. The kind of visit may have been found of another method than the request's.
fn lets_preflight_pass(
    application: &ApplicationRules,
    asked: &OriginalRequest,
    visit: Visit,
) -> bool {
    let is_preflight = visit == Visit::Preflight && asked.method() == "OPTIONS";
    is_preflight && application.lets_preflight_pass
}

/// Rule Q47. A frame is excepted as a page that is not on top, not as a way to send a form: who makes another site's form end in a
/// frame would pass else.
fn is_refused_as_cross_site(
    application: &ApplicationRules,
    asked: &OriginalRequest,
    visit: Visit,
    headers: &HeaderMap,
) -> bool {
    let rule = &application.cross_site;
    if !rule.is_refused || !visit::is_cross_site(headers, rule.counts_same_site) {
        return false;
    }
    let is_open = asked
        .plain_path()
        .is_some_and(|path| rule.open_paths.iter().any(|open| open.matches(path)));
    let is_harmless = match visit {
        Visit::Navigation | Visit::Frame => asked.only_reads() || asked.method() == "OPTIONS",
        Visit::Preflight => lets_preflight_pass(application, asked, visit),
        Visit::WebSocket | Visit::Program(_) => false,
    };
    !is_open && !is_harmless
}

/// Where a sign-in leads back to. What was sent is lost, so it is the page that sent it (rule Q48).
fn back_to<'a>(
    application: &'a ApplicationRules,
    asked: &'a OriginalRequest,
    headers: &'a HeaderMap,
) -> &'a [u8] {
    if asked.only_reads() {
        return asked.uri();
    }
    let referer = field::text(headers, header::REFERER.as_str());
    let page = referer.and_then(|address| split_address(address.as_bytes()));
    match page {
        Some((origin, uri)) if origin == *asked.origin() => {
            let uri = uri.split(|&octet| octet == b'#').next().unwrap_or_default();
            let path = uri.split(|&octet| octet == b'?').next().unwrap_or_default();
            if application.entrance.owns(path) || path::is_ambiguous(path) {
                application.start_path.as_bytes()
            } else {
                uri
            }
        }
        _ => application.start_path.as_bytes(),
    }
}

#[cfg(test)]
mod tests;
