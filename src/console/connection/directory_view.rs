//! What the page of a directory shows of a test and of the tenant's consent.

use crate::console::Console;
use crate::directory::{DirectoryCheck, DirectoryError, DirectoryLine, DirectoryOutcome};
use crate::domain::{Connection, DirectoryCredential};

/// What a test has found.
#[derive(Debug)]
pub(super) struct DirectoryLook {
    pub(super) tone: &'static str,
    pub(super) sentence: String,
    pub(super) lines: Vec<DirectoryLineView>,
}

/// One line of it.
#[derive(Debug)]
pub(super) struct DirectoryLineView {
    pub(super) subject: &'static str,
    pub(super) tone: &'static str,
    pub(super) word: &'static str,
    /// The permission to tick, by its exact name.
    pub(super) permission: &'static str,
    pub(super) found: String,
    pub(super) advice: String,
}

/// Where consent is given.
#[derive(Debug)]
pub(super) struct ConsentView {
    pub(super) href: String,
    pub(super) redirect_uri: String,
}

/// Where the tenant's administrator grants what the application asks for.
pub(super) fn consent_address(console: &Console, connection: &Connection) -> Option<ConsentView> {
    let settings = connection.settings.directory.as_deref()?;
    let client_id = match &settings.credential {
        DirectoryCredential::SignIn => connection.settings.oidc()?.client_id.as_str(),
        DirectoryCredential::Own { client_id, .. } => client_id.as_str(),
    };
    let company = &console.site.company;
    let keeper = console.app.directory_keeper(company);
    let directory = keeper.open(connection).ok()?;
    let redirect_uri = format!(
        "{}/admin/connections/{}/directory/consented",
        company.origin, connection.id
    );
    Some(ConsentView {
        href: directory
            .addresses()
            .admin_consent(client_id, "consent", &redirect_uri),
        redirect_uri,
    })
}

impl DirectoryLook {
    pub(super) fn of(check: &DirectoryCheck) -> Self {
        let missing = check.missing();
        let (tone, sentence) = if check.is_passed() {
            ("good", "The directory can be read.".to_owned())
        } else if missing.is_empty() {
            ("bad", "The directory cannot be used like this.".to_owned())
        } else {
            let names = missing.join(" and ");
            (
                "bad",
                format!("Add the application permission {names}, and grant admin consent."),
            )
        };
        Self {
            tone,
            sentence,
            lines: check.lines.iter().map(DirectoryLineView::of).collect(),
        }
    }

    pub(super) fn failed(cause: &DirectoryError) -> Self {
        let advice = cause.advice().unwrap_or_default();
        Self {
            tone: "bad",
            sentence: format!("{cause} {advice}").trim_end().to_owned(),
            lines: Vec::new(),
        }
    }
}

impl DirectoryLineView {
    fn of(line: &DirectoryLine) -> Self {
        let (tone, word, permission) = match line.outcome {
            DirectoryOutcome::Passed => ("good", "Passed", ""),
            DirectoryOutcome::Missing(name) => ("bad", "Missing", name),
            DirectoryOutcome::Failed => ("bad", "Failed", ""),
            DirectoryOutcome::NotNeeded => ("off", "Not needed", ""),
            DirectoryOutcome::NotAsked => ("off", "Not asked", ""),
        };
        Self {
            subject: line.question.title(),
            tone,
            word,
            permission,
            found: line.found.clone(),
            advice: line.advice.clone().unwrap_or_default(),
        }
    }
}
