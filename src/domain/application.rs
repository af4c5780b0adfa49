//! An application of the team that runs the installation, which users are handed over to (rules Q11 to Q14, Q35, Q55).
//!
//! Invariant: it belongs to the installation, and a company's administrators say which of their permission groups may use it. What
//! a check may decide on it is `policy`'s; this is what is written down. Tests: `tests/it/cli/applications.rs`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::upstream::{UpstreamSettings, UpstreamSettingsError};
use super::{ApplicationId, CompanyId, GroupId};
use crate::policy::{
    ApplicationOrigin, IdentityHeaderSettings, IdentityHeaders, IdentityHeadersError, PathPattern,
    ProxyKind, SkipRule,
};

/// The most origins of one application.
pub const MOST_ORIGINS: usize = 16;
/// The most permission groups that an application is told of.
pub const MOST_TOLD_GROUPS: usize = 64;
/// The most skip rules, and the most paths that other sites may call.
pub const MOST_PATHS: usize = 64;
/// How long an identity token lives, in seconds (rule V4).
pub const TOKEN_SECONDS: std::ops::RangeInclusive<u16> = 60..=600;
/// The longest audience of a token.
const LONGEST_AUDIENCE: usize = 255;

/// What users are handed over to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its identifier.
    pub id: ApplicationId,
    /// Its name in addresses and commands.
    pub name: ApplicationName,
    /// Its name for people.
    pub display_name: String,
    /// Where it is, and what it is told.
    pub settings: ApplicationSettings,
    /// Whose users it serves.
    pub companies: ServedCompanies,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

/// Whose users an application serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServedCompanies {
    /// Those of every company of the installation.
    Every,
    /// Those of these.
    Named(Vec<CompanyId>),
}

impl ServedCompanies {
    /// Whether a company is one of them.
    pub fn has(&self, company: CompanyId) -> bool {
        match self {
            Self::Every => true,
            Self::Named(named) => named.contains(&company),
        }
    }
}

/// Which users of a company may use an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedUsers {
    /// All of them.
    Everybody,
    /// Those of these permission groups; none where there is no group any more.
    Groups(Vec<GroupId>),
}

impl AllowedUsers {
    /// The groups whose users may; none of them where everybody may.
    pub fn groups(&self) -> &[GroupId] {
        match self {
            Self::Everybody => &[],
            Self::Groups(groups) => groups,
        }
    }
}

/// Where an application is and what it is told. What an older version has not written is the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, by which it is set"
)]
pub struct ApplicationSettings {
    /// What stands before it.
    pub kind: ProxyKind,
    /// Where it is reached.
    pub origins: Vec<ApplicationOrigin>,
    /// A sentence for the launch page.
    pub description: String,
    /// The page that opens it: a path at its first origin, or an address at one of its origins.
    pub launch_url: String,
    /// Whom its tokens are for; its first origin where nothing is said (rule V2).
    pub audience: Option<String>,
    /// The permission groups that it is told of, by title (rule Q40).
    pub groups: Vec<String>,
    /// What is open to anybody (rule Q49).
    pub skip_rules: Vec<SkipRule>,
    /// Whether CORS preflights pass (rule Q45).
    pub preflight: bool,
    /// Whether requests that other sites cause pass like others (rule Q47).
    pub danger_cross_site: bool,
    /// Whether another host of the same domain is another site (rule Q47).
    pub same_site_is_foreign: bool,
    /// Paths that other sites may call (rule Q47).
    pub cross_site_paths: Vec<PathPattern>,
    /// What it is told of who is there (rule Q35).
    pub headers: IdentityHeaderSettings,
    /// How long a token lives, in seconds (rule V4).
    pub token_seconds: u16,
    /// Whether an e-mail is told that nobody has verified, also where there are several companies (rule R33).
    pub danger_unverified_email: bool,
    /// What our own reverse proxy is told of it (rule Q57).
    pub upstream: UpstreamSettings,
}

