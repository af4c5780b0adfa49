//! The pages of a company's site for people, one context for each template.
//!
//! Invariants: everything that comes from outside is escaped by the template; a page works without JavaScript; no page holds
//! inline style or script. Every context has a `sample()`, and one test renders them all.

use askama::Template;

use crate::http::pages::{Frame, Moment};
use crate::http::send_off::MessageField;

/// The choice of connections and the password form; either may be missing.
#[derive(Debug, Template)]
#[template(path = "front/sign_in.html")]
pub(crate) struct SignInForms {
    pub frame: Frame,
    /// Who is signed in already in this browser.
    pub signed_in: Option<AlreadySignedIn>,
    /// Something that went wrong before, such as a wrong password.
    pub notice: Option<String>,
    /// The enabled connections, in sort order.
    pub choices: Vec<ConnectionChoice>,
    /// Where a visitor may go after finding the connection by e-mail address; none where no connection has a domain.
    pub discovery: Option<Discovery>,
    pub password: Option<PasswordForm>,
}

/// Who is signed in already, and the way on for them.
#[derive(Debug)]
pub(crate) struct AlreadySignedIn {
    pub email: String,
    /// The company's landing page.
    pub landing: String,
}

/// One way to sign in.
#[derive(Debug)]
pub(crate) struct ConnectionChoice {
    pub display_name: String,
    /// The start of this sign-in, on this site.
    pub href: String,
}

/// The field that finds the connection by the domain of an e-mail address.
#[derive(Debug)]
pub(crate) struct Discovery {
    pub return_to: Option<String>,
}

/// The form for local users.
#[derive(Debug)]
pub(crate) struct PasswordForm {
    pub action: String,
    pub csrf: String,
    /// What was typed before, so that it need not be typed again.
    pub email: String,
    pub return_to: Option<String>,
}

/// The landing page of a company without an application.
#[derive(Debug, Template)]
#[template(path = "front/home.html")]
pub(crate) struct SignedInPage {
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
    /// The applications that the user may use.
    pub tiles: Vec<Tile>,
    /// The application that the company's sign-ins may lead to: its address, and its host.
    pub application: Option<(String, String)>,
    pub csrf: String,
}

/// The hub's page, which asks for the company by an e-mail address (rule R40).
#[derive(Debug, Template)]
#[template(path = "front/which_company.html")]
pub(crate) struct WhichCompany {
    pub frame: Frame,
    /// The application that is opened.
    pub application: Option<String>,
    /// The hand-over on its way.
    pub state: Option<String>,
    /// What was typed before.
    pub email: String,
    pub notice: Option<String>,
}

/// An application on the launch page.
#[derive(Debug)]
pub(crate) struct Tile {
    pub name: String,
    pub description: String,
    pub href: String,
}

impl Tile {
    /// What stands in the place of an icon.
    pub(crate) fn initial(&self) -> String {
        let first = self.name.chars().find(|c| c.is_alphanumeric());
        first
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }
}

/// Sends a message to our own address once more, so that the browser's cookies come with it (rule E2).
#[derive(Debug, Template)]
#[template(path = "front/repost.html")]
pub(crate) struct Repost {
    pub frame: Frame,
    pub action: String,
    pub message: MessageField,
    /// The message in base64.
    pub encoded: String,
    pub relay_state: Option<String>,
    /// What the page says beside the message.
    pub handle: String,
}

/// Sends an answer of OpenID Connect once more, from our own site (rule L5).
#[derive(Debug, Template)]
#[template(path = "front/repost_answer.html")]
pub(crate) struct RepostAnswer {
    pub frame: Frame,
    pub fields: Vec<(String, String)>,
}

/// A sign-in does not begin inside another page.
#[derive(Debug, Template)]
#[template(path = "front/framed_start.html")]
pub(crate) struct FramedStart {
    pub frame: Frame,
    pub address: String,
}

/// Asks before signing out.
#[derive(Debug, Template)]
#[template(path = "front/sign_out.html")]
pub(crate) struct SignOutPage {
    pub frame: Frame,
    pub email: String,
    pub csrf: String,
}

/// After signing out.
#[derive(Debug, Template)]
#[template(path = "front/signed_out.html")]
pub(crate) struct SignedOutPage {
    pub frame: Frame,
    pub reach: SignOutReach,
}

/// How far a sign-out went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignOutReach {
    /// This site; the identity provider was not asked.
    Here,
    /// The identity provider says: everywhere.
    Everywhere,
    /// This site; the identity provider was asked and did not confirm.
    Unconfirmed,
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
