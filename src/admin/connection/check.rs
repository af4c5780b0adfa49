//! Whether a connection can be written, and whether it can work.

use super::settings::MOST_MAPPINGS;
use crate::admin::certificate::MOST_CERTIFICATES;
use crate::admin::refused::PRIVATE_KEY;
use crate::admin::{FieldProblem, Problems, Refused};
use crate::domain::{
    Binding, ClientAuthMethod, Connection, Group, GroupKind, GroupMapping, MissingPolicy,
    OidcSettings, OverflowPolicy, Protocol, SamlSettings,
};
use crate::import;
use crate::text::is_unseen;

/// The longest entity ID, in characters (saml-metadata 2.3.2).
pub const LONGEST_ENTITY_ID: usize = 1024;
/// The longest settings, in bytes of JSON: a form has to bring them back whole.
const LONGEST_SETTINGS: usize = 128 * 1024;

/// Refuses what cannot be written.
pub(super) fn check(connection: &Connection, groups: &[Group]) -> Result<(), Refused> {
    let settings = &connection.settings;
    let mut problems = Problems::default();
    problems.line(
        "display_name",
        &connection.display_name,
        "Write the name that users see on the sign-in page.",
    );
    // Whichever way they came, beside certificates, which hold no key.
    for (key, _) in Connection::keys() {
        let text = connection.value(key).unwrap_or_default();
        if import::holds_private_key(text.as_bytes()) {
            problems.add(key, PRIVATE_KEY);
        }
    }
    if settings.saml().idp_entity_id.chars().count() > LONGEST_ENTITY_ID
        || settings.saml().idp_entity_id.contains(is_unseen)
    {
        problems.add(
            "idp_entity_id",
            format!("Use at most {LONGEST_ENTITY_ID} characters, on one line."),
        );
    }
    let group = |id| groups.iter().find(|group| group.id == id);
    match settings.jit.map(group) {
        Some(None) => problems.add("jit_group", "Choose a permission group of this company."),
        Some(Some(group)) if group.kind == GroupKind::Administrator => problems.add(
            "jit_group",
            format!(
                "\"{}\" is a group of administrators: everybody would be one from the first sign-in. Choose another one.",
                group.title
            ),
        ),
        _ => {}
    }
    let mapping = &settings.group_mapping;
    if mapping.iter().any(|one| group(one.group_id).is_none()) {
        problems.add("group_mapping", "Choose permission groups of this company.");
    }
    if mapping
        .iter()
        .any(|one| one.value.is_empty() || one.value.contains(is_unseen))
    {
        problems.add("group_mapping", "Each row needs a value, on one line.");
    }
    let is_key = |one: &GroupMapping| import::holds_private_key(one.value.as_bytes());
    if mapping.iter().any(is_key) {
        problems.add("group_mapping", PRIVATE_KEY);
    }
    if mapping.len() > MOST_MAPPINGS {
        problems.add(
            "group_mapping",
            format!("Use at most {MOST_MAPPINGS} rows."),
        );
    }
    // Rule S2: a claim that never came says nothing by not coming.
    if settings.groups_missing == MissingPolicy::NoGroups && !settings.groups_seen {
        problems.add(
            "groups_missing",
            "This connection has not seen a group claim yet. Let the identity provider send one, sign in or test the connection, and choose this then.",
        );
    }
    if settings.groups_overflow == OverflowPolicy::Graph && settings.directory.is_none() {
        problems.add(
            "groups_overflow",
            "This connection has no directory that could be asked. Connect its directory first.",
        );
    }
    if settings.saml().certificates.len() > MOST_CERTIFICATES {
        problems.add(
            "certificates",
            format!("A connection trusts at most {MOST_CERTIFICATES} certificates. Remove some."),
        );
    }
    let size = serde_json::to_string(settings).map_or(usize::MAX, |text| text.len());
    if size > LONGEST_SETTINGS {
        problems.add("certificates", "These settings are too large to be kept.");
    }
    if connection.enabled {
        for problem in missing(connection) {
            problems.add(problem.field, problem.what);
        }
    }
    problems.check()
}

/// What a connection still needs before it can work (rule B2); empty when it can be enabled.
pub fn missing(connection: &Connection) -> Vec<FieldProblem> {
    match &connection.settings.protocol {
        Protocol::Saml(saml) => missing_of_saml(saml),
        Protocol::Oidc(oidc) => missing_of_oidc(oidc),
    }
}

fn missing_of_oidc(oidc: &OidcSettings) -> Vec<FieldProblem> {
    let needed = [
        (
            !oidc.issuer.of_document().is_empty(),
            "provider",
            "The provider is missing: its tenant ID or discovery URL.",
        ),
        (
            !oidc.client_id.is_empty(),
            "client_id",
            "The client ID is missing (in Entra ID: App registrations, Overview, Application (client) ID).",
        ),
        match oidc.client_authentication {
            ClientAuthMethod::PrivateKey => (
                oidc.has_credential(),
                "client_authentication",
                "The key pair is missing: make one, register it at the provider, and use it.",
            ),
            ClientAuthMethod::SecretPost | ClientAuthMethod::SecretBasic => (
                oidc.has_credential(),
                "client_secret",
                "The client secret is missing (in Entra ID: App registrations, Certificates & secrets, its Value).",
            ),
        },
    ];
    needed
        .into_iter()
        .filter(|(is_there, ..)| !is_there)
        .map(|(_, field, what)| FieldProblem::new(field, what))
        .collect()
}

fn missing_of_saml(saml: &SamlSettings) -> Vec<FieldProblem> {
    let mut missing = Vec::new();
    if saml.idp_entity_id.is_empty() {
        missing.push(FieldProblem::new(
            "idp_entity_id",
            "The identity provider's entity ID is missing (in Entra ID: Microsoft Entra Identifier).",
        ));
    }
    let (address, binding) = match saml.binding {
        Binding::Post => (&saml.sso_post_url, "POST"),
        Binding::Redirect => (&saml.sso_redirect_url, "Redirect"),
    };
    if address.is_none() {
        missing.push(FieldProblem::new(
            "login_url",
            format!("The Login URL for the {binding} binding is missing."),
        ));
    }
    if saml.certificates.is_empty() {
        missing.push(FieldProblem::new(
            "certificates",
            "The x.509 Certificate is missing (in Entra ID: SAML Certificates, Certificate (Base64)).",
        ));
    } else if !import::keys(&saml.certificates).any(|key| key.is_ok()) {
        missing.push(FieldProblem::new(
            "certificates",
            "None of its certificates can be used.",
        ));
    }
    missing
}
