//! The answer to a check, for each kind of proxy (rules Q21 to Q26 and Q41 to Q46).
//!
//! Invariant: 200 is made from a [`Pass`], which only a decision that lets pass gives; every other status is one of [`Refused`],
//! where there is no success.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::application::ApplicationRules;
use super::decision::{Challenge, CheckRefusal, Decision, Pass, SignInWay};
use super::identity_headers::{ENVOY_REMOVES, IdentityHeaders};
use super::kind::ProxyKind;
use super::misreport::Misreport;
use super::visit::Visit;

/// When to ask again after a failure of ours, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const VARY: HeaderValue = HeaderValue::from_static("Cookie, Accept");
const INVALID_TOKEN: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");
/// RFC 9457.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An answer, but for the octets of its body.
#[derive(Debug, Clone)]
pub struct CheckAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: CheckBody,
}

/// What the body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckBody {
    /// Nothing.
    Empty,
    /// A problem document, as JSON.
    Problem(CheckProblem),
    /// A page.
    Page(CheckPage),
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckProblem {
    /// The kind, a URN that stays.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// For people.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// Where to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<String>,
}

/// A page to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckPage {
    /// A link that opens the sign-in in the top window (rule Q42).
    SignInOnTop {
        /// Where it leads.
        sign_in: String,
    },
    /// The application is named, and that it may not be used (rule Q24).
    Forbidden(CheckRefusal),
    /// The proxy is not set up as it must be.
    Misconfigured,
    /// Something failed here.
    Unavailable,
}

/// A status that does not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Found,
    SeeOther,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    ServiceUnavailable,
}

impl CheckAnswer {
    /// The answer to a visit of an application.
    pub fn render(decision: &Decision, application: &ApplicationRules, visit: Visit) -> Self {
        match decision {
            Decision::Allow(permit) => Self::passing(permit.pass(), application),
            Decision::AllowAnonymous(door) => Self::passing(door.pass(), application),
            Decision::SignIn(sign_in) => Self::sign_in(sign_in, application.kind, visit),
            Decision::Forbidden(refusal) => Self::forbidden(*refusal, visit),
            Decision::Misconfigured(misreport) => Self::misconfigured(misreport, visit),
            Decision::Unavailable => Self::unavailable(visit),
        }
    }

