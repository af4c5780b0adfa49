//! What every page of the console says on top, until it is settled.

use time::OffsetDateTime;

use super::Console;
use super::connection::{certificate_days, versions};
use super::people::directory_groups;
use crate::domain::Usage;
use crate::http::error::Error;
use crate::site::Site;
use crate::store::CompanyNotices;

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

/// What the page of a path says on top. Asked for by every one: it has to be quick.
pub(super) async fn load_banners(console: &mut Console, path: &str) -> Result<(), Error> {
    let (me, now) = (&console.me.user, console.now());
    let store = &console.app.desk;
    let standing = store
        .standing(console.company(), me.id, me.created_at, now)
        .await?;
    let mut all = directory_groups::banners(console).await?;
    all.extend(banners(&console.site, now, &standing, path));
    console.banners = all.into();
    console.break_glass = standing.ways_in;
    Ok(())
}

fn banners(site: &Site, now: OffsetDateTime, standing: &CompanyNotices, path: &str) -> Vec<Banner> {
    let mut banners = certificate_days::banners(site, now);
    let told = standing.usage.iter().filter(|usage| usage.is_told());
    banners.extend(
        told.filter(|usage| path == "/admin" || path.starts_with(usage.family.page()))
            .map(of_quota),
    );
    if standing.ways_in == 0 {
        banners.push(Banner {
            tone: Tone::Warn,
            text: "No administrator can sign in without single sign-on. When it fails, only the operator of this server can help. Give an administrator a password.".to_owned(),
            link: Some(("/admin/users".to_owned(), "Users & Permissions".to_owned())),
        });
    }
    banners.extend(standing.unread_trust.iter().map(versions::banner));
    banners
}

/// A quota that is nearly used up, or is.
fn of_quota(usage: &Usage) -> Banner {
    let family = usage.family;
    Banner {
        tone: if usage.is_full() {
            Tone::Bad
        } else {
            Tone::Warn
        },
        text: format!(
            "{} {}, or ask the operator of this server for more.",
            usage.sentence(),
            family.clean()
        ),
        link: Some((family.page().to_owned(), "Make room".to_owned())),
    }
}
