//! What is decided about one application (rules Q14, Q33, Q45, Q47 and Q49).
//!
//! Invariant: what opens something is closed unless it is said, and an application without companies serves nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::application_origin::{ApplicationOrigin, Fit};
use super::entrance::Entrance;
use super::identity_headers::IdentityHeaders;
use super::kind::ProxyKind;
use super::origin::RequestOrigin;
use super::path::PathPattern;
use super::skip_rule::SkipRule;

/// An application, as the gate sees it.
#[derive(Debug, Clone)]
pub struct ApplicationRules {
    /// What stands before it.
    pub kind: ProxyKind,
    /// Where it is reached.
    pub origins: Vec<ApplicationOrigin>,
    /// The slugs of the companies that it serves; one set for all applications that serve every company.
    pub companies: Arc<BTreeSet<String>>,
    /// Where its users sign in.
    pub entrance: Entrance,
    /// Where a sign-in leads when the page is not known: a path with query, `/` as a rule.
    pub start_path: String,
    /// What is open.
    pub skip_rules: Vec<SkipRule>,
    /// Whether CORS preflights pass, without anybody's identity.
    pub lets_preflight_pass: bool,
    /// What becomes of requests that other sites cause.
    pub cross_site: CrossSite,
    /// What it is told of who is there.
    pub headers: IdentityHeaders,
}

/// What becomes of requests that other sites cause (rule Q47).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossSite {
    /// Whether they are refused.
    pub is_refused: bool,
    /// Whether another host of the same domain is another site, because others run it.
    pub counts_same_site: bool,
    /// Paths that other sites may call.
    pub open_paths: Vec<PathPattern>,
}

impl Default for CrossSite {
    fn default() -> Self {
        Self {
            is_refused: true,
            counts_same_site: false,
            open_paths: Vec::new(),
        }
    }
}

impl ApplicationRules {
    /// How an origin is one of the application's. One written out goes before one with a company's label, and a label is the slug
    /// of a company that is served.
    pub fn fit<'o>(&self, origin: &'o RequestOrigin) -> Option<Fit<'o>> {
        let fits = || self.origins.iter().filter_map(|own| own.fit(origin));
        fits()
            .find(|fit| *fit == Fit::Exact)
            .or_else(|| fits().find(|fit| self.serves(*fit)))
    }

    /// Whether a path at one of its origins is ours (rule Q28).
    pub fn owns(&self, path: &[u8]) -> bool {
        self.entrance.owns(path)
    }

    fn serves(&self, fit: Fit<'_>) -> bool {
        match fit {
            Fit::Exact => true,
            Fit::Company(slug) => self.companies.contains(slug),
        }
    }
}
