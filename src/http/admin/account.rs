//! Account Settings, Company: the name, and the addresses that nobody here can change.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Console, ConsoleForm, ConsoleFrame, Section, corrected, done_then};
use crate::admin::{Problems, Refused};
use crate::http::edge::Routes;
use crate::http::error::Error;
use crate::http::response::Page;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/account", get(show).post(save))
}

#[derive(Debug, Template)]
#[template(path = "admin/account.html")]
struct Account {
    frame: ConsoleFrame,
    name: String,
    problems: Problems,
    slug: String,
    origins: Vec<String>,
    landing: Option<String>,
}

/// `GET /admin/account`
async fn show(console: Console) -> Response {
    let name = console.site.company.name.clone();
    Page::new(page(&console, name, Problems::default())).into_response()
}

#[derive(Debug, Deserialize)]
struct Fields {
    name: String,
}

/// `POST /admin/account`
async fn save(ConsoleForm(console, fields): ConsoleForm<Fields>) -> Result<Response, Error> {
    match console.admin().rename_company(&fields.name).await {
        Ok(()) => {
            console.changed().await?;
            done_then(
                &console,
                "/admin/account",
                "Saved.",
                ("/sign-in", "Look at the sign-in page"),
            )
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            Ok(corrected(page(&console, fields.name, refused.problems())).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn page(console: &Console, name: String, problems: Problems) -> Account {
    let company = &console.site.company;
    Account {
        frame: console.frame(Section::Account, "Company"),
        name,
        problems,
        slug: company.slug.to_string(),
        origins: company.origins().map(ToString::to_string).collect(),
        landing: company.landing.clone(),
    }
}
