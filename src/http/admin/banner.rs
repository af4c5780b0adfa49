//! What every page of the console says on top, until it is settled.

use std::sync::Arc;

use super::certificate_days;
use super::versions;
use crate::app::App;
use crate::http::error::Error;
use crate::site::Site;
use crate::store::SignedIn;

/// One sentence, and where to go about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Banner {
    pub(super) tone: Tone,
    pub(super) text: String,
    /// Where to go, and how the link is called.
    pub(super) link: Option<(String, String)>,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Info,
    Warn,
    Bad,
}

impl Tone {
    /// The class in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// The banners of a company, for this administrator. Asked for by every page: it has to be quick.
pub(super) async fn of(app: &Arc<App>, site: &Site, me: &SignedIn) -> Result<Vec<Banner>, Error> {
    let mut banners = certificate_days::banners(site, app.clock.now());
    let (ways_in, versions) = tokio::try_join!(
        async { Ok(app.desk.count_break_glass(site.company.id).await?) },
        versions::banners(app, site, me),
    )?;
    if ways_in == 0 {
        banners.push(Banner {
            tone: Tone::Warn,
            text: "No administrator can sign in without single sign-on. When it fails, only the operator of this server can help. Give an administrator a password.".to_owned(),
            link: Some(("/admin/users".to_owned(), "Users & Permissions".to_owned())),
        });
    }
    banners.extend(versions);
    Ok(banners)
}
