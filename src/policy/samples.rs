//! An application, requests and people for the tests of this room.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::application::{ApplicationRules, CrossSite};
use super::decision::{Decision, DecisionStep, KnownVisitor, decide};
use super::entrance::{Entrance, ReservedPrefix};
use super::identity::{ForwardedIdentity, ForwardedIdentityParts};
use super::identity_headers::{IdentityHeaderSettings, IdentityHeaders};
use super::kind::ProxyKind;
use super::misreport::Misreport;
use super::original::{OriginalRequest, ProxyCheck};
use super::skip_rule::SkipRule;
use super::visit::Visit;

/// Whose headers make a navigation.
pub(super) const NAVIGATION: [(&str, &str); 2] = [
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
];

/// At `https://app.example.com` and `https://{company}.app.example.com`, for the companies acme and globex; `/public/` is open.
pub(super) fn application(kind: ProxyKind) -> ApplicationRules {
    let origins = [
        "https://app.example.com",
        "https://{company}.app.example.com",
    ];
    let companies = ["acme", "globex"].map(str::to_owned);
    ApplicationRules {
        kind,
        origins: origins.map(|origin| origin.parse().unwrap()).to_vec(),
        companies: Arc::new(BTreeSet::from(companies)),
        entrance: Entrance::HandOver(ReservedPrefix::default()),
        start_path: "/".to_owned(),
        skip_rules: vec![SkipRule::new(["GET", "HEAD"], "/public/", false).unwrap()],
        lets_preflight_pass: false,
        cross_site: CrossSite::default(),
        headers: IdentityHeaders::new(&IdentityHeaderSettings::default(), kind).unwrap(),
    }
}

pub(super) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Ada of a company, in two groups.
pub(super) fn ada(company: &str) -> ForwardedIdentity {
    ForwardedIdentity::new(ForwardedIdentityParts {
        subject: "01hada".to_owned(),
        company: company.to_owned(),
        email: Some("ada@acme.example".to_owned()),
        name: Some("Ada Lovelace".to_owned()),
        groups: ["staff", "admin"].map(str::to_owned).to_vec(),
        token: "head.claims.signature".to_owned(),
    })
    .unwrap()
}

/// A request to `host`, with what a client sends, as nginx reports it.
pub(super) struct Asked<'r> {
    pub(super) method: &'r str,
    pub(super) host: &'r str,
    pub(super) uri: &'r [u8],
    pub(super) headers: &'r [(&'r str, &'r str)],
}

impl Asked<'_> {
    pub(super) fn get(uri: &'static str) -> Self {
        Self {
            method: "GET",
            host: "app.example.com",
            uri: uri.as_bytes(),
            headers: &NAVIGATION,
        }
    }

    /// The headers of the check.
    pub(super) fn told(&self) -> HeaderMap {
        let mut told = headers(self.headers);
        let mut url = format!("https://{}", self.host).into_bytes();
        url.extend_from_slice(self.uri);
        let method = HeaderValue::from_str(self.method).unwrap();
        told.insert("x-original-method", method);
        told.insert("x-original-url", HeaderValue::from_bytes(&url).unwrap());
        told
    }

    pub(super) fn read(
        &self,
        application: &ApplicationRules,
    ) -> Result<OriginalRequest, Misreport> {
        let check = ProxyCheck {
            method: "GET",
            rest: b"",
            headers: &self.told(),
        };
        OriginalRequest::read(application, &check)
    }

    pub(super) fn visit(&self) -> Visit {
        Visit::of(self.method, &self.told())
    }

    /// The decision, and whether it needed to know who is there.
    pub(super) fn decide(
        &self,
        application: &ApplicationRules,
        known: KnownVisitor,
    ) -> (Decision, bool) {
        let asked = match self.read(application) {
            Ok(asked) => asked,
            Err(misreport) => return (misreport.into(), false),
        };
        match decide(application, &asked, self.visit(), &self.told()) {
            DecisionStep::Decided(decision) => (decision, false),
            DecisionStep::NeedsPerson(pending) => (pending.with(known), true),
        }
    }
}
