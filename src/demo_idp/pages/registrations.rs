//! The pages of "App registrations". They have Entra's names of pages, fields and buttons.

use super::{IdpFrame, ShownSetting, VariantOption};
use crate::demo_idp::OidcApp;
use askama::Template;

/// The list.
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/list.html")]
pub(in crate::demo_idp) struct RegistrationsPage {
    pub(in crate::demo_idp) frame: IdpFrame,
    pub(in crate::demo_idp) registrations: Vec<RegistrationRow>,
}

#[derive(Debug)]
pub(in crate::demo_idp) struct RegistrationRow {
    pub(in crate::demo_idp) name: String,
    pub(in crate::demo_idp) client_id: String,
}

/// "Register an application".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/new.html")]
pub(in crate::demo_idp) struct NewRegistrationPage {
    pub(in crate::demo_idp) frame: IdpFrame,
    pub(in crate::demo_idp) name: String,
    pub(in crate::demo_idp) redirect_uri: String,
    pub(in crate::demo_idp) error: Option<String>,
}

/// What stands above each page of one registration.
#[derive(Debug)]
pub(in crate::demo_idp) struct RegistrationHead {
    pub(in crate::demo_idp) frame: IdpFrame,
    pub(in crate::demo_idp) name: String,
    pub(in crate::demo_idp) client_id: String,
    pub(in crate::demo_idp) tab: RegistrationTab,
    pub(in crate::demo_idp) saved: bool,
    pub(in crate::demo_idp) error: Option<String>,
}

/// One of the pages of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo_idp) enum RegistrationTab {
    Overview,
    Branding,
    Authentication,
    Credentials,
    TokenConfiguration,
    Permissions,
    Variants,
}

/// "Overview".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/overview.html")]
pub(in crate::demo_idp) struct RegistrationOverviewPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) essentials: Vec<ShownSetting>,
    pub(in crate::demo_idp) endpoints: Vec<ShownSetting>,
}

/// "Authentication".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/authentication.html")]
pub(in crate::demo_idp) struct RegistrationAuthenticationPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) redirect_uris: String,
    pub(in crate::demo_idp) logout_url: String,
}

/// "Certificates & secrets".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/credentials.html")]
pub(in crate::demo_idp) struct RegistrationCredentialsPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) secrets: Vec<SecretRow>,
    pub(in crate::demo_idp) certificates: Vec<RegisteredCertificate>,
    pub(in crate::demo_idp) periods: Vec<(u16, &'static str)>,
}

#[derive(Debug)]
pub(in crate::demo_idp) struct SecretRow {
    pub(in crate::demo_idp) description: String,
    pub(in crate::demo_idp) expires: String,
    /// The whole value on the page that made it, its beginning afterwards.
    pub(in crate::demo_idp) value: String,
    pub(in crate::demo_idp) is_shown: bool,
    pub(in crate::demo_idp) id: String,
}

#[derive(Debug)]
pub(in crate::demo_idp) struct RegisteredCertificate {
    pub(in crate::demo_idp) thumbprint: String,
    pub(in crate::demo_idp) start: String,
    pub(in crate::demo_idp) expires: String,
}

/// "Token configuration".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/token_configuration.html")]
pub(in crate::demo_idp) struct RegistrationClaimsPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) claims: Vec<ClaimTick>,
}

#[derive(Debug)]
pub(in crate::demo_idp) struct ClaimTick {
    pub(in crate::demo_idp) name: &'static str,
    pub(in crate::demo_idp) is_sent: bool,
}

/// "API permissions".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/permissions.html")]
pub(in crate::demo_idp) struct RegistrationPermissionsPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) permissions: Vec<PermissionRow>,
}

#[derive(Debug)]
pub(in crate::demo_idp) struct PermissionRow {
    pub(in crate::demo_idp) name: &'static str,
    pub(in crate::demo_idp) description: &'static str,
    pub(in crate::demo_idp) is_added: bool,
    pub(in crate::demo_idp) is_granted: bool,
}

/// "Branding & properties".
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/branding.html")]
pub(in crate::demo_idp) struct RegistrationBrandingPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) home_page_url: String,
}

/// The test variants, which Entra does not have.
#[derive(Debug, Template)]
#[template(path = "demo_idp/registrations/variants.html")]
pub(in crate::demo_idp) struct RegistrationVariantsPage {
    pub(in crate::demo_idp) head: RegistrationHead,
    pub(in crate::demo_idp) variants: Vec<VariantOption>,
}

impl RegistrationHead {
    pub(in crate::demo_idp) fn new(frame: IdpFrame, app: &OidcApp, tab: RegistrationTab) -> Self {
        Self {
            frame,
            name: app.name.clone(),
            client_id: app.client_id.clone(),
            tab,
            saved: false,
            error: None,
        }
    }

    fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        RegistrationTab::ALL
            .into_iter()
            .map(|tab| (tab.path(&self.client_id), tab.title(), tab == self.tab))
            .collect()
    }
}

impl RegistrationTab {
    const ALL: [Self; 7] = [
        Self::Overview,
        Self::Branding,
        Self::Authentication,
        Self::Credentials,
        Self::TokenConfiguration,
        Self::Permissions,
        Self::Variants,
    ];

    pub(in crate::demo_idp) fn path(self, client_id: &str) -> String {
        let page = match self {
            Self::Overview => return format!("/registrations/{client_id}"),
            Self::Branding => "branding",
            Self::Authentication => "authentication",
            Self::Credentials => "credentials",
            Self::TokenConfiguration => "token-configuration",
            Self::Permissions => "permissions",
            Self::Variants => "variants",
        };
        format!("/registrations/{client_id}/{page}")
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Branding => "Branding & properties",
            Self::Authentication => "Authentication",
            Self::Credentials => "Certificates & secrets",
            Self::TokenConfiguration => "Token configuration",
            Self::Permissions => "API permissions",
            Self::Variants => "Test variants",
        }
    }
}
