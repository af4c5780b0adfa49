//! A new SAML connection: from a metadata file, from a metadata URL, or by hand.
//!
//! Invariant: whatever brings a certificate leads to a review first.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::given_metadata::{Given, LARGEST_MIB, Several};
use super::guides::GUIDES;
use super::head::ConnectionTab;
use super::review::{Review, ReviewForm, find_proposal, same_provider};
use super::setting_values::SettingValues;
use crate::admin::{
    ImportChoices, Problems, Proposal, Refused, certificate_findings, connection_name,
    given_certificates, pem,
};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, ConsoleUpload, Item, Section, tell_at, unprocessable_page,
};
use crate::domain::{Connection, Group, GroupKind, Settings};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/new", get(choose).post(import))
        .route("/admin/connections/new/manual", get(manual).post(add))
        .route(CHANGE, post(change))
}

/// Where a review of a new connection goes to become the filled form.
const CHANGE: &str = "/admin/connections/new/manual/change";

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_new.html")]
struct NewConnectionPage {
    frame: ConsoleFrame,
    url: String,
    several: Option<Several>,
    display_name: String,
    jit_groups: Vec<Item>,
    has_groups: bool,
    problems: Problems,
    largest: usize,
    /// The guide for the product that was chosen, and its name.
    guide: Option<(&'static str, &'static str)>,
}

/// Which product the page is for.
#[derive(Debug, Default, Deserialize)]
struct ChosenProduct {
    #[serde(default, rename = "for")]
    word: String,
}

/// `GET /admin/connections/new`
async fn choose(console: Console, Query(chosen): Query<ChosenProduct>) -> Result<Response, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    let page = choice(&console, &groups, None, Problems::default());
    let guide = GUIDES.into_iter().find(|(word, _)| *word == chosen.word);
    Ok(Page::new(NewConnectionPage { guide, ..page }).into_response())
}

fn choice(
    console: &Console,
    groups: &[Group],
    sent: Option<&ConsoleUpload>,
    problems: Problems,
) -> NewConnectionPage {
    let text = |field| sent.map_or("", |sent| sent.text(field)).to_owned();
    NewConnectionPage {
        frame: console.frame(Section::Connections, "New connection"),
        url: text("url"),
        several: None,
        display_name: text("display_name"),
        jit_groups: member_groups(groups, &text("jit_group")),
        has_groups: has_groups(groups),
        problems,
        largest: LARGEST_MIB,
        guide: None,
    }
}

/// Whether there is a group that accounts can be made in.
fn has_groups(groups: &[Group]) -> bool {
    groups.iter().any(|group| group.kind == GroupKind::Member)
}

fn member_groups(groups: &[Group], chosen: &str) -> Vec<Item> {
    let members = groups
        .iter()
        .filter(|group| group.kind == GroupKind::Member);
    let options = members.map(|group| (group.id.to_string(), group.title.clone()));
    let none = "Nobody: only users whom you add can sign in".to_owned();
    Item::list(
        std::iter::once((String::new(), none)).chain(options),
        chosen,
    )
}

/// `POST /admin/connections/new`: shows what the metadata says, and saves nothing.
async fn import(upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let groups = console.app.desk.groups(console.company()).await?;
    let mut given = Given::default();
    let found = match jit(&groups, upload.text("jit_group")) {
        Ok(jit) => match given.read(&upload).await {
            Ok((imported, source)) => {
                let choices = ImportChoices {
                    display_name: upload.text("display_name"),
                    jit,
                    url: given.fetched_from(&upload),
                    ..ImportChoices::default()
                };
                let found = console.admin().import_new(&imported, choices).await;
                found.map(|found| (found, source))
            }
            Err(refused) => Err(refused),
        },
        Err(refused) => Err(refused),
    };
    match found {
        Ok((found, source)) => {
            let lead = format!("This is what the metadata says. {NOTHING_YET}");
            let after = &found.connection;
            review(console, after, &source, lead, found.warnings)
                .page(console)
                .await
        }
        Err(refused @ Refused::Invalid(_)) => {
            let page = NewConnectionPage {
                url: given.url(&upload),
                several: given.several(upload.text("entity_id")),
                ..choice(console, &groups, Some(&upload), refused.problems())
            };
            Ok(unprocessable_page(page).into_response())
        }
        Err(refused) => Err(refused.into()),
    }
}