/// Why settings do not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationSettingsError {
    /// No origin, or too many.
    #[error("an application has 1 to {MOST_ORIGINS} origins")]
    Origins,
    /// An origin twice, or two that one host name fits.
    #[error("{0} and {1} are reached by the same host name")]
    SameHost(ApplicationOrigin, ApplicationOrigin),
    /// A launch page elsewhere.
    #[error(
        "the launch page is a path such as /start, or an address at one of the application's origins"
    )]
    LaunchUrl,
    /// An audience that is none.
    #[error("an audience is 1 to {LONGEST_AUDIENCE} visible ASCII characters")]
    Audience,
    /// Too many groups.
    #[error("an application is told of {MOST_TOLD_GROUPS} permission groups at most")]
    Groups,
    /// Too many rules or paths.
    #[error("{MOST_PATHS} paths are the most")]
    Paths,
    /// A life of tokens that is out of bounds.
    #[error("a token lives 60 to 600 seconds")]
    TokenSeconds,
    /// Headers that cannot be sent.
    #[error(transparent)]
    Headers(#[from] IdentityHeadersError),
    /// Upstreams that do not fit.
    #[error(transparent)]
    Upstream(#[from] UpstreamSettingsError),
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            kind: ProxyKind::Nginx,
            origins: Vec::new(),
            description: String::new(),
            launch_url: "/".to_owned(),
            audience: None,
            groups: Vec::new(),
            skip_rules: Vec::new(),
            preflight: false,
            danger_cross_site: false,
            same_site_is_foreign: false,
            cross_site_paths: Vec::new(),
            headers: IdentityHeaderSettings::default(),
            token_seconds: 120,
            danger_unverified_email: false,
            upstream: UpstreamSettings::default(),
        }
    }
}

impl ApplicationSettings {
    /// The audience of its tokens (rule V2).
    pub fn audience(&self) -> String {
        let first = || self.origins.first().map(ToString::to_string);
        self.audience.clone().or_else(first).unwrap_or_default()
    }

    /// The hosts of its origins, as they are written, each once.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = self.origins.iter().map(ApplicationOrigin::host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Where it is for the users of a company.
    pub fn origins_of(&self, slug: &str) -> Vec<String> {
        let origins = self.origins.iter();
        let origins = origins.filter_map(|origin| origin.of_company(slug).ok());
        origins.map(|origin| origin.to_string()).collect()
    }

    /// The headers that tell it of somebody, each with the word for what it tells.
    pub fn header_names(&self) -> Vec<(&'static str, &str)> {
        let headers = &self.headers;
        let named = [
            ("user", &headers.user),
            ("email", &headers.email),
            ("name", &headers.name),
            ("groups", &headers.groups),
            ("groups_omitted", &headers.groups_omitted),
            ("company", &headers.company),
            ("identity", &headers.identity),
        ];
        let named = named.into_iter();
        named
            .filter_map(|(word, header)| Some((word, header.as_deref()?)))
            .collect()
    }

    /// The path of the launch page; none of one that is not the application's.
    pub fn launch_path(&self) -> Option<&str> {
        let behind = |origin: &ApplicationOrigin| {
            let rest = self.launch_url.strip_prefix(&origin.to_string())?;
            Some(if rest.is_empty() { "/" } else { rest })
        };
        let path = match self.launch_url.strip_prefix('/') {
            Some(_) => Some(self.launch_url.as_str()),
            None => self.origins.iter().find_map(behind),
        };
        path.filter(|path| path.starts_with('/') && is_path(path))
    }

    /// Judges the settings as a whole; the headers that they make.
    pub fn headers(&self) -> Result<IdentityHeaders, ApplicationSettingsError> {
        use ApplicationSettingsError as Unfit;
        if !(1..=MOST_ORIGINS).contains(&self.origins.len()) {
            return Err(Unfit::Origins);
        }
        for (at, one) in self.origins.iter().enumerate() {
            let mut others = self.origins.iter().skip(at + 1);
            // Cookies know no port and no scheme (rule Q55); the same application may have both.
            if let Some(same) = others.find(|other| one.overlaps(other)) {
                return Err(Unfit::SameHost(one.clone(), same.clone()));
            }
        }
        if self.launch_path().is_none() {
            return Err(Unfit::LaunchUrl);
        }
        let is_audience = |text: &String| {
            (1..=LONGEST_AUDIENCE).contains(&text.len())
                && text.bytes().all(|octet| octet.is_ascii_graphic())
        };
        if !self.audience.as_ref().is_none_or(is_audience) {
            return Err(Unfit::Audience);
        }
        if self.groups.len() > MOST_TOLD_GROUPS {
            return Err(Unfit::Groups);
        }
        if self.skip_rules.len().max(self.cross_site_paths.len()) > MOST_PATHS {
            return Err(Unfit::Paths);
        }
        if !TOKEN_SECONDS.contains(&self.token_seconds) {
            return Err(Unfit::TokenSeconds);
        }
        self.upstream.check(self.kind)?;
        Ok(IdentityHeaders::new(&self.headers, self.kind)?)
    }
}

