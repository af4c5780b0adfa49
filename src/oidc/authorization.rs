//! The authorization request (OpenID Connect Core 1.0, section 3.1.2.1; rules L2 to L7).

use openssl::sha::sha256;
use serde::{Deserialize, Serialize};
use url::Url;

use super::issuer::Issuer;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The only code challenge method (RFC 7636, section 4.2; rule L3).
pub const S256: &str = "S256";
/// The longest hint, in characters (rule L7).
const LONGEST_HINT: usize = 320;

/// How the provider sends its answer (rule L5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a GET.
    #[default]
    Query,
    /// In the body of a POST.
    FormPost,
}

/// What the provider is to ask the person (rule L6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// For the credentials.
    Login,
    /// Which account.
    SelectAccount,
    /// Nothing: it answers with an error where it would have to.
    None,
    /// For its consent.
    Consent,
}

/// What is sent through the browser to the provider.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    pub endpoint: &'a str,
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    pub scope: &'a str,
    pub state: &'a str,
    pub nonce: &'a str,
    /// The secret whose hash is sent: [`code_challenge`].
    pub code_verifier: &'a str,
    pub response_mode: ResponseMode,
    pub prompt: Option<Prompt>,
    /// How long ago the user may have signed in, in seconds.
    pub max_age: Option<u32>,
    pub acr_values: &'a [String],
    pub login_hint: Option<&'a str>,
    pub domain_hint: Option<&'a str>,
    pub ui_locales: Option<&'a str>,
}

impl AuthorizationRequest<'_> {
    /// The address to send the browser to; none when the endpoint has a parameter of ours already, or is no address.
    pub fn url(&self, issuer: &Issuer) -> Option<Url> {
        let mut url = Url::parse(self.endpoint).ok()?;
        let parameters = self.parameters(issuer);
        let is_taken = |name: &str| parameters.iter().any(|(ours, _)| *ours == name);
        if url.query_pairs().any(|(name, _)| is_taken(&name)) {
            return None;
        }
        url.query_pairs_mut().extend_pairs(&parameters);
        Some(url)
    }

    fn parameters(&self, issuer: &Issuer) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.to_owned()),
            ("redirect_uri", self.redirect_uri.to_owned()),
            ("scope", self.scope.to_owned()),
            ("state", self.state.to_owned()),
            ("nonce", self.nonce.to_owned()),
            ("code_challenge", code_challenge(self.code_verifier)),
            ("code_challenge_method", S256.to_owned()),
        ];
        // To name the default is advised against (OAuth 2.0 Multiple Response Types, section 2.1).
        if self.response_mode == ResponseMode::FormPost {
            parameters.push(("response_mode", "form_post".to_owned()));
        }
        if let Some(prompt) = self.prompt {
            parameters.push(("prompt", prompt.name().to_owned()));
        }
        // Entra does not document it, and cuts the life of its tokens down to it.
        if let Some(seconds) = self.max_age.filter(|_| !issuer.is_entra()) {
            parameters.push(("max_age", seconds.to_string()));
        }
        if !self.acr_values.is_empty() {
            parameters.push(("acr_values", self.acr_values.join(" ")));
        }
        // Entra takes no hint where a person is to choose (AADSTS9002313).
        let hints = self.prompt != Some(Prompt::SelectAccount);
        if let Some(hint) = self.login_hint.filter(|hint| hints && is_hint(hint)) {
            parameters.push(("login_hint", hint.to_owned()));
        }
        if let Some(hint) = self
            .domain_hint
            .filter(|hint| issuer.is_entra() && is_hint(hint))
        {
            parameters.push(("domain_hint", hint.to_owned()));
        }
        if let Some(locales) = self.ui_locales {
            parameters.push(("ui_locales", locales.to_owned()));
        }
        parameters
    }
}

impl Prompt {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SelectAccount => "select_account",
            Self::None => "none",
            Self::Consent => "consent",
        }
    }
}

/// What is sent of a code verifier (RFC 7636, section 4.2).
pub fn code_challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

/// Whether a hint may be passed on. It is never evidence of anything.
fn is_hint(hint: &str) -> bool {
    !hint.is_empty() && hint.chars().count() <= LONGEST_HINT && !hint.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_standards() {
        assert_eq!(
            code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
