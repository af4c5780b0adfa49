//! One application: what the operator says of it, and who of the company may use it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::applications::{Who, href, who};
use crate::admin::{CompanyApplication, Problems, Refused};
use crate::console::people::words::{group_items, id};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Section, tell_at_with, unprocessable_page,
};
use crate::domain::{AllowedUsers, ApplicationName, GroupId};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

/// What the form sends for everybody, and for some groups.
const EVERYBODY: &str = "everybody";
const GROUPS: &str = "groups";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/applications/{name}", get(show).post(save))
}

#[derive(Debug, Template)]
#[template(path = "console/company/application.html")]
struct ApplicationPage {
    frame: ConsoleFrame,
    href: String,
    description: String,
    who: Who,
    origins: Vec<String>,
    audience: String,
    /// The permission groups that it is told of.
    told: Vec<String>,
    /// What it is told, and the header that says it.
    headers: Vec<(&'static str, String)>,
    version: String,
    for_everybody: bool,
    groups: Vec<Item>,
    problems: Problems,
    changed: Option<AccessConflict>,
}

/// Somebody else said it first.
#[derive(Debug)]
struct AccessConflict {
    by: String,
    at: Moment,
}

#[derive(Debug, Deserialize)]
struct AccessForm {
    version: String,
    who: String,
    #[serde(default)]
    group: Vec<String>,
}

impl AccessForm {
    fn allowed(&self) -> Result<AllowedUsers, Error> {
        match self.who.as_str() {
            EVERYBODY => Ok(AllowedUsers::Everybody),
            GROUPS => {
                let groups: Result<Vec<GroupId>, Error> =
                    self.group.iter().map(|text| id(text)).collect();
                Ok(AllowedUsers::Groups(groups?))
            }
            _ => Err(Error::BadRequest(
                "Say whether everybody may use the application.".into(),
            )),
        }
    }
}

/// `GET /admin/applications/{name}`
async fn show(console: Console, Path(name): Path<String>) -> Result<Response, Error> {
    let it = found(&console, &name).await?;
    Ok(Page::new(ApplicationPage::of(&console, it, None).await?).into_response())
}

/// `POST /admin/applications/{name}`
async fn save(
    Path(name): Path<String>,
    ConsoleForm(console, form): ConsoleForm<AccessForm>,
) -> Result<Response, Error> {
    let it = found(&console, &name).await?;
    let wanted = form.allowed()?;
    let admin = console.admin();
    let id = it.application.id;
    match admin.set_allowed(id, &form.version, &wanted).await {
        Ok(_) => {
            console.changed().await?;
            tell_at_with(
                &console,
                &href(&it.application),
                "Saved.",
                ("/admin/applications", "All applications"),
            )
        }
        Err(refused @ Refused::Invalid(_)) => {
            let mut page = ApplicationPage::of(&console, it, Some(&wanted)).await?;
            page.version = form.version;
            page.problems = refused.problems();
            Ok(unprocessable_page(page).into_response())
        }
        Err(Refused::Changed { by, at }) => {
            let now = found(&console, &name).await?;
            let mut page = ApplicationPage::of(&console, now, Some(&wanted)).await?;
            let at = at.into();
            page.changed = Some(AccessConflict { by, at });
            Ok(Page::new(page)
                .with_status(StatusCode::CONFLICT)
                .into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// The application of a name in an address; another company's is not there.
async fn found(console: &Console, name: &str) -> Result<CompanyApplication, Error> {
    let name: ApplicationName = id(name)?;
    Ok(console.admin().application_named(&name).await?)
}

impl ApplicationPage {
    /// With what was chosen in place of what is there.
    async fn of(
        console: &Console,
        it: CompanyApplication,
        chosen: Option<&AllowedUsers>,
    ) -> Result<Self, Error> {
        let groups = console.app.desk.groups(console.company()).await?;
        let chosen = chosen.unwrap_or(&it.allowed);
        let mut items = group_items(&groups, "");
        if let AllowedUsers::Groups(ids) = chosen {
            for (item, group) in items.iter_mut().zip(&groups) {
                item.chosen = ids.contains(&group.id);
            }
        }
        let settings = &it.application.settings;
        let headers = settings.header_names().into_iter();
        let headers = headers.map(|(word, header)| (told_by(word), header.to_owned()));
        Ok(Self {
            frame: console.frame(Section::Applications, it.application.display_name.as_str()),
            href: href(&it.application),
            who: who(&it.allowed, &groups),
            origins: settings.origins_of(console.site.company.slug.as_str()),
            audience: settings.audience(),
            headers: headers.collect(),
            version: it.version(),
            for_everybody: *chosen == AllowedUsers::Everybody,
            groups: items,
            problems: Problems::default(),
            changed: None,
            told: it.application.settings.groups,
            description: it.application.settings.description,
        })
    }
}

/// What a header tells, for people.
fn told_by(word: &str) -> &'static str {
    match word {
        "user" => "Identifier of the user",
        "email" => "E-mail",
        "name" => "Name",
        "groups" => "Permission groups",
        "groups_omitted" => "How many groups did not fit",
        "company" => "Short name of the company",
        _ => "All of it, signed (a token)",
    }
}