fn jit(groups: &[Group], chosen: &str) -> Result<Option<crate::domain::GroupId>, Refused> {
    if chosen.is_empty() {
        return Ok(None);
    }
    let group = groups.iter().find(|group| group.id.to_string() == chosen);
    group
        .map(|group| Some(group.id))
        .ok_or_else(|| Refused::invalid("jit_group", "Choose a permission group of this company."))
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_manual.html")]
struct ManualConnectionPage {
    frame: ConsoleFrame,
    values: SettingValues,
    certificate: String,
    /// The proposal that the form began with: what it has no field for stays as it is there.
    proposal: String,
    jit_groups: Vec<Item>,
    has_groups: bool,
    formats: Vec<Item>,
    problems: Problems,
}

impl ManualConnectionPage {
    /// The form for a proposal that was looked at, if it begins with one.
    fn of(mut self, proposal: String) -> Self {
        if !proposal.is_empty() {
            "Change before adding".clone_into(&mut self.frame.title);
        }
        self.proposal = proposal;
        self
    }

    fn text(&self, key: &str) -> &str {
        self.values.text(key)
    }

    fn is_on(&self, key: &str) -> bool {
        self.values.is_on(key)
    }
}

/// `GET /admin/connections/new/manual`
async fn manual(console: Console) -> Result<Response, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    let blank = blank(&console).await?;
    let values = SettingValues::of(&blank);
    let page = form(
        &console,
        &groups,
        values,
        String::new(),
        Problems::default(),
    );
    Ok(Page::new(page).into_response())
}

/// `POST /admin/connections/new/manual/change`: the form, filled in as its review has shown it.
async fn change(ConsoleForm(console, shown): ConsoleForm<ReviewForm>) -> Result<Response, Error> {
    let proposal = shown.proposal(&console).await?;
    if !proposal.is_new() {
        return Err(Error::NotFound);
    }
    let groups = console.app.desk.groups(console.company()).await?;
    let typed = proposal.connection(console.now());
    let certificates = &typed.settings.saml().certificates;
    let page = form(
        &console,
        &groups,
        SettingValues::of(&typed),
        certificates.iter().map(|one| pem(one)).collect(),
        Problems::default(),
    );
    Ok(Page::new(page.of(shown.proposal)).into_response())
}

/// A connection as the form begins with it.
async fn blank(console: &Console) -> Result<Connection, Refused> {
    let admin = console.admin();
    let display_name = "Microsoft Entra ID".to_owned();
    let name = admin.free_name("entra").await?;
    admin.draft(name, display_name, Settings::default()).await
}

fn form(
    console: &Console,
    groups: &[Group],
    values: SettingValues,
    certificate: String,
    problems: Problems,
) -> ManualConnectionPage {
    ManualConnectionPage {
        frame: console.frame(Section::Connections, "New connection by hand"),
        jit_groups: values.jit_groups(groups),
        formats: values.formats(),
        has_groups: has_groups(groups),
        values,
        certificate,
        proposal: String::new(),
        problems,
    }
}