/// A path of an application, with its query: what a browser may be led back to on its host.
fn is_path(text: &str) -> bool {
    super::ReturnTo::among(std::iter::empty(), text).is_ok()
}

/// Text that names no application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an application's name has 1 to 63 characters of a-z, 0-9 and -")]
pub struct ApplicationNameError;

/// The name of an application in addresses and commands: 1 to 63 characters of a-z, 0-9 and dash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApplicationName(String);

impl ApplicationName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApplicationName {
    type Err = ApplicationNameError;

    fn from_str(text: &str) -> Result<Self, ApplicationNameError> {
        if super::company::is_short_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ApplicationNameError)
        }
    }
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ApplicationName {
    type Error = ApplicationNameError;

    fn try_from(text: String) -> Result<Self, ApplicationNameError> {
        text.parse()
    }
}

impl From<ApplicationName> for String {
    fn from(name: ApplicationName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(origins: &[&str]) -> ApplicationSettings {
        ApplicationSettings {
            origins: origins.iter().map(|it| it.parse().unwrap()).collect(),
            ..ApplicationSettings::default()
        }
    }

    #[test]
    fn settings_are_judged_as_a_whole() {
        let one = settings(&["https://app.example.com"]);
        assert!(one.headers().is_ok());
        assert_eq!(one.audience(), "https://app.example.com");
        let unfit = |settings: &ApplicationSettings| settings.headers().unwrap_err();
        assert_eq!(unfit(&settings(&[])), ApplicationSettingsError::Origins);
        let both = [
            "https://acme.app.example.com",
            "https://{company}.app.example.com",
        ];
        assert!(matches!(
            unfit(&settings(&both)),
            ApplicationSettingsError::SameHost(..)
        ));
        for (change, expected) in [
            (
                ApplicationSettings {
                    launch_url: "//evil.example/".to_owned(),
                    ..one.clone()
                },
                ApplicationSettingsError::LaunchUrl,
            ),
            (
                ApplicationSettings {
                    audience: Some("a b".to_owned()),
                    ..one.clone()
                },
                ApplicationSettingsError::Audience,
            ),
            (
                ApplicationSettings {
                    token_seconds: 601,
                    ..one.clone()
                },
                ApplicationSettingsError::TokenSeconds,
            ),
        ] {
            assert_eq!(unfit(&change), expected);
        }
    }

    #[test]
    fn a_company_has_origins_of_its_own() {
        let mut both = settings(&[
            "https://{company}.app.example.com",
            "https://app.example.com",
        ]);
        let own = ["https://acme.app.example.com", "https://app.example.com"];
        assert_eq!(both.origins_of("acme"), own);
        both.headers.email = None;
        let headers = both.header_names();
        assert_eq!(headers.len(), 6);
        assert_eq!(headers[1], ("name", "Remote-Name"));
    }

    #[test]
    fn the_launch_page_is_the_applications() {
        let path = |url: &str| {
            let settings = ApplicationSettings {
                launch_url: url.to_owned(),
                ..settings(&["https://app.example.com", "https://crm.example.com"])
            };
            settings.launch_path().map(str::to_owned)
        };
        assert_eq!(path("/a?b").as_deref(), Some("/a?b"));
        assert_eq!(path("https://crm.example.com").as_deref(), Some("/"));
        assert_eq!(path("https://crm.example.com/a").as_deref(), Some("/a"));
        for other in [
            "",
            "a",
            "//evil.example/",
            "https://crm.example.com.evil.example/",
            "https://crm.example.com@evil.example/",
            "https://evil.example/",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[test]
    fn what_an_older_version_has_written_is_read() {
        let read: ApplicationSettings =
            serde_json::from_str(r#"{"kind":"envoy","origins":["https://app.example.com"]}"#)
                .unwrap();
        assert_eq!(read.kind, ProxyKind::Envoy);
        assert_eq!(read.token_seconds, 120);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(
            serde_json::from_str::<ApplicationSettings>(&written).unwrap(),
            read
        );
    }
}
