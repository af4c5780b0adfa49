//! The applications that serve the company, and who may use each.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::admin::titles_of;
use crate::console::{Console, ConsoleFrame, Section};
use crate::domain::{AllowedUsers, Application, Group};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) const HREF: &str = "/admin/applications";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route(HREF, get(show))
}

#[derive(Debug, Template)]
#[template(path = "console/company/applications.html")]
struct ApplicationsPage {
    frame: ConsoleFrame,
    rows: Vec<ApplicationLine>,
}

#[derive(Debug)]
struct ApplicationLine {
    href: String,
    name: String,
    description: String,
    /// The first of its origins.
    opens: String,
    who: Who,
}

/// Who may use an application, for people.
#[derive(Debug)]
pub(super) struct Who {
    pub(super) text: String,
    pub(super) is_nobody: bool,
}

/// `GET /admin/applications`
async fn show(console: Console) -> Result<Response, Error> {
    let all = console.admin().applications().await?;
    let groups = console.app.desk.groups(console.company()).await?;
    let rows = all.into_iter().map(|it| ApplicationLine {
        href: href(&it.application),
        opens: opens(&console, &it.application),
        who: who(&it.allowed, &groups),
        name: it.application.display_name,
        description: it.application.settings.description,
    });
    Ok(Page::new(ApplicationsPage {
        rows: rows.collect(),
        frame: console.frame(Section::Applications, "Applications"),
    })
    .into_response())
}

/// The page of one of them.
pub(super) fn href(application: &Application) -> String {
    format!("{HREF}/{}", application.name)
}

fn opens(console: &Console, application: &Application) -> String {
    let slug = console.site.company.slug.as_str();
    let origins = application.settings.origins_of(slug).into_iter();
    origins.take(1).collect()
}

pub(super) fn who(allowed: &AllowedUsers, groups: &[Group]) -> Who {
    match allowed {
        AllowedUsers::Everybody => Who {
            text: "Everybody".to_owned(),
            is_nobody: false,
        },
        AllowedUsers::Groups(ids) if ids.is_empty() => Who {
            text: "Nobody".to_owned(),
            is_nobody: true,
        },
        AllowedUsers::Groups(ids) => Who {
            text: titles_of(ids, groups).join(", "),
            is_nobody: false,
        },
    }
}
