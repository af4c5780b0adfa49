//! Users from a file: what it would do is shown first, and only that is done.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::words::{counted, number};
use crate::admin::user_file::{Fault, MOST_BYTES, MOST_USERS};
use crate::admin::{ImportPlan, PlannedUser, Problems, Refused};
use crate::console::{
    Console, ConsoleFrame, ConsoleUpload, Section, tell_at_with, unprocessable_page,
};
use crate::domain::GroupKind;
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

/// Users of a plan that are shown; the others are counted.
const SHOWN: usize = 100;
/// New administrators who are named; the others are counted.
const NAMED: usize = 10;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/users/import", get(show).post(preview))
        .route("/admin/users/import/save", post(save))
}

#[derive(Debug, Template)]
#[template(path = "console/people/user_import.html")]
struct ImportPage {
    frame: ConsoleFrame,
    problems: Problems,
    most_users: String,
    groups: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "console/people/user_import_preview.html")]
struct ImportPreview {
    frame: ConsoleFrame,
    file: String,
    /// Something that came between the look and the import.
    notice: String,
    faults: Vec<Fault>,
    more_faults: String,
    ignored: String,
    /// Who becomes an administrator, and whether it was said that it is meant.
    administrators: String,
    made: String,
    made_rows: Vec<ImportLine>,
    more_made: String,
    changed: String,
    changed_rows: Vec<ImportLine>,
    more_changed: String,
    same: String,
    /// How many users it makes or changes.
    count: usize,
    what: String,
    digest: String,
    content: String,
}

