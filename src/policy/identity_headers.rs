//! What an application is told of who is there (rules Q26, Q27, Q35, Q36 and Q40).
//!
//! Invariant: every configured name is in every rendering, whoever is there and whether or not somebody is; what has no value, or
//! none that fits, is empty. A configuration that could grow beyond its budget cannot be made.

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::header_name::{self, HeaderNameError, fold};
use super::header_value::HeaderEncoding;
use super::identity::{ForwardedIdentity, LONGEST_COMPANY, LONGEST_SUBJECT};
use super::kind::ProxyKind;

/// The longest e-mail and the longest name, in octets as they are sent.
const LONGEST_TEXT: usize = 320;
/// Room for the number of groups that are left out.
const LONGEST_COUNT: usize = 10;
/// `: ` and the end of a line.
const AROUND: usize = 4;
/// `Content-Length: 0` and `Cache-Control: no-store`.
const OTHER_HEADERS: usize = 44;
/// What Envoy takes away from the client's request.
pub(super) const ENVOY_REMOVES: &str = "x-envoy-auth-headers-to-remove";

/// Something that is told of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentityFact {
    /// The application's `sub`.
    User,
    /// The e-mail.
    Email,
    /// The name for people.
    Name,
    /// The groups.
    Groups,
    /// How many groups there are that did not fit.
    GroupsOmitted,
    /// The company's slug.
    Company,
    /// The signed token.
    ForwardedIdentity,
}

/// The headers as a configuration has them. A name that is left out is the default; one that is null is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityHeaderSettings {
    /// `Remote-User`.
    pub user: Option<String>,
    /// `Remote-Email`.
    pub email: Option<String>,
    /// `Remote-Name`.
    pub name: Option<String>,
    /// `Remote-Groups`.
    pub groups: Option<String>,
    /// `Vestibule-Groups-Omitted`.
    pub groups_omitted: Option<String>,
    /// `Vestibule-Company`.
    pub company: Option<String>,
    /// `Vestibule-Identity`.
    pub identity: Option<String>,
    /// How other characters than ASCII are written.
    pub header_encoding: HeaderEncoding,
    /// The longest list of groups, in octets as it is sent.
    pub groups_limit: u16,
    /// The longest token (rule V7).
    pub token_limit: u16,
    /// What all headers of an answer may have together.
    pub header_budget: HeaderBudget,
}

/// What all headers of an answer may have together, in octets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum HeaderBudget {
    /// 3,500: a page of nginx's, less what is not counted here (status line, date).
    #[default]
    Usual,
    /// 7,000, where proxy and application are made for it.
    Raised,
}

/// Another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("header_budget is 3500, or 7000 where proxy and application are made for it")]
pub struct HeaderBudgetError;

/// Why headers are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityHeadersError {
    /// A name.
    #[error("{name:?}: {cause}")]
    Name {
        /// What was written.
        name: String,
        /// What is wrong with it.
        cause: HeaderNameError,
    },
    /// Two names that programs take for the same.
    #[error("{0:?} and {1:?} are the same to programs that fold _, . and - together")]
    Same(String, String),
    /// Groups, and no header that says when they did not fit.
    #[error("groups are not sent without groups_omitted, which says when they do not fit")]
    NoGroupsOmitted,
    /// Too much together.
    #[error(
        "the headers of an answer can have {largest} octets, and the budget is {budget}: lower groups_limit, leave names out, or raise header_budget to 7000 where proxy and application are made for it"
    )]
    Budget {
        /// What they can have.
        largest: usize,
        /// What they may have.
        budget: usize,
    },
}

/// The headers of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityHeaders {
    names: Vec<(IdentityFact, HeaderName)>,
    encoding: HeaderEncoding,
    groups_limit: usize,
    token_limit: usize,
}

