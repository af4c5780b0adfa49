//! SAML Settings: every field of a connection.
//!
//! Invariant: certificates are not changed here, and another identity provider is a review of its own.

use askama::Template;

use super::certificate_view::{CertificateStanding, CertificateView};
use super::head::{ConnectionHead, ConnectionTab};
use super::review::{Review, replaces};
use super::setting_controls::{Control, Field, FieldGroup};
use super::setting_values::SettingValues;
use super::settings_form::{SettingsForm, still_missing};
use super::ways_out::ways_out;
use crate::admin::{CertificateFacts, Problems};
use crate::console::conflict::Conflict;
use crate::console::{Console, ConsoleFrame, Item, Section};
use crate::domain::{AuditAction, Connection, Group};

#[derive(Debug, Template)]
#[template(path = "console/connection/saml_settings.html")]
pub(super) struct SamlSettingsPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    values: SettingValues,
    problems: Problems,
    /// What the connection still needs, when it is not enabled.
    missing: Vec<String>,
    conflict: Option<Conflict>,
    certificates: Vec<CertificateView>,
    jit_groups: Vec<Item>,
    formats: Vec<Item>,
    advanced: Vec<FieldGroup>,
    dangers: Vec<Field>,
    ways_out: Vec<String>,
    revision: i64,
}

impl SamlSettingsPage {
    fn text(&self, key: &str) -> &str {
        self.values.text(key)
    }

    fn is_on(&self, key: &str) -> bool {
        self.values.is_on(key)
    }

    /// Whether something beneath "Advanced" needs to be seen.
    fn opens_advanced(&self) -> bool {
        let wrong = |field: &Field| !field.error.is_empty();
        let fields = self.advanced.iter().flat_map(|group| &group.fields);
        fields.chain(&self.dangers).any(wrong) || !self.problems.of("other_login_url").is_empty()
    }
}

impl SamlSettingsPage {
    /// The form of a state that somebody has seen.
    pub(super) fn of_revision(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}

impl SettingsForm for SamlSettingsPage {
    const TAB: ConnectionTab = ConnectionTab::Settings;

    fn sent(fields: Vec<(String, String)>, stored: &Connection) -> SettingValues {
        SettingValues::sent_settings(fields, stored)
    }

    fn page(
        console: &Console,
        connection: &Connection,
        groups: &[Group],
        values: SettingValues,
        problems: Problems,
        conflict: Option<Conflict>,
    ) -> Self {
        let facts = CertificateFacts::all(connection, console.now());
        Self {
            frame: console.frame(Section::Connections, connection.display_name.as_str()),
            head: ConnectionHead::of(connection, ConnectionTab::Settings),
            missing: still_missing(connection),
            conflict,
            certificates: facts
                .iter()
                .map(|one| CertificateView::of(one, CertificateStanding::Kept))
                .collect(),
            jit_groups: values.jit_groups(groups),
            formats: values.formats(),
            advanced: values.advanced(&problems),
            dangers: values.dangers(&problems),
            ways_out: ways_out(connection),
            revision: connection.revision,
            values,
            problems,
        }
    }

    fn review<'a>(
        console: &Console,
        before: &'a Connection,
        after: &'a Connection,
    ) -> Option<Review<'a>> {
        other_identity_provider(console, before, after)
    }

    fn saved(after: &Connection) -> (String, String, &'static str) {
        let at = format!("/admin/connections/{}", after.id);
        let (next, name) = if after.settings.saml().certificates.is_empty() {
            ("certificates#update", "Next: add the x.509 Certificate")
        } else {
            ("test", "Next: test the connection")
        };
        let next = format!("{at}/{next}");
        (at, next, name)
    }
}

/// Another identity provider is looked at before it is saved.
fn other_identity_provider<'a>(
    console: &Console,
    before: &'a Connection,
    after: &'a Connection,
) -> Option<Review<'a>> {
    if !replaces(before, after) {
        return None;
    }
    let (old, new) = (
        &before.settings.saml().idp_entity_id,
        &after.settings.saml().idp_entity_id,
    );
    Some(Review {
        proposal: console
            .admin()
            .propose(after, AuditAction::ConnectionSet, None),
        before: Some(before),
        after,
        title: "Another identity provider?".to_owned(),
        lead: "You changed the Microsoft Entra Identifier. Nothing is saved yet.".to_owned(),
        warnings: vec![format!(
            "The connection belongs to {old} now. The accounts bound to it would answer to {new}, and certificates of the old one would be trusted to speak for the new one. If you only want to add a second identity provider, add a new connection instead."
        )],
        button: "Save all the same",
        change: Some(format!("/admin/connections/{}/change", before.id)),
        back: format!("/admin/connections/{}", before.id),
        tab: ConnectionTab::Settings,
    })
}
