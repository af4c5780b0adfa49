//! A request of a signed-in administrator: what every page of the console begins with.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use time::OffsetDateTime;

use super::flash::Flash;
use super::session_data::SessionData;
use super::{Banner, ConsoleFrame, Section};
use crate::admin::{Actor, Admin};
use crate::app::App;
use crate::domain::CompanyId;
use crate::http::error::Error;
use crate::http::logo::LogoView as Logo;
use crate::http::response::Page;
use crate::site::Site;
use crate::store::SignedIn;

/// An administrator of the company of the host. Only the guard makes one.
#[derive(Debug, Clone)]
pub(super) struct Console {
    pub(super) app: Arc<App>,
    pub(super) site: Arc<Site>,
    pub(super) me: Arc<SignedIn>,
    pub(super) client: Option<IpAddr>,
    /// The token of every form of the console, for as long as the session lasts.
    pub(super) csrf: Arc<str>,
    /// What the pages of the session keep.
    pub(super) data: SessionData,
    /// What the page before this one has done.
    pub(super) flash: Option<Arc<Flash>>,
    pub(super) banners: Arc<[Banner]>,
    /// How many administrators can sign in without single sign-on, where a page is read.
    pub(super) break_glass: i64,
}

impl Console {
    /// The administrator's functions on this company.
    pub(super) fn admin(&self) -> Admin<'_> {
        Admin {
            store: &self.app.desk,
            keys: &self.app.keys,
            company: self.company(),
            actor: Actor {
                name: self.me.user.email.as_str().to_owned(),
                user: Some(self.me.user.id),
                token: None,
                client: self.client,
                over_administrators: true,
                for_good: false,
            },
            now: self.now(),
            once: None,
        }
    }

    pub(super) fn company(&self) -> CompanyId {
        self.site.company.id
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.app.clock.now()
    }

    /// What stands around a page.
    pub(super) fn frame(&self, section: Section, title: impl Into<String>) -> ConsoleFrame {
        ConsoleFrame {
            company: self.site.company.name.clone(),
            logo: Logo::in_console(&self.site.company),
            section,
            title: title.into(),
            email: self.me.user.email.as_str().to_owned(),
            me: format!("/admin/users/{}", self.me.user.id),
            flash: self.flash.as_deref().cloned(),
            banners: self.banners.to_vec(),
            csrf: self.csrf.to_string(),
        }
    }

    /// Makes sure that the pages after this one see what was changed: the site is read again at once.
    pub(super) async fn changed(&self) -> Result<(), Error> {
        Ok(self.app.catch_up().await?)
    }
}

/// A page with the status of a form that was not accepted as it was.
pub(super) fn unprocessable_page<T: askama::Template>(template: T) -> Page<T> {
    Page::new(template).with_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY)
}

/// The same, with the status of what was refused: a field, or what no field is to blame for.
pub(super) fn refusal_page<T: askama::Template>(template: T, obstacle: &str) -> Page<T> {
    if obstacle.is_empty() {
        unprocessable_page(template)
    } else {
        Page::new(template).with_status(axum::http::StatusCode::CONFLICT)
    }
}

impl<S: Sync> FromRequestParts<S> for Console {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            // A route of the console that is not behind the guard.
            .ok_or_else(|| Error::internal("a page of the console without its guard"))
    }
}