impl IdentityHeaders {
    /// Headers for a kind of proxy.
    pub fn new(
        settings: &IdentityHeaderSettings,
        kind: ProxyKind,
    ) -> Result<Self, IdentityHeadersError> {
        let mut names: Vec<(IdentityFact, HeaderName)> = Vec::new();
        for (fact, written) in settings.written() {
            let Some(written) = written else { continue };
            let name = header_name::parse(written).map_err(|cause| IdentityHeadersError::Name {
                name: written.clone(),
                cause,
            })?;
            let same = names.iter().find(|(_, other)| *other == name);
            if let Some((_, other)) = same {
                let other = other.as_str().to_owned();
                return Err(IdentityHeadersError::Same(other, written.clone()));
            }
            names.push((fact, name));
        }
        let has = |fact| names.iter().any(|(own, _)| *own == fact);
        if has(IdentityFact::Groups) && !has(IdentityFact::GroupsOmitted) {
            return Err(IdentityHeadersError::NoGroupsOmitted);
        }
        let headers = Self {
            names,
            encoding: settings.header_encoding,
            groups_limit: settings.groups_limit.into(),
            token_limit: settings.token_limit.into(),
        };
        let (largest, budget) = (headers.largest(kind), settings.header_budget.octets());
        if largest > budget {
            return Err(IdentityHeadersError::Budget { largest, budget });
        }
        Ok(headers)
    }

    /// The headers for somebody, or for nobody: every name, each once.
    pub fn render(&self, identity: Option<&ForwardedIdentity>) -> Vec<(HeaderName, HeaderValue)> {
        let groups = identity.map_or_else(String::new, |identity| {
            let groups = identity.groups().iter().map(String::as_str);
            self.encoding.list(groups)
        });
        // Never a part of the list, and never silently none.
        let (groups, omitted) = match identity {
            Some(identity) if groups.len() > self.groups_limit => {
                (String::new(), identity.groups().len().to_string())
            }
            _ => (groups, String::new()),
        };
        let text = |text: Option<&str>| {
            let encoded = text.map_or_else(String::new, |text| self.encoding.value(text));
            within(encoded, LONGEST_TEXT)
        };
        let value = |fact| match (fact, identity) {
            (_, None) => String::new(),
            (IdentityFact::User, Some(identity)) => identity.subject().to_owned(),
            (IdentityFact::Email, Some(identity)) => text(identity.email()),
            (IdentityFact::Name, Some(identity)) => text(identity.name()),
            (IdentityFact::Groups, Some(_)) => groups.clone(),
            (IdentityFact::GroupsOmitted, Some(_)) => omitted.clone(),
            (IdentityFact::Company, Some(identity)) => identity.company().to_owned(),
            // An application that gets no token refuses (rule Q37).
            (IdentityFact::ForwardedIdentity, Some(identity)) => {
                within(identity.token().to_owned(), self.token_limit)
            }
        };
        let header = |(fact, name): &(IdentityFact, HeaderName)| {
            let value = HeaderValue::from_bytes(value(*fact).as_bytes());
            // What was encoded has no character that a header cannot have.
            let value = value.unwrap_or(HeaderValue::from_static(""));
            (name.clone(), value)
        };
        self.names.iter().map(header).collect()
    }

    /// The names, each with what it tells.
    pub fn names(&self) -> &[(IdentityFact, HeaderName)] {
        &self.names
    }

    /// Whether a header of a client is one of these, in any spelling (rule Q36). In a `Connection` list it is one, too (rule Q37).
    pub fn covers(&self, name: &str) -> bool {
        let folded = fold(name);
        self.names.iter().any(|(_, own)| own.as_str() == folded)
    }

    /// Whether our own proxy takes a header away from a client's request (rule Q58).
    pub fn strips(&self, name: &HeaderName) -> bool {
        name.as_str().contains(['_', '.']) || self.covers(name.as_str())
    }

