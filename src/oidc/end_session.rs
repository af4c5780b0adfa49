//! The request to sign somebody out at the provider (OpenID Connect RP-Initiated Logout 1.0, section 2; rule T2).
//!
//! Invariant: nothing depends on the answer. The session here has ended before.

use url::Url;

use super::issuer::Issuer;

/// What the request says.
#[derive(Debug, Clone, Copy)]
pub struct EndSessionRequest<'a> {
    /// `end_session_endpoint`.
    pub endpoint: &'a str,
    pub client_id: &'a str,
    pub post_logout_redirect_uri: &'a str,
    pub state: &'a str,
    /// Who signs out: the ID token, or Entra's opaque `login_hint`. Entra takes no user name.
    pub hint: Option<&'a str>,
}

impl EndSessionRequest<'_> {
    /// The address to send the browser to; none when the endpoint has a parameter of ours already, or is no address.
    pub fn url(&self, issuer: &Issuer) -> Option<Url> {
        let mut url = Url::parse(self.endpoint).ok()?;
        let hint_name = if issuer.is_entra() {
            "logout_hint"
        } else {
            "id_token_hint"
        };
        let mut parameters = vec![
            ("post_logout_redirect_uri", self.post_logout_redirect_uri),
            ("client_id", self.client_id),
            ("state", self.state),
        ];
        parameters.extend(self.hint.map(|hint| (hint_name, hint)));
        let is_taken = |name: &str| parameters.iter().any(|(ours, _)| *ours == name);
        if url.query_pairs().any(|(name, _)| is_taken(&name)) {
            return None;
        }
        url.query_pairs_mut().extend_pairs(&parameters);
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: EndSessionRequest<'_> = EndSessionRequest {
        endpoint: "https://idp.example/logout?p=1",
        client_id: "us",
        post_logout_redirect_uri: "https://acme.example/sso/oidc/signed-out",
        state: "s",
        hint: Some("h"),
    };

    #[test]
    fn the_hint_has_the_name_that_the_provider_takes() {
        let others = REQUEST.url(&Issuer::named("https://idp.example")).unwrap();
        assert_eq!(
            others.as_str(),
            "https://idp.example/logout?p=1&post_logout_redirect_uri=https%3A%2F%2Facme.example%2Fsso%2Foidc%2Fsigned-out\
             &client_id=us&state=s&id_token_hint=h"
        );
        let tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490".parse().unwrap();
        let entra = Issuer::EntraTenant {
            cloud: crate::oidc::Cloud::Global,
            tenant,
        };
        let entra = REQUEST.url(&entra).unwrap();
        assert!(entra.as_str().ends_with("&state=s&logout_hint=h"));
    }

    #[test]
    fn an_endpoint_that_says_it_already_is_not_used() {
        let taken = EndSessionRequest {
            endpoint: "https://idp.example/logout?client_id=them",
            ..REQUEST
        };
        assert!(taken.url(&Issuer::named("https://idp.example")).is_none());
    }
}
