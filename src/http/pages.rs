//! The pages of a company's site, one context for each template.
//!
//! Invariants: everything that comes from outside is escaped by the template; a page works without JavaScript; no page holds
//! inline style or script. Every context has a `sample()`, and one test renders them all.

use askama::Template;
use time::OffsetDateTime;
use time::macros::format_description;

use super::assets;
use super::logo::LogoView as Logo;
use crate::domain::Company;

/// What stands around every page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The company whose site this is. None when the request names no site.
    pub company: Option<String>,
    /// Its logo, in the place of its name.
    pub logo: Option<Logo>,
    /// What the addresses of the page's parts begin with: nothing on a company's site.
    pub base: &'static str,
}

impl Frame {
    /// The frame of a company's site.
    pub fn of(company: &Company) -> Self {
        Self {
            company: Some(company.name.clone()),
            logo: Logo::on_page(company),
            base: "",
        }
    }

    /// The frame of a page on an application's host.
    pub fn at_application(base: &'static str) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    /// The frame of a company without a logo.
    #[cfg(test)]
    pub(crate) fn named(company: &str) -> Self {
        Self {
            company: Some(company.to_owned()),
            logo: None,
            base: "",
        }
    }

    pub(crate) fn initial(&self) -> String {
        let first = self
            .company
            .as_deref()
            .and_then(|name| name.chars().find(|c| c.is_alphanumeric()));
        first
            .map(|c| c.to_uppercase().collect())
            .unwrap_or_default()
    }

    pub(crate) fn stylesheet(&self) -> String {
        format!("{}{}", self.base, assets::stylesheet().path())
    }

    pub(crate) fn script(&self) -> String {
        format!("{}{}", self.base, assets::script().path())
    }

    pub(crate) fn icon(&self) -> String {
        format!("{}{}", self.base, assets::icon().path())
    }
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

/// What happened, what to do next, and the code under which the record of a sign-in is found.
#[derive(Debug, Template)]
#[template(path = "http/error.html")]
pub struct FailurePage {
    pub frame: Frame,
    pub title: String,
    pub what: String,
    /// What the reader can do, most likely first.
    pub next: Vec<String>,
    pub code: Option<String>,
    pub link: Option<Link>,
    /// One more, for who meant something else.
    pub other_link: Option<Link>,
}

impl FailurePage {
    /// A page that says what happened and what to do next, without a code.
    pub fn notice(
        frame: Frame,
        title: &str,
        what: String,
        next: &[&str],
        link: Option<Link>,
    ) -> Self {
        Self {
            frame,
            title: title.to_owned(),
            what,
            next: next.iter().map(|text| (*text).to_owned()).collect(),
            code: None,
            link,
            other_link: None,
        }
    }
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

    /// To the identity provider, which asks for the account.
    pub fn another_account(href: &str) -> Self {
        Self {
            href: href.to_owned(),
            text: "Use another account".to_owned(),
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