#[derive(Debug)]
struct ImportLine {
    line: u64,
    email: String,
    name: String,
    company: String,
    groups: Vec<(String, bool)>,
    /// Field, before, after.
    differences: Vec<(&'static str, String, String)>,
}

/// `GET /admin/users/import`
async fn show(console: Console) -> Result<Response, Error> {
    let page = form(&console, Problems::default()).await?;
    Ok(Page::new(page).into_response())
}

/// `POST /admin/users/import`: what the file would do.
async fn preview(upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let typed = upload.text("text");
    let (name, content) = match upload.file("file") {
        Some(file) => (file.name.clone(), file.content.to_vec()),
        None => ("Pasted text".to_owned(), typed.as_bytes().to_vec()),
    };
    if content.is_empty() {
        let mut problems = Problems::default();
        problems.add("file", "Choose a file, or paste its lines below.");
        let page = form(console, problems).await?;
        return Ok(unprocessable_page(page).into_response());
    }
    let plan = console.admin().plan_import(&content).await?;
    let page = preview_page(console, name, plan, &content, String::new());
    Ok(if page.faults.is_empty() {
        Page::new(page).into_response()
    } else {
        unprocessable_page(page).into_response()
    })
}

/// `POST /admin/users/import/save`: what was shown is done.
async fn save(upload: ConsoleUpload) -> Result<Response, Error> {
    let console = &upload.console;
    let unreadable = || Error::BadRequest("The file did not arrive in one piece.".into());
    let content = upload.sent_along("content").ok_or_else(unreadable)?;
    if upload.text("administrators").is_empty() {
        let plan = console.admin().plan_import(&content).await?;
        if plan.administrators > 0 && plan.digest == upload.text("digest") {
            let name = upload.text("name").to_owned();
            let notice = "Nothing was imported. Tick the box about administrators, or take them out of the file.";
            let page = preview_page(console, name, plan, &content, notice.to_owned());
            return Ok(unprocessable_page(page).into_response());
        }
    }
    let imported = console
        .admin()
        .import_users(&content, upload.text("digest"))
        .await;
    match imported {
        Ok(done_now) => {
            if done_now.changed > 0 {
                console.changed().await?;
            }
            let told = format!(
                "Imported: {} created, {} changed, {} left as they were.",
                done_now.made, done_now.changed, done_now.same
            );
            tell_at_with(
                console,
                "/admin/users",
                &told,
                ("/admin/users/import", "Import another file"),
            )
        }
        Err(refused @ (Refused::Invalid(_) | Refused::Full(_))) => {
            let plan = console.admin().plan_import(&content).await?;
            let name = upload.text("name").to_owned();
            let page = preview_page(console, name, plan, &content, refused.to_string());
            let status = axum::http::StatusCode::CONFLICT;
            Ok(Page::new(page).with_status(status).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn form(console: &Console, problems: Problems) -> Result<ImportPage, Error> {
    let groups = console.app.desk.groups(console.company()).await?;
    Ok(ImportPage {
        frame: console.frame(Section::Users, "Import users"),
        problems,
        most_users: number(MOST_USERS as u64),
        groups: groups.into_iter().map(|group| group.title).collect(),
    })
}

fn preview_page(
    console: &Console,
    file: String,
    plan: ImportPlan,
    content: &[u8],
    notice: String,
) -> ImportPreview {
    let rows = |users: &[PlannedUser]| users.iter().take(SHOWN).map(row).collect();
    let more = |count: usize, shown: usize| match count.saturating_sub(shown) {
        0 => String::new(),
        more => format!("and {} more", number(more as u64)),
    };
    let count = plan.made.len() + plan.changed.len();
    let administrators = administrators(&plan);
    ImportPreview {
        frame: console.frame(Section::Users, "Import users"),
        file,
        notice,
        more_faults: match plan.more_faults {
            0 => String::new(),
            more => format!("And {} more lines.", number(more as u64)),
        },
        faults: plan.faults,
        ignored: if plan.ignored.is_empty() {
            String::new()
        } else {
            format!("Columns that are not read: {}.", plan.ignored.join(", "))
        },
        administrators,
        made: counted(plan.made.len() as u64, "user", "users"),
        made_rows: rows(&plan.made),
        more_made: more(plan.made.len(), SHOWN),
        changed: counted(plan.changed.len() as u64, "user", "users"),
        changed_rows: rows(&plan.changed),
        more_changed: more(plan.changed.len(), SHOWN),
        same: counted(plan.same as u64, "user", "users"),
        what: counted(count as u64, "user", "users"),
        count,
        digest: plan.digest,
        // What is too long is not read, and not carried along.
        content: if content.len() > MOST_BYTES {
            String::new()
        } else {
            BASE64_STANDARD.encode(content)
        },
    }
}

/// Who becomes an administrator, by name as long as they are few.
fn administrators(plan: &ImportPlan) -> String {
    let everyone = plan.made.iter().chain(&plan.changed);
    let emails: Vec<&str> = everyone
        .filter(|planned| planned.makes_an_administrator())
        .map(|planned| planned.text.email.as_str())
        .collect();
    match (plan.administrators, emails.as_slice()) {
        (0, _) => String::new(),
        (1, [email]) => format!("One of these users becomes an administrator: {email}."),
        (many, emails) => {
            let named = emails.iter().take(NAMED).copied().collect::<Vec<_>>();
            let rest = many.saturating_sub(named.len());
            let more = if rest > 0 {
                format!(" and {} more", number(rest as u64))
            } else {
                String::new()
            };
            let many = number(many as u64);
            let named = named.join(", ");
            format!("{many} of these users become administrators: {named}{more}.")
        }
    }
}

fn row(planned: &PlannedUser) -> ImportLine {
    let text = &planned.text;
    let name = format!("{} {}", text.first_name, text.last_name);
    ImportLine {
        line: planned.line,
        email: text.email.clone(),
        name: name.trim().to_owned(),
        company: text.company_name.clone(),
        groups: planned
            .into
            .iter()
            .map(|group| {
                let is_administrator = group.kind == GroupKind::Administrator;
                (group.title.clone(), is_administrator)
            })
            .collect(),
        differences: planned.differences(),
    }
}
