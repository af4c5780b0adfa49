//! The pages at an application's host, one context for each template.
//!
//! Invariant: what comes from outside is escaped by the template, and a page says nothing of the person but to that person.

use askama::Template;

use super::BASE;
use crate::http::pages::{FailurePage, Frame, Link};
use crate::policy::{CheckPage, CheckRefusal};
use crate::site::ReadyApplication;

/// A link that opens the sign-in in the top window (rule Q42).
#[derive(Debug, Template)]
#[template(path = "gate/sign_in_on_top.html")]
struct SignInOnTop {
    frame: Frame,
    application: String,
    sign_in: String,
}

/// Asks whether somebody wants to sign out (rule Q53).
#[derive(Debug, Template)]
#[template(path = "gate/sign_out.html")]
pub(super) struct SignOutPage {
    pub(super) frame: Frame,
    pub(super) application: String,
    pub(super) csrf: String,
}

/// A page that says what happened and what to do next.
pub(super) fn notice(title: &str, what: String, next: &[&str], link: Option<Link>) -> FailurePage {
    FailurePage::notice(Frame::at_application(BASE), title, what, next, link)
}

/// The page of an answer to a check.
pub(super) fn check_page(page: &CheckPage, application: &ReadyApplication) -> String {
    let name = &application.application.display_name;
    let rendered = match page {
        CheckPage::SignInOnTop { sign_in } => SignInOnTop {
            frame: Frame::at_application(BASE),
            application: name.clone(),
            sign_in: sign_in.clone(),
        }
        .render(),
        CheckPage::Forbidden(refusal) => refused(*refusal, name).render(),
        CheckPage::Misconfigured => notice(
            "This application cannot be opened",
            format!("The server in front of {name} is not set up as it must be. Nothing is wrong with your account."),
            &["Tell whoever runs the application. The log of the sign-in server says what to change."],
            None,
        )
        .render(),
        CheckPage::Unavailable => notice(
            "This application cannot be opened now",
            format!("It could not be found out whether you may use {name}. Nothing is wrong with your account."),
            &["Wait a moment, then load the page again."],
            None,
        )
        .render(),
    };
    rendered.unwrap_or_default()
}

/// Why somebody may not (rule Q24).
pub(super) fn refused(refusal: CheckRefusal, name: &str) -> FailurePage {
    match refusal {
        CheckRefusal::NotAllowed => notice(
            "You may not use this application",
            format!("You are signed in, and your company does not let your account use {name}."),
            &[
                "Ask your company's administrator to let one of your permission groups use it.",
                "If you have another account, sign out first and sign in with that one.",
            ],
            Some(Link {
                href: format!("{BASE}/sign-out"),
                text: "Sign out".to_owned(),
            }),
        ),
        CheckRefusal::CrossSite => notice(
            "This request was not accepted",
            format!("Another web site has sent it to {name}. Nothing was done."),
            &["Open the application and do there what you wanted to do."],
            None,
        ),
        CheckRefusal::ForeignSocket => notice(
            "This connection was not accepted",
            format!("A page that is not {name}'s wanted to open it."),
            &["Open the application and do there what you wanted to do."],
            None,
        ),
    }
}