    /// The status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub const fn body(&self) -> &CheckBody {
        &self.body
    }

    /// The parts.
    pub fn into_parts(self) -> (StatusCode, HeaderMap, CheckBody) {
        (self.status, self.headers, self.body)
    }

    /// Rules Q21 and Q26.
    fn passing(pass: Pass<'_>, application: &ApplicationRules) -> Self {
        let mut answer = Self::new(StatusCode::OK, CheckBody::Empty);
        answer.set(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        let names: &IdentityHeaders = &application.headers;
        let rendered = names.render(pass.identity());
        if application.kind == ProxyKind::Envoy {
            let removed = names.removed_by_envoy(&rendered);
            answer.set(HeaderName::from_static(ENVOY_REMOVES), removed);
        }
        for (name, value) in rendered {
            answer.set(name, value);
        }
        answer
    }

    /// Rules Q22, Q23, Q42 to Q44, Q46 and Q48.
    fn sign_in(sign_in: &SignInWay, kind: ProxyKind, visit: Visit) -> Self {
        // Who comes with a token is a program, whatever else it says.
        let is_sent_there = visit == Visit::Navigation && sign_in.challenge() == Challenge::Session;
        let (status, body) = match (kind, visit) {
            // nginx takes 401 and nothing else; that there is a place to go decides for it.
            (ProxyKind::Nginx, _) if is_sent_there => (Refused::Unauthorized, CheckBody::Empty),
            (ProxyKind::Forwarded | ProxyKind::Envoy | ProxyKind::BuiltIn, _) if is_sent_there => {
                if sign_in.only_reads() {
                    (Refused::Found, CheckBody::Empty)
                } else {
                    (Refused::SeeOther, CheckBody::Empty)
                }
            }
            (_, Visit::Frame) if sign_in.challenge() == Challenge::Session => {
                let sign_in = sign_in.returning().to_owned();
                let page = CheckPage::SignInOnTop { sign_in };
                (Refused::Unauthorized, CheckBody::Page(page))
            }
            (_, visit) if visit.reads_body() => {
                let address = match sign_in.challenge() {
                    Challenge::Session => Some(sign_in.bare().to_owned()),
                    Challenge::Token => None,
                };
                let problem = match sign_in.challenge() {
                    Challenge::Session => SIGN_IN,
                    Challenge::Token => UNUSABLE_TOKEN,
                };
                let problem = problem.told(Refused::Unauthorized, address);
                (Refused::Unauthorized, problem)
            }
            _ => (Refused::Unauthorized, CheckBody::Empty),
        };
        let mut answer = Self::refusing(status, body);
        answer.set(header::VARY, VARY);
        if is_sent_there {
            answer.set_address(header::LOCATION, sign_in.returning());
        }
        if status == Refused::Unauthorized {
            match sign_in.challenge() {
                Challenge::Session => {
                    let challenge = format!("Vestibule sign_in=\"{}\"", sign_in.bare());
                    answer.set_address(header::WWW_AUTHENTICATE, &challenge);
                }
                Challenge::Token => answer.set(header::WWW_AUTHENTICATE, INVALID_TOKEN),
            }
        }
        answer
    }

    /// Rules Q24, Q43, Q44 and Q47. It never leads to a sign-in: who is known would come back.
    fn forbidden(refusal: CheckRefusal, visit: Visit) -> Self {
        let problem = match refusal {
            CheckRefusal::NotAllowed => NOT_ALLOWED,
            CheckRefusal::CrossSite => CROSS_SITE,
            CheckRefusal::ForeignSocket => FOREIGN_SOCKET,
        };
        Self::told(
            Refused::Forbidden,
            problem,
            CheckPage::Forbidden(refusal),
            visit,
        )
    }

    /// Rules Q11, Q13 and Q25. What is wrong stands in the console, not here.
    fn misconfigured(misreport: &Misreport, visit: Visit) -> Self {
        let status = if misreport.is_not_found() {
            Refused::NotFound
        } else {
            Refused::BadRequest
        };
        Self::told(status, MISCONFIGURED, CheckPage::Misconfigured, visit)
    }

    /// Rule Q25.
    fn unavailable(visit: Visit) -> Self {
        let status = Refused::ServiceUnavailable;
        let mut answer = Self::told(status, UNAVAILABLE, CheckPage::Unavailable, visit);
        answer.set(header::RETRY_AFTER, RETRY_AFTER);
        answer
    }

    /// A page for people, a problem document for programs, and nothing for what reads neither.
    fn told(status: Refused, problem: Kind, page: CheckPage, visit: Visit) -> Self {
        let body = match visit {
            Visit::Navigation | Visit::Frame => CheckBody::Page(page),
            visit if visit.reads_body() => problem.told(status, None),
            _ => CheckBody::Empty,
        };
        Self::refusing(status, body)
    }

    fn refusing(status: Refused, body: CheckBody) -> Self {
        let mut answer = Self::new(status.code(), body);
        if let CheckBody::Problem(_) = answer.body {
            answer.set(header::CONTENT_TYPE, PROBLEM);
        }
        answer
    }

    fn new(status: StatusCode, body: CheckBody) -> Self {
        let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, NO_STORE)]);
        Self {
            status,
            headers,
            body,
        }
    }

    fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Sets what has an address of ours in it: visible ASCII, by the origin's form and the escapes of the rest.
    fn set_address(&mut self, name: HeaderName, text: &str) {
        if let Ok(value) = HeaderValue::from_str(text) {
            self.set(name, value);
        }
    }
}

impl Refused {
    const fn code(self) -> StatusCode {
        match self {
            Self::Found => StatusCode::FOUND,
            Self::SeeOther => StatusCode::SEE_OTHER,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A kind of problem: the last part of its type, and its title.
#[derive(Clone, Copy)]
struct Kind(&'static str, &'static str);

const SIGN_IN: Kind = Kind(
    "urn:vestibule:problem:sign-in",
    "Sign in to use the application",
);
const UNUSABLE_TOKEN: Kind = Kind(
    "urn:vestibule:problem:unusable-token",
    "The access token cannot be used here",
);
const NOT_ALLOWED: Kind = Kind(
    "urn:vestibule:problem:not-allowed",
    "The user may not use the application",
);
const CROSS_SITE: Kind = Kind(
    "urn:vestibule:problem:cross-site",
    "Another site may not send this request",
);
const FOREIGN_SOCKET: Kind = Kind(
    "urn:vestibule:problem:foreign-socket",
    "The page may not open a WebSocket here",
);
const MISCONFIGURED: Kind = Kind(
    "urn:vestibule:problem:misconfigured",
    "The proxy before the application is not set up as it must be",
);
const UNAVAILABLE: Kind = Kind(
    "urn:vestibule:problem:unavailable",
    "Not available right now",
);

impl Kind {
    fn told(self, status: Refused, sign_in: Option<String>) -> CheckBody {
        CheckBody::Problem(CheckProblem {
            kind: self.0,
            title: self.1,
            status: status.code().as_u16(),
            sign_in,
        })
    }
}

#[cfg(test)]
mod tests;
