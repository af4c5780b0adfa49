//! The application registrations: what "App registrations" knows of each.

use super::{IdTokenChange, OidcVariant};
use std::fmt::Write as _;
use time::OffsetDateTime;

/// An application registration of a single tenant, platform Web.
#[derive(Debug, Clone)]
pub struct OidcApp {
    /// "Application (client) ID", a GUID.
    pub client_id: String,
    /// "Object ID", which is not the client ID.
    pub object_id: String,
    /// The name on tiles.
    pub name: String,
    /// "Redirect URIs" of the platform Web.
    pub redirect_uris: Vec<String>,
    /// "Front-channel logout URL".
    pub front_channel_logout_url: Option<String>,
    /// "Home page URL": what a tile opens.
    pub home_page_url: Option<String>,
    /// "Client secrets".
    pub secrets: Vec<OidcSecret>,
    /// "Certificates", DER.
    pub certificates: Vec<Vec<u8>>,
    /// "Token configuration".
    pub claims: Vec<OptionalClaim>,
    /// "API permissions": application permissions of Microsoft Graph by name, and whether an administrator has consented.
    pub permissions: Vec<(String, bool)>,
    /// What it gets that is not as usual, unless a sign-in chooses otherwise.
    pub variant: OidcVariant,
    /// A test's last word on each ID token.
    pub change: Option<IdTokenChange>,
}

/// A client secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSecret {
    /// The "Secret ID", which is no secret.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// The "Value". The page shows it once.
    pub value: String,
    /// Until when it is taken; `None` is a test's secret without an end.
    pub expires: Option<OffsetDateTime>,
}

/// A claim that "Token configuration" or the manifest adds to ID tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionalClaim {
    /// `acct`: 0 for a member, 1 for a guest.
    Acct,
    /// `auth_time`.
    AuthTime,
    /// `email`, whatever the scope says.
    Email,
    /// `family_name`.
    FamilyName,
    /// `given_name`.
    GivenName,
    /// `groups`: object IDs, or a link to them when there are more than 200.
    Groups,
    /// `login_hint`, opaque.
    LoginHint,
    /// `sid`, which front-channel logout names.
    Sid,
    /// `upn`.
    Upn,
    /// `verified_primary_email`.
    VerifiedPrimaryEmail,
    /// `xms_edov`; in the manifest only.
    XmsEdov,
}

impl OptionalClaim {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 11] = [
        Self::Acct,
        Self::AuthTime,
        Self::Email,
        Self::FamilyName,
        Self::GivenName,
        Self::Groups,
        Self::LoginHint,
        Self::Sid,
        Self::Upn,
        Self::VerifiedPrimaryEmail,
        Self::XmsEdov,
    ];

    /// The name of the claim.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acct => "acct",
            Self::AuthTime => "auth_time",
            Self::Email => "email",
            Self::FamilyName => "family_name",
            Self::GivenName => "given_name",
            Self::Groups => "groups",
            Self::LoginHint => "login_hint",
            Self::Sid => "sid",
            Self::Upn => "upn",
            Self::VerifiedPrimaryEmail => "verified_primary_email",
            Self::XmsEdov => "xms_edov",
        }
    }
}

impl OidcApp {
    /// A registration with one redirect URI, and no credentials yet.
    pub fn new(
        client_id: impl Into<String>,
        name: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Self {
        Self {
            redirect_uris: vec![redirect_uri.into()],
            ..Self::unconfigured(client_id, name)
        }
    }

    /// A registration that has nothing but its name.
    pub fn unconfigured(client_id: impl Into<String>, name: impl Into<String>) -> Self {
        let client_id = client_id.into();
        Self {
            object_id: guid_from("object", &client_id),
            client_id,
            name: name.into(),
            redirect_uris: Vec::new(),
            front_channel_logout_url: None,
            home_page_url: None,
            secrets: Vec::new(),
            certificates: Vec::new(),
            claims: Vec::new(),
            permissions: Vec::new(),
            variant: OidcVariant::default(),
            change: None,
        }
    }

    /// The same with one more redirect URI.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// The same with one more client secret, which has no end.
    #[must_use]
    pub fn with_secret(self, value: impl Into<String>) -> Self {
        self.add_secret(value.into(), None)
    }

    /// The same with one more client secret.
    #[must_use]
    pub fn with_secret_until(self, value: impl Into<String>, expires: OffsetDateTime) -> Self {
        self.add_secret(value.into(), Some(expires))
    }

    /// The same with one more certificate, DER.
    #[must_use]
    pub fn with_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(der.into());
        self
    }

    /// The same with more optional claims.
    #[must_use]
    pub fn with_claims(mut self, claims: impl IntoIterator<Item = OptionalClaim>) -> Self {
        self.claims.extend(claims);
        self
    }

    /// The same with application permissions of Microsoft Graph, with admin consent.
    #[must_use]
    pub fn with_permissions<'p>(mut self, names: impl IntoIterator<Item = &'p str>) -> Self {
        let granted = names.into_iter().map(|name| (name.to_owned(), true));
        self.permissions.extend(granted);
        self
    }

    /// The same with a front-channel logout URL.
    #[must_use]
    pub fn with_front_channel_logout_url(mut self, url: impl Into<String>) -> Self {
        self.front_channel_logout_url = Some(url.into());
        self
    }

    /// The same with a home page URL.
    #[must_use]
    pub fn with_home_page_url(mut self, url: impl Into<String>) -> Self {
        self.home_page_url = Some(url.into());
        self
    }

    /// The same with another variant.
    #[must_use]
    pub fn with_variant(mut self, variant: OidcVariant) -> Self {
        self.variant = variant;
        self
    }

    /// The same with a last change of each ID token.
    #[must_use]
    pub fn with_change(
        mut self,
        change: impl Fn(&mut super::IdTokenSpec) + Send + Sync + 'static,
    ) -> Self {
        self.change = Some(IdTokenChange::new(change));
        self
    }

    fn add_secret(mut self, value: String, expires: Option<OffsetDateTime>) -> Self {
        self.secrets.push(OidcSecret {
            id: guid_from("secret", &value),
            description: "Test".to_owned(),
            value,
            expires,
        });
        self
    }
}

/// The same text, the same GUID.
fn guid_from(kind: &str, text: &str) -> String {
    let digest = openssl::sha::sha256(format!("{kind} {text}").as_bytes());
    let mut hex = String::with_capacity(32);
    for octet in &digest[..16] {
        let _ = write!(hex, "{octet:02x}");
    }
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
