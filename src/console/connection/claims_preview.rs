//! What a mapping makes of the claims of the last test, and what is strange about it (seeds 000-40, 000-41, 001-27; rule S4).
//!
//! Invariant: claims are personal: they are those of a test that this administrator ran, and nothing more is kept for this page.

use crate::admin::SETTINGS;
use crate::console::Console;
use crate::domain::mapping::FURTHER;
use crate::domain::{Claim, Connection, MappedClaim, ObjectId};
use crate::http::error::Error;
use crate::http::pages::Moment;

/// The most characters of a value on this page.
const LONGEST: usize = 200;

#[derive(Debug)]
pub(super) struct ClaimsPreview {
    /// When the test began; none when there is none.
    pub(super) at: Option<Moment>,
    pub(super) rows: Vec<PreviewRow>,
    /// The claims that came: name and values.
    pub(super) claims: Vec<(String, String)>,
    /// The values of the group claim that came.
    pub(super) groups: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// A property.
#[derive(Debug)]
pub(super) struct PreviewRow {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) from: String,
    pub(super) passed_over: String,
    /// It came, and cannot be kept.
    pub(super) is_left_out: bool,
}

impl ClaimsPreview {
    pub(super) async fn of(console: &Console, connection: &Connection) -> Result<Self, Error> {
        let found = console.admin().last_findings(connection.id).await?;
        let mut warnings = of_mapping(connection);
        let Some((findings, at)) = found else {
            return Ok(Self {
                at: None,
                rows: Vec::new(),
                claims: Vec::new(),
                groups: Vec::new(),
                warnings,
            });
        };
        let mapped = connection.settings.attributes.preview(&findings.claims);
        warnings.extend(of_claims(connection, &findings.claims, &mapped));
        let claims = findings.claims.into_iter();
        let groups = mapped.iter().find(|row| row.property == "groups");
        Ok(Self {
            at: Some(at.into()),
            groups: groups.map(|row| row.values.clone()).unwrap_or_default(),
            rows: mapped.into_iter().filter_map(row).collect(),
            claims: claims
                .map(|claim| (claim.name, short(&claim.values.join(", "))))
                .collect(),
            warnings,
        })
    }
}

fn row(mapped: MappedClaim) -> Option<PreviewRow> {
    let label = if let Some(name) = mapped.property.strip_prefix(FURTHER) {
        name.to_owned()
    } else {
        let key = format!("attributes.{}", mapped.property);
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        setting.label.trim_end_matches(" attribute").to_owned()
    };
    Some(PreviewRow {
        label,
        is_left_out: mapped.is_left_out,
        value: short(&mapped.values.join(", ")),
        from: mapped.source.unwrap_or_default(),
        passed_over: mapped.passed_over.join(", "),
    })
}

/// Rule S4: names are nobody's for good, and `wids` are roles in the tenant.
fn of_mapping(connection: &Connection) -> Vec<String> {
    let settings = &connection.settings;
    let mut warnings = Vec::new();
    let groups = &settings.attributes.groups;
    let named: Vec<&str> = settings
        .group_mapping
        .iter()
        .map(|row| row.value.as_str())
        .filter(|value| !is_object_id(value))
        .collect();
    let is_of_groups = groups.iter().any(|source| source.name() == Some("groups"));
    if settings.asks_entra()
        && is_of_groups
        && let [first, ..] = named.as_slice()
    {
        warnings.push(format!(
            "{} in the group mapping is no Object ID. Names of groups are not unique in Entra ID: whoever may make groups there may take one.",
            short(first)
        ));
    }
    if groups.iter().any(|source| source.name() == Some("wids")) {
        warnings.push(
            "wids holds roles in the whole tenant, such as Global Administrator. It gives nothing here unless you map a value by hand."
                .to_owned(),
        );
    }
    warnings
}

/// What is missing in the claims that came.
fn of_claims(connection: &Connection, claims: &[Claim], mapped: &[MappedClaim]) -> Vec<String> {
    let is_missing = |property: &str| {
        let row = mapped.iter().find(|row| row.property == property);
        row.is_some_and(|row| row.values.iter().all(String::is_empty))
    };
    let at = if connection.settings.oidc().is_some() {
        "App registrations, the application, Token configuration"
    } else {
        "Enterprise applications, the application, Attributes & Claims"
    };
    let missing: Vec<&str> = [
        ("email", "an e-mail address"),
        ("last_name", "a last name"),
        ("first_name", "a first name"),
    ]
    .into_iter()
    .filter(|(property, _)| is_missing(property))
    .map(|(_, what)| what)
    .collect();
    let mut warnings = Vec::new();
    if !missing.is_empty() {
        warnings.push(format!(
            "The last test brought no claim for {}. Entra ID: {at}.",
            missing.join(", nor for ")
        ));
    }
    let roles = claims.iter().find(|claim| claim.name == "roles");
    if roles.is_some_and(|claim| claim.values.iter().any(|value| is_object_id(value))) {
        warnings.push(
            "roles holds Object IDs of groups: \"Emit groups as role claims\" is on in Entra ID, and makes app roles vanish. App registrations, the application, Token configuration, Edit groups claim."
                .to_owned(),
        );
    }
    warnings
}

fn is_object_id(text: &str) -> bool {
    text.parse::<ObjectId>().is_ok()
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
