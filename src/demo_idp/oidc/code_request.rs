//! The authorization request, read as Entra reads it.
//!
//! Invariant: until the redirect URI is known to be the application's, a refusal is a page; afterwards it may go there.

use super::{OidcApp, OidcRefusal, ReadParameters};
use crate::demo_idp::refusal::IdpRefusal;
use time::OffsetDateTime;

/// A request for a code that may be answered.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct CodeRequest {
    pub(in crate::demo_idp) reply_to: ReplyTo,
    pub(in crate::demo_idp) scopes: Vec<String>,
    pub(in crate::demo_idp) nonce: Option<String>,
    pub(in crate::demo_idp) challenge: Option<String>,
    pub(in crate::demo_idp) prompt: Option<CodePrompt>,
    pub(in crate::demo_idp) login_hint: Option<String>,
    pub(in crate::demo_idp) max_age: Option<i64>,
}

/// Where an answer goes: a redirect URI of the application.
#[derive(Debug, Clone)]
pub(in crate::demo_idp) struct ReplyTo {
    pub(in crate::demo_idp) redirect_uri: String,
    pub(in crate::demo_idp) mode: ReplyMode,
    pub(in crate::demo_idp) state: Option<String>,
}

/// How an answer goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo_idp) enum ReplyMode {
    Query,
    FormPost,
}

/// What the user is asked although the session would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo_idp) enum CodePrompt {
    /// Nothing may be asked.
    None,
    Login,
    SelectAccount,
    Consent,
}

/// Where a refusal is shown.
#[derive(Debug)]
pub(in crate::demo_idp) enum CodeRefusal {
    Page(IdpRefusal),
    Reply(ReplyTo, OidcRefusal),
}

impl From<IdpRefusal> for CodeRefusal {
    fn from(refusal: IdpRefusal) -> Self {
        Self::Page(refusal)
    }
}

impl From<OidcRefusal> for CodeRefusal {
    fn from(refusal: OidcRefusal) -> Self {
        Self::Page(refusal.into())
    }
}

impl CodeRequest {
    pub(in crate::demo_idp) fn read(
        parameters: &ReadParameters,
        app: &OidcApp,
    ) -> Result<Self, CodeRefusal> {
        if let Some(name) = parameters.duplicate() {
            return Err(bad_parameter(&format!("'{name}' is there twice")).into());
        }
        let reply_to = ReplyTo::read(parameters, app)?;
        if parameters.get("resource").is_some() {
            return Err(IdpRefusal::new(
                901_002,
                "The 'resource' request parameter isn't supported.",
            )
            .into());
        }
        let refused = |refusal| CodeRefusal::Reply(reply_to.clone(), refusal);
        check_response_type(parameters.required("response_type")?).map_err(refused)?;
        for name in ["request", "request_uri", "registration"] {
            if parameters.get(name).is_some() {
                return Err(refused(unsupported(name)));
            }
        }
        Ok(Self {
            scopes: scopes(parameters.required("scope")?).map_err(refused)?,
            nonce: parameters.text("nonce"),
            challenge: challenge(parameters).map_err(refused)?,
            prompt: CodePrompt::read(parameters).map_err(refused)?,
            login_hint: parameters.text("login_hint"),
            max_age: max_age(parameters).map_err(refused)?,
            reply_to,
        })
    }
}

impl CodeRequest {
    /// Whether a session that began at some time is enough.
    pub(in crate::demo_idp) fn accepts(&self, since: OffsetDateTime, now: OffsetDateTime) -> bool {
        let is_asked = matches!(
            self.prompt,
            Some(CodePrompt::Login | CodePrompt::SelectAccount)
        );
        let is_young = |age| (now - since).whole_seconds() <= age;
        !is_asked && self.max_age.is_none_or(is_young)
    }

    /// Whether the user is asked about the scopes.
    pub(in crate::demo_idp) fn wants_consent(&self) -> bool {
        self.prompt == Some(CodePrompt::Consent)
    }

    /// Whether nobody may be asked.
    pub(in crate::demo_idp) fn is_silent(&self) -> bool {
        self.prompt == Some(CodePrompt::None)
    }
}