    /// What Envoy takes away from the client's request: the names without a value, and every name with `_` in a hyphen's place
    /// (rule Q26).
    pub(super) fn removed_by_envoy(&self, rendered: &[(HeaderName, HeaderValue)]) -> HeaderValue {
        let empty = rendered.iter().filter(|(_, value)| value.is_empty());
        let mut removed: Vec<HeaderName> = empty.map(|(name, _)| name.clone()).collect();
        for (_, name) in &self.names {
            removed.extend(header_name::underscored(name));
        }
        let removed: Vec<&str> = removed.iter().map(HeaderName::as_str).collect();
        HeaderValue::from_str(&removed.join(",")).unwrap_or(HeaderValue::from_static(""))
    }

    /// The most octets that the headers of a good answer can have.
    fn largest(&self, kind: ProxyKind) -> usize {
        let value = |fact| match fact {
            IdentityFact::User => LONGEST_SUBJECT,
            IdentityFact::Email | IdentityFact::Name => LONGEST_TEXT,
            IdentityFact::Groups => self.groups_limit,
            IdentityFact::GroupsOmitted => LONGEST_COUNT,
            IdentityFact::Company => LONGEST_COMPANY,
            IdentityFact::ForwardedIdentity => self.token_limit,
        };
        let is_envoy = kind == ProxyKind::Envoy;
        let line = |(fact, name): &(IdentityFact, HeaderName)| {
            let name_length = name.as_str().len();
            if !is_envoy {
                return name_length + AROUND + value(*fact);
            }
            // A name without a value stands among the removed ones instead; its other spellings always do.
            let spellings = header_name::underscored(name).len() * (name_length + 1);
            name_length + AROUND + value(*fact).max(name_length + 1) + spellings
        };
        let removed = if is_envoy {
            ENVOY_REMOVES.len() + AROUND
        } else {
            0
        };
        self.names.iter().map(line).sum::<usize>() + removed + OTHER_HEADERS
    }
}

/// A text that is not too long, else none.
fn within(text: String, limit: usize) -> String {
    if text.len() > limit {
        String::new()
    } else {
        text
    }
}

impl IdentityHeaderSettings {
    fn written(&self) -> [(IdentityFact, &Option<String>); 7] {
        [
            (IdentityFact::User, &self.user),
            (IdentityFact::Email, &self.email),
            (IdentityFact::Name, &self.name),
            (IdentityFact::Groups, &self.groups),
            (IdentityFact::GroupsOmitted, &self.groups_omitted),
            (IdentityFact::Company, &self.company),
            (IdentityFact::ForwardedIdentity, &self.identity),
        ]
    }
}

impl Default for IdentityHeaderSettings {
    fn default() -> Self {
        let name = |name: &str| Some(name.to_owned());
        Self {
            user: name("Remote-User"),
            email: name("Remote-Email"),
            name: name("Remote-Name"),
            groups: name("Remote-Groups"),
            groups_omitted: name("Vestibule-Groups-Omitted"),
            company: name("Vestibule-Company"),
            identity: name("Vestibule-Identity"),
            header_encoding: HeaderEncoding::default(),
            groups_limit: 800,
            token_limit: 1_500,
            header_budget: HeaderBudget::default(),
        }
    }
}

impl HeaderBudget {
    /// In octets.
    pub const fn octets(self) -> usize {
        match self {
            Self::Usual => 3_500,
            Self::Raised => 7_000,
        }
    }
}

impl TryFrom<u16> for HeaderBudget {
    type Error = HeaderBudgetError;

    fn try_from(octets: u16) -> Result<Self, HeaderBudgetError> {
        match octets {
            3_500 => Ok(Self::Usual),
            7_000 => Ok(Self::Raised),
            _ => Err(HeaderBudgetError),
        }
    }
}

impl From<HeaderBudget> for u16 {
    fn from(budget: HeaderBudget) -> Self {
        match budget {
            HeaderBudget::Usual => 3_500,
            HeaderBudget::Raised => 7_000,
        }
    }
}

#[cfg(test)]
mod tests;
