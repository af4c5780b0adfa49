//! The directory that the identity provider stands for, and its addresses.

/// An Entra tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its GUID.
    pub id: String,
    /// Its name, on pages.
    pub name: String,
    /// Where the identity provider is reached, such as `http://127.0.0.1:8090`, without a slash at the end.
    pub origin: String,
    /// The entity ID: the issuer of assertions.
    pub entity_id: String,
}

impl Tenant {
    /// The tenant of Contoso, at an origin.
    pub fn contoso(origin: impl Into<String>) -> Self {
        Self::new("6babcaad-604b-40ac-a9d7-9fd97c0b779f", "Contoso", origin)
    }

    /// A tenant with the entity ID that Entra would give it.
    pub fn new(id: &str, name: &str, origin: impl Into<String>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            origin: origin.into().trim_end_matches('/').to_owned(),
            entity_id: format!("https://sts.windows.net/{id}/"),
        }
    }

    /// Sign-on and logout, with either binding.
    pub fn saml_url(&self) -> String {
        format!("{}/{}/saml2", self.origin, self.id)
    }

    /// The passive endpoint of WS-Federation, in metadata only.
    pub(super) fn ws_federation_url(&self) -> String {
        format!("{}/{}/wsfed", self.origin, self.id)
    }

    /// The "App Federation Metadata Url".
    pub fn metadata_url(&self, app_id: &str) -> String {
        format!(
            "{}/{}/federationmetadata/2007-06/federationmetadata.xml?appid={app_id}",
            self.origin, self.id
        )
    }

    /// The issuer of logout messages, which is not the one of assertions.
    pub fn logout_issuer(&self) -> String {
        format!("https://login.microsoftonline.com/{}/", self.id)
    }

    /// The issuer of ID tokens, and the authority that people paste.
    pub fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.origin, self.id)
    }

    /// The "OpenID Connect metadata document".
    pub fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer())
    }

    /// The keys that sign ID tokens.
    pub fn jwks_url(&self) -> String {
        format!("{}/{}/discovery/v2.0/keys", self.origin, self.id)
    }

    /// The "OAuth 2.0 authorization endpoint (v2)".
    pub fn authorize_url(&self) -> String {
        self.oauth2_url("authorize")
    }

    /// The "OAuth 2.0 token endpoint (v2)".
    pub fn token_url(&self) -> String {
        self.oauth2_url("token")
    }

    /// Where an application sends somebody to sign out.
    pub fn oidc_logout_url(&self) -> String {
        self.oauth2_url("logout")
    }

    /// Where the claims of an access token's user are.
    pub fn userinfo_url(&self) -> String {
        format!("{}/oidc/userinfo", self.origin)
    }

    /// One of the endpoints beneath `oauth2/v2.0`.
    pub(super) fn oauth2_url(&self, name: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{name}", self.origin, self.id)
    }
}
