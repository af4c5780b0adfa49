//! Account Settings, Company: what is the company's own, and the addresses that nobody here can change.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::address_list::{AddressGroup, address_groups};
use crate::admin::{OWN_SETTINGS, Problems, Refused};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Section, tell_at_with, unprocessable_page,
};
use crate::domain::Company;
use crate::http::error::Error;
use crate::http::logo::LogoView as Logo;
use crate::http::pages::Moment;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/account", get(show).post(save))
}

/// The settings by key, as the form shows them: nothing where there is none.
#[derive(Debug, Default)]
struct CompanyFields(BTreeMap<&'static str, String>);

impl CompanyFields {
    fn of(company: &Company) -> Self {
        let shown = OWN_SETTINGS.into_iter().filter_map(|key| {
            let value = company.value(key).filter(|value| value != "none");
            Some((key, value?))
        });
        Self(shown.collect())
    }
}

#[derive(Debug, Template)]
#[template(path = "console/company/account.html")]
pub(super) struct CompanyPage {
    frame: ConsoleFrame,
    values: CompanyFields,
    version: String,
    problems: Problems,
    /// Who saved the page first, and when.
    changed: Option<(String, Moment)>,
    logo: Option<(Logo, String)>,
    slug: String,
    origins: Vec<String>,
    return_origins: Vec<String>,
    addresses: Vec<AddressGroup>,
}

impl CompanyPage {
    fn text(&self, key: &str) -> &str {
        self.values.0.get(key).map_or("", String::as_str)
    }
}

/// `GET /admin/account`
async fn show(console: Console) -> Result<Response, Error> {
    let (company, version) = console.admin().company_settings().await?;
    let values = CompanyFields::of(&company);
    Ok(Page::new(page(&console, &company, values, version)).into_response())
}

/// `POST /admin/account`
async fn save(
    ConsoleForm(console, fields): ConsoleForm<BTreeMap<String, String>>,
) -> Result<Response, Error> {
    let version = fields.get("version").map(String::as_str);
    let own = |key: &&'static str| fields.contains_key(*key);
    let mut pairs: Vec<(&'static str, &str)> = OWN_SETTINGS
        .into_iter()
        .filter(own)
        .map(|key| (key, fields[key].trim()))
        .filter(|(key, _)| *key != "encrypted_assertions")
        .collect();
    // A box that is not ticked is not sent, so that it says something on the whole form only.
    if version.is_some() {
        let ticked = fields.contains_key("encrypted_assertions");
        pairs.push((
            "encrypted_assertions",
            if ticked { "true" } else { "false" },
        ));
    }
    let admin = console.admin();
    let refused = match admin.set_company(version, &pairs).await {
        Ok(()) => {
            console.changed().await?;
            let next = ("/sign-in", "Look at the sign-in page");
            return tell_at_with(&console, "/admin/account", "Saved.", next);
        }
        Err(refused) => refused,
    };
    let (company, now) = admin.company_settings().await?;
    let mut values = CompanyFields::of(&company);
    let typed = pairs.iter().map(|(key, value)| (*key, (*value).to_owned()));
    values.0.extend(typed);
    match refused {
        Refused::Changed { by, at } => Ok(Page::new(CompanyPage {
            changed: Some((by, at.into())),
            ..page(&console, &company, values, now)
        })
        .with_status(StatusCode::CONFLICT)
        .into_response()),
        refused @ (Refused::Invalid(_) | Refused::Taken(_)) => {
            Ok(unprocessable_page(CompanyPage {
                problems: refused.problems(),
                ..page(&console, &company, values, now)
            })
            .into_response())
        }
        other => Err(other.into()),
    }
}

/// The page as it is stored, with what is wrong with another of its forms.
pub(super) async fn unchanged(console: &Console, problems: Problems) -> Result<CompanyPage, Error> {
    let (company, version) = console.admin().company_settings().await?;
    Ok(CompanyPage {
        problems,
        ..page(console, &company, CompanyFields::of(&company), version)
    })
}

/// What a logo is, for people.
fn facts(logo: &crate::domain::Logo) -> String {
    let picture = logo.picture;
    format!(
        "{}, {} × {} pixels, {} KiB",
        picture.kind.name(),
        picture.width,
        picture.height,
        logo.octets.div_euclid(1024) + 1
    )
}

fn page(
    console: &Console,
    company: &Company,
    values: CompanyFields,
    version: String,
) -> CompanyPage {
    let allowed = company.return_origins.iter();
    CompanyPage {
        frame: console.frame(Section::Account, "Company"),
        values,
        version,
        problems: Problems::default(),
        changed: None,
        logo: Logo::on_page(company).zip(company.logo.as_ref().map(facts)),
        slug: company.slug.to_string(),
        origins: company.origins().map(ToString::to_string).collect(),
        return_origins: allowed.map(ToString::to_string).collect(),
        addresses: address_groups(console, company),
    }
}