impl ReplyTo {
    /// The redirect URI is compared octet by octet.
    fn read(parameters: &ReadParameters, app: &OidcApp) -> Result<Self, IdpRefusal> {
        let redirect_uri = parameters.required("redirect_uri")?;
        if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
            return Err(IdpRefusal::new(
                50_011,
                format!(
                    "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs \
                     configured for the application '{}'. Make sure the redirect URI sent in the request matches one \
                     added to your application in the Azure portal.",
                    app.client_id
                ),
            ));
        }
        let mode = match parameters.get("response_mode") {
            None | Some("query") => ReplyMode::Query,
            Some("form_post") => ReplyMode::FormPost,
            Some(other) => {
                return Err(IdpRefusal::new(
                    70_007,
                    format!("'{other}' is not a supported value of 'response_mode' here."),
                ));
            }
        };
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            mode,
            state: parameters.text("state"),
        })
    }
}

impl CodePrompt {
    fn read(parameters: &ReadParameters) -> Result<Option<Self>, OidcRefusal> {
        Ok(match parameters.get("prompt") {
            None => None,
            Some("none") => Some(Self::None),
            Some("login") => Some(Self::Login),
            Some("select_account") if parameters.get("login_hint").is_some() => {
                return Err(bad_parameter(
                    "'login_hint' and prompt 'select_account' exclude each other",
                ));
            }
            Some("select_account") => Some(Self::SelectAccount),
            Some("consent") => Some(Self::Consent),
            Some(other) => return Err(bad_parameter(&format!("unsupported prompt '{other}'"))),
        })
    }
}

fn check_response_type(found: &str) -> Result<(), OidcRefusal> {
    if found == "code" {
        return Ok(());
    }
    let known = |part| matches!(part, "code" | "id_token" | "token");
    if found.split(' ').all(known) {
        return Err(OidcRefusal::new(
            "unsupported_response_type",
            700_054,
            format!("response_type '{found}' is not enabled for the application."),
        ));
    }
    Err(OidcRefusal::new(
        "unsupported_response_type",
        70_007,
        format!("'{found}' is not a supported value of 'response_type'."),
    ))
}

/// The scopes: those of OpenID Connect, and those of some API.
fn scopes(found: &str) -> Result<Vec<String>, OidcRefusal> {
    let scopes: Vec<String> = found.split_ascii_whitespace().map(str::to_owned).collect();
    let is_known = |scope: &String| {
        let bare = matches!(
            scope.as_str(),
            "openid" | "profile" | "email" | "offline_access" | "User.Read"
        );
        bare || scope.contains("://")
    };
    if scopes.iter().any(|scope| scope == "openid") && scopes.iter().all(is_known) {
        return Ok(scopes);
    }
    Err(OidcRefusal::new(
        "invalid_scope",
        70_011,
        format!(
            "The provided value for the input parameter 'scope' is not valid. The scope '{found}' is not valid."
        ),
    ))
}

/// The challenge of RFC 7636, by S256 only.
fn challenge(parameters: &ReadParameters) -> Result<Option<String>, OidcRefusal> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return match method {
            None => Ok(None),
            Some(_) => Err(bad_challenge()),
        };
    };
    let is_digest = challenge.len() == 43
        && challenge
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
    match method {
        Some("S256") if is_digest => Ok(Some(challenge.to_owned())),
        _ => Err(bad_challenge()),
    }
}

fn max_age(parameters: &ReadParameters) -> Result<Option<i64>, OidcRefusal> {
    let Some(text) = parameters.get("max_age") else {
        return Ok(None);
    };
    let age = text.parse().ok().filter(|age| *age >= 0);
    age.map(Some)
        .ok_or_else(|| bad_parameter("'max_age' is no number of seconds"))
}

fn unsupported(name: &str) -> OidcRefusal {
    let error = match name {
        "request" => "request_not_supported",
        "request_uri" => "request_uri_not_supported",
        _ => "registration_not_supported",
    };
    OidcRefusal::new(
        error,
        90_100,
        format!("'{name}' parameter is not supported."),
    )
}

fn bad_challenge() -> OidcRefusal {
    OidcRefusal::invalid_request(
        501_491,
        "The code_challenge or its method is not valid: one of 43 characters with the method S256 is taken.",
    )
}

fn bad_parameter(what: &str) -> OidcRefusal {
    OidcRefusal::invalid_request(90_023, format!("Invalid STS request: {what}."))
}
