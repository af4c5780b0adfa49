//! What an import of metadata did or would do, for people and for scripts.

use serde::Serialize;
use serde_json::json;

use crate::admin::MetadataImport;
use crate::cli::error::Result;
use crate::cli::output::Output;
use crate::domain::Company;
use crate::import;

/// What an import did, for people and for scripts.
pub(super) struct ImportReport<'a> {
    pub(super) company: &'a Company,
    pub(super) import: &'a MetadataImport,
    pub(super) dry_run: bool,
}

impl ImportReport<'_> {
    /// What changes; of a new connection, what it has.
    fn changes(&self) -> Vec<ImportChange> {
        let connection = &self.import.connection;
        let certificates = connection.settings.saml().certificates.iter();
        let new = certificates
            .filter(|_| self.import.is_new)
            .map(|one| ImportChange {
                what: "signing certificate",
                before: None,
                after: Some(import::describe(one)),
            });
        let differences = self.import.differences.iter();
        let differences = differences
            .filter(|it| !self.import.is_new || !matches!(it.key, "name" | "display_name"))
            .map(|it| ImportChange {
                what: part_name(it.key),
                before: it.before.clone(),
                after: it.after.clone(),
            });
        differences.chain(new).collect()
    }

    pub(super) fn print(&self, out: &mut Output) -> Result<()> {
        let connection = &self.import.connection;
        let verb = match (self.import.is_new, self.dry_run) {
            (true, false) => "Added",
            (true, true) => "Would add",
            (false, false) => "Updated",
            (false, true) => "Would update",
        };
        out.line(format!(
            "{verb} the connection \"{}\" of {} ({}): {}",
            connection.name,
            self.company.name,
            if connection.enabled {
                "enabled"
            } else {
                "not enabled"
            },
            connection.settings.saml().idp_entity_id
        ))?;
        let changes = self.changes();
        if changes.is_empty() {
            out.line("  nothing in it changes")?;
        }
        for change in &changes {
            let (sign, text) = match (&change.before, &change.after) {
                (Some(before), Some(after)) => ("~", format!("{before} → {after}")),
                (None, Some(after)) => ("+", after.clone()),
                (Some(before), None) => ("-", before.clone()),
                (None, None) => continue,
            };
            out.line(format!("  {sign} {}: {text}", change.what))?;
        }
        for warning in &self.import.warnings {
            out.line(format!("  ! {warning}"))?;
        }
        if !connection.enabled && !self.dry_run {
            out.line(format!(
                "Enable it with: vestibule connection enable --company {} --name {}",
                self.company.slug, connection.name
            ))?;
        }
        Ok(())
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let connection = &self.import.connection;
        json!({
            "company": self.company.slug,
            "connection": connection.name,
            "added": self.import.is_new,
            "dry_run": self.dry_run,
            "enabled": connection.enabled,
            "idp_entity_id": connection.settings.saml().idp_entity_id,
            "changes": self.changes(),
            "warnings": self.import.warnings,
        })
    }
}

/// One thing that an import changes.
#[derive(Debug, Serialize)]
struct ImportChange {
    what: &'static str,
    /// What was there; none when it is added.
    before: Option<String>,
    /// What will be there; none when it is removed.
    after: Option<String>,
}

/// What the parts of metadata are called; a setting by its own name.
fn part_name(key: &'static str) -> &'static str {
    match key {
        "idp_entity_id" => "entity ID",
        "sso_post_url" => "sign-on address (POST)",
        "sso_redirect_url" => "sign-on address (Redirect)",
        "slo_url" => "logout address",
        "slo_response_url" => "logout response address",
        "slo_post_url" => "logout address (POST)",
        "slo_post_response_url" => "logout response address (POST)",
        "slo_binding" => "logout binding",
        "sign_requests" => "signed requests",
        "name_id_format" => "NameID format",
        "authn_statement" => "AuthnStatement",
        "metadata_url" => "metadata URL",
        "certificates" => "signing certificate",
        _ => key,
    }
}