/// `POST /admin/connections/new/manual`
async fn add(upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let admin = console.admin();
    let groups = console.app.desk.groups(console.company()).await?;
    let fields = upload.form::<Vec<(String, String)>>()?;
    // A form that waited for more than an hour begins anew, with what it holds.
    let begun = find_proposal(console, upload.text("proposal")).await?;
    let begun = begun.filter(Proposal::is_new);
    let source = begun.as_ref().and_then(Proposal::source);
    let source = source.unwrap_or("by hand").to_owned();
    let mut blank = match begun {
        Some(proposal) => proposal.connection(console.now()),
        None => blank(console).await?,
    };
    if let Some(saml) = blank.settings.saml_mut() {
        saml.certificates.clear();
    }
    let values = SettingValues::of(&blank).with(fields);
    let filled = |values, certificate: &str, problems| {
        let page = form(console, &groups, values, certificate.to_owned(), problems);
        page.of(upload.text("proposal").to_owned())
    };
    let pasted = upload.to_show("certificate");
    let connection = match by_hand(&upload, &blank, &values, &groups) {
        Ok(connection) => connection,
        Err(problems) => {
            return Ok(unprocessable_page(filled(values, pasted, problems)).into_response());
        }
    };
    if let Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) =
        admin.check_new(&connection).await
    {
        return Ok(unprocessable_page(filled(values, pasted, refused.problems())).into_response());
    }
    let is_known = !same_provider(console, &connection).await?.is_empty();
    if is_known || !connection.settings.saml().certificates.is_empty() {
        let warnings = certificate_findings(None, &connection, console.now());
        let lead = format!(
            "Compare the thumbprint with the one that your identity provider shows. {NOTHING_YET}"
        );
        return review(console, &connection, &source, lead, warnings)
            .page(console)
            .await;
    }
    match admin.add_connection(&connection, &source).await {
        Ok(made) => {
            console.changed().await?;
            let next = format!("/admin/connections/{}", made.id);
            tell_at(
                console,
                &next,
                "Added. It still needs its x.509 Certificate.",
            )
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            let page = filled(values, "", refused.problems());
            Ok(unprocessable_page(page).into_response())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// What is said of every new connection before it is added.
const NOTHING_YET: &str =
    "Nothing is saved yet, and nobody can sign in through it before you enable it.";

/// The review of a new connection.
fn review<'a>(
    console: &Console,
    after: &'a Connection,
    source: &str,
    lead: String,
    warnings: Vec<String>,
) -> Review<'a> {
    Review {
        proposal: console.admin().propose_new(after, source),
        before: None,
        after,
        title: format!("Add {}", after.display_name),
        lead,
        warnings,
        button: "Add this connection",
        change: Some(CHANGE.to_owned()),
        back: "/admin/connections/new".to_owned(),
        tab: ConnectionTab::Other,
    }
}

fn by_hand(
    upload: &ConsoleUpload,
    blank: &Connection,
    values: &SettingValues,
    groups: &[Group],
) -> Result<Connection, Problems> {
    let mut problems = Problems::default();
    problems.line(
        "idp_entity_id",
        values.text("idp_entity_id"),
        "Paste the identity provider's entity ID. In Entra ID it is called Microsoft Entra Identifier.",
    );
    problems.line(
        "login_url",
        values.text("login_url"),
        "Paste the address that users are sent to. In Entra ID it is called Login URL.",
    );
    if let Err(problem) = connection_name(values.text("name")) {
        problems.add(problem.field, problem.what);
    }
    let file = upload.file("certificate_file");
    let file = file.map(|file| file.content.as_ref()).unwrap_or_default();
    let pasted = upload.text("certificate");
    let mut given = Vec::new();
    if !pasted.trim().is_empty() || !file.is_empty() {
        match given_certificates(pasted, file) {
            Ok(all) => given = all,
            Err(refused) => problems.0.extend(refused.problems().0),
        }
    }
    match values.applied(blank, groups) {
        Ok(mut connection) if problems.is_empty() => {
            if let Some(saml) = connection.settings.saml_mut() {
                saml.certificates = given;
            }
            Ok(connection)
        }
        Ok(_) => Err(problems),
        Err(more) => {
            for problem in more.0 {
                if problems.of(problem.field).is_empty() {
                    problems.0.push(problem);
                }
            }
            Err(problems)
        }
    }
}
