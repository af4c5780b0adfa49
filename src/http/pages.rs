//! The pages of a company's site, one context for each template.
//!
//! Invariants: everything that comes from outside is escaped by the template; a page works without JavaScript; no page holds
//! inline style or script. Every context has a `sample()`, and one test renders them all.

use askama::Template;
use time::OffsetDateTime;
use time::macros::format_description;

use super::assets;
use super::logo::Shown as Logo;
use crate::domain::Company;

/// What stands around every page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The company whose site this is. None when the request names no site.
    pub company: Option<String>,
    /// Its logo, in the place of its name.
    pub logo: Option<Logo>,
}

impl Frame {
    /// The frame of a company's site.
    pub fn of(company: &Company) -> Self {
        Self {
            company: Some(company.name.clone()),
            logo: Logo::on_page(company),
        }
    }

    /// The frame of a company without a logo.
    #[cfg(test)]
    pub(super) fn named(company: &str) -> Self {
        Self {
            company: Some(company.to_owned()),
            logo: None,
        }
    }

    pub(super) fn initial(&self) -> String {
        let first = self
            .company
            .as_deref()
            .and_then(|name| name.chars().find(|c| c.is_alphanumeric()));
        first
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }

    #[expect(
        clippy::unused_self,
        reason = "templates reach the names of assets through their frame"
    )]
    pub(super) fn stylesheet(&self) -> &'static str {
        assets::stylesheet().path()
    }

    #[expect(
        clippy::unused_self,
        reason = "templates reach the names of assets through their frame"
    )]
    pub(super) fn script(&self) -> &'static str {
        assets::script().path()
    }

    #[expect(
        clippy::unused_self,
        reason = "templates reach the names of assets through their frame"
    )]
    pub(super) fn icon(&self) -> &'static str {
        assets::icon().path()
    }
}

/// The choice of connections and the password form; either may be missing.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub frame: Frame,
    /// Who is signed in already in this browser.
    pub signed_in: Option<AlreadySignedIn>,
    /// Something that went wrong before, such as a wrong password.
    pub notice: Option<String>,
    /// The enabled connections, in sort order.
    pub choices: Vec<Choice>,
    /// Where a visitor may go after finding the connection by e-mail address; none where no connection has a domain.
    pub discovery: Option<Discovery>,
    pub password: Option<PasswordForm>,
}

/// Who is signed in already, and the way on for them.
#[derive(Debug)]
pub struct AlreadySignedIn {
    pub email: String,
    /// The company's landing page.
    pub landing: String,
}

/// One way to sign in.
#[derive(Debug)]
pub struct Choice {
    pub display_name: String,
    /// The start of this sign-in, on this site.
    pub href: String,
}

/// The field that finds the connection by the domain of an e-mail address.
#[derive(Debug)]
pub struct Discovery {
    pub return_to: Option<String>,
}

/// The form for local users.
#[derive(Debug)]
pub struct PasswordForm {
    pub action: String,
    pub csrf: String,
    /// What was typed before, so that it need not be typed again.
    pub email: String,
    pub return_to: Option<String>,
}

/// The landing page of a company without an application.
#[derive(Debug, Template)]
#[template(path = "signed_in.html")]
pub struct SignedIn {
    pub frame: Frame,
    /// Whether to show the way into the console.
    pub is_administrator: bool,
    pub name: String,
    pub email: String,
    pub company_name: Option<String>,
    pub groups: Vec<String>,
    /// The display name of the connection, or "Password".
    pub connection: String,
    pub since: Moment,
    pub expires_at: Moment,
    /// The application that the company's sign-ins may lead to: its address, and its host.
    pub application: Option<(String, String)>,
    pub csrf: String,
}

/// A time, as people and as machines read it.
#[derive(Debug)]
pub struct Moment {
    pub text: String,
    pub machine: String,
}

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        let at = at.to_offset(time::UtcOffset::UTC);
        let text =
            format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
        let machine = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        // Neither description can fail on a whole date and time.
        Self {
            text: at.format(text).unwrap_or_default(),
            machine: at.format(machine).unwrap_or_default(),
        }
    }
}

/// Sends a SAML message to an identity provider (Bindings 3.5).
#[derive(Debug, Template)]
#[template(path = "post_binding.html")]
pub struct PostBinding {
    pub frame: Frame,
    pub destination: String,
    /// The display name of the connection.
    pub destination_name: String,
    pub message: MessageField,
    /// The message in base64.
    pub encoded: String,
    pub relay_state: Option<String>,
}

/// The form field of a SAML message (Bindings 3.5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageField {
    Request,
    Response,
}

impl MessageField {
    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// Sends a message to our own address once more, so that the browser's cookies come with it (rule E2).
#[derive(Debug, Template)]
#[template(path = "repost.html")]
pub struct Repost {
    pub frame: Frame,
    pub action: String,
    pub message: MessageField,
    /// The message in base64.
    pub encoded: String,
    pub relay_state: Option<String>,
    /// What the page says beside the message.
    pub handle: String,
}

/// Asks before signing out.
#[derive(Debug, Template)]
#[template(path = "sign_out.html")]
pub struct SignOut {
    pub frame: Frame,
    pub email: String,
    pub csrf: String,
}

/// After signing out.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    pub frame: Frame,
    pub reach: Reach,
}

/// How far a sign-out went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This site; the identity provider was not asked.
    Here,
    /// The identity provider says: everywhere.
    Everywhere,
    /// This site; the identity provider was asked and did not confirm.
    Unconfirmed,
}

/// What happened, what to do next, and the code under which the record of a sign-in is found.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct Failure {
    pub frame: Frame,
    pub title: String,
    pub what: String,
    /// What the reader can do, most likely first.
    pub next: Vec<String>,
    pub code: Option<String>,
    pub link: Option<Link>,
}

/// The way on from a page.
#[derive(Debug)]
pub struct Link {
    pub href: String,
    pub text: String,
}

impl Link {
    /// To the sign-on URL.
    pub fn sign_in() -> Self {
        Self {
            href: "/".to_owned(),
            text: "Go to sign-in".to_owned(),
        }
    }

    /// To the sign-on URL once more.
    pub fn sign_in_again() -> Self {
        Self {
            text: "Sign in again".to_owned(),
            ..Self::sign_in()
        }
    }

    /// To the page of who is signed in.
    pub fn landing() -> Self {
        Self {
            href: "/".to_owned(),
            text: "Go to your page".to_owned(),
        }
    }

    /// To the question whether to sign out.
    pub fn sign_out() -> Self {
        Self {
            href: "/sso/logout".to_owned(),
            text: "Sign out here".to_owned(),
        }
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
