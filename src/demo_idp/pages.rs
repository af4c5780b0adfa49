//! The pages, one context for each template.
//!
//! Invariant: they work without JavaScript, and hold no inline style or script.

pub(super) mod registrations;

use super::{DemoIdp, IdpApp, IdpUser, OidcApp, OidcVariant, Variant, guid};
use crate::saml::binding::PostPage;
use crate::saml::instant;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// What stands around every page.
#[derive(Debug, Clone)]
pub(super) struct IdpFrame {
    pub(super) tenant: String,
    /// Who is signed in, on the pages of the portal.
    pub(super) user: Option<String>,
}

/// The account picker with the password.
#[derive(Debug, Template)]
#[template(path = "demo_idp/sign_in.html")]
pub(super) struct IdpSignInPage {
    pub(super) frame: IdpFrame,
    /// Where the user goes afterwards.
    pub(super) destination: String,
    pub(super) action: String,
    pub(super) flow: String,
    pub(super) accounts: Vec<AccountOption>,
    pub(super) variants: Vec<VariantOption>,
    pub(super) error: Option<String>,
}

#[derive(Debug)]
pub(super) struct AccountOption {
    pub(super) name: String,
    pub(super) principal_name: String,
    pub(super) password: String,
    pub(super) note: Option<&'static str>,
    pub(super) picked: bool,
}

#[derive(Debug)]
pub(super) struct VariantOption {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) picked: bool,
    /// Whether the application has what it takes.
    pub(super) is_possible: bool,
}

/// The form that takes a Response to the application.
#[derive(Template)]
#[template(path = "demo_idp/post.html")]
pub(super) struct Post {
    pub(super) frame: IdpFrame,
    pub(super) app: String,
    pub(super) form: PostPage,
}

/// The form that takes a code to the application.
#[derive(Debug, Template)]
#[template(path = "demo_idp/form_post.html")]
pub(super) struct FormPostPage {
    pub(super) frame: IdpFrame,
    pub(super) app: String,
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

/// What an application asks for.
#[derive(Debug, Template)]
#[template(path = "demo_idp/consent.html")]
pub(super) struct ConsentPage {
    pub(super) frame: IdpFrame,
    pub(super) user: String,
    pub(super) app: String,
    pub(super) permissions: Vec<&'static str>,
    pub(super) action: String,
    pub(super) flow: String,
}

/// Something went wrong, and stays here.
#[derive(Debug, Template)]
#[template(path = "demo_idp/error.html")]
pub(super) struct IdpErrorPage {
    pub(super) frame: IdpFrame,
    pub(super) text: String,
    pub(super) request_id: String,
    pub(super) timestamp: String,
}

/// The tiles.
#[derive(Debug, Template)]
#[template(path = "demo_idp/my_apps.html")]
pub(super) struct MyApps {
    pub(super) frame: IdpFrame,
    pub(super) tiles: Vec<Tile>,
}

#[derive(Debug)]
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) initial: String,
    pub(super) href: String,
    /// Starts an unsolicited sign-in; there is none in OpenID Connect.
    pub(super) launch: Option<String>,
    pub(super) set_up: String,
}

/// "Set up single sign-on with SAML".
#[derive(Debug, Template)]
#[template(path = "demo_idp/set_up.html")]
pub(super) struct IdpSetUpPage {
    pub(super) frame: IdpFrame,
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) saml: Vec<ShownSetting>,
    /// The same, to be changed.
    pub(super) fields: Vec<BasicField>,
    pub(super) basic_action: String,
    pub(super) metadata_action: String,
    /// Whether the application's encryption certificate is there.
    pub(super) is_encrypting: bool,
    pub(super) claims: Vec<ShownSetting>,
    pub(super) certificate: Vec<ShownSetting>,
    pub(super) downloads: Vec<Download>,
    pub(super) urls: Vec<ShownSetting>,
    pub(super) variants: Vec<VariantOption>,
    pub(super) action: String,
    pub(super) saved: bool,
}

#[derive(Debug)]
pub(super) struct ShownSetting {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// Whether somebody will want to paste it somewhere.
    pub(super) copied: bool,
}

/// A field of "Basic SAML Configuration".
#[derive(Debug)]
pub(super) struct BasicField {
    pub(super) label: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) is_required: bool,
}

#[derive(Debug)]
pub(super) struct Download {
    pub(super) label: &'static str,
    pub(super) href: String,
}

/// The end of a session.
#[derive(Debug, Template)]
#[template(path = "demo_idp/signed_out.html")]
pub(super) struct IdpSignedOutPage {
    pub(super) frame: IdpFrame,
    /// The applications' pages that end their sessions.
    pub(super) frames: Vec<String>,
    /// Where the user goes when all of them are there.
    pub(super) next: Option<String>,
}

impl IdpFrame {
    pub(super) fn of(idp: &DemoIdp, user: Option<&IdpUser>) -> Self {
        Self {
            tenant: idp.tenant().name.clone(),
            user: user.map(|user| user.display_name.clone()),
        }
    }
}

impl AccountOption {
    pub(super) fn of(user: &IdpUser, picked: bool) -> Self {
        Self {
            name: user.display_name.clone(),
            principal_name: user.principal_name.clone(),
            password: user.password.clone(),
            note: (!user.assigned).then_some("not assigned to any application"),
            picked,
        }
    }

    fn initial(&self) -> String {
        initial(&self.name)
    }
}

impl VariantOption {
    /// An application without an encryption certificate gets nothing that is encrypted.
    pub(super) fn all(picked: Variant, is_encrypting: bool) -> Vec<Self> {
        let option = |variant: Variant| Self {
            name: variant.name(),
            title: variant.title(),
            picked: variant == picked,
            is_possible: is_encrypting || !variant.encrypts(),
        };
        Variant::ALL.into_iter().map(option).collect()
    }

    pub(super) fn all_oidc(picked: OidcVariant) -> Vec<Self> {
        let option = |variant: OidcVariant| Self {
            name: variant.name(),
            title: variant.title(),
            picked: variant == picked,
            is_possible: true,
        };
        OidcVariant::ALL.into_iter().map(option).collect()
    }
}

impl Tile {
    pub(super) fn of(app: &IdpApp) -> Self {
        let launch = format!("/myapps/launch/{}", app.id);
        Self {
            name: app.name.clone(),
            initial: initial(&app.name),
            href: app.sign_on_url.clone().unwrap_or_else(|| launch.clone()),
            launch: Some(launch),
            set_up: format!("/applications/{}", app.id),
        }
    }

    /// The tile opens the Home page URL; without one there is no tile.
    pub(super) fn of_oidc(app: &OidcApp) -> Option<Self> {
        Some(Self {
            name: app.name.clone(),
            initial: initial(&app.name),
            href: app.home_page_url.clone()?,
            launch: None,
            set_up: format!("/registrations/{}", app.client_id),
        })
    }
}

impl ShownSetting {
    pub(super) fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self {
            label,
            value: value.into(),
            copied: false,
        }
    }

    pub(super) fn copied(label: &'static str, value: impl Into<String>) -> Self {
        Self {
            copied: true,
            ..Self::new(label, value)
        }
    }
}

impl IdpErrorPage {
    pub(super) fn of(idp: &DemoIdp, text: String) -> Self {
        Self {
            frame: IdpFrame::of(idp, None),
            text,
            request_id: guid(idp.random()),
            timestamp: instant::format(idp.now()),
        }
    }
}

/// The page as an answer.
pub(super) fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default()
}
