//! "Check a manifest": an app registration's manifest beside a connection (seed 000-45). Nobody is asked, and nothing is kept.

use super::{FieldProblem, LineState, Obstacle, ProviderCheck, ProviderLine, Refused};
use crate::domain::{Company, Connection};
use crate::oidc::{ExpectedManifest, Issuer, ManifestFinding, ManifestWeight, check_manifest};
use crate::text::{line as line_of, sentence};

/// What of a manifest does not fit a connection, line by line.
pub fn compare_manifest(
    company: &Company,
    connection: &Connection,
    manifest: &str,
) -> Result<ProviderCheck, Refused> {
    let Some(oidc) = connection.settings.oidc() else {
        return Err(Obstacle::NotOidc.into());
    };
    let codes = oidc.callback_codes.iter();
    let mut redirect_uris: Vec<String> = codes.map(|code| company.callback_url(code)).collect();
    if connection.settings.single_logout {
        // Entra leads back from a sign-out to redirect URIs only (rule T2).
        redirect_uris.push(company.signed_out_url());
    }
    let expected = ExpectedManifest {
        client_id: oidc.client_id.clone(),
        redirect_uris,
        front_channel: company.front_channel_url(&connection.name),
        is_of_many: matches!(oidc.issuer, Issuer::EntraTenants { .. }),
        maps_groups: !connection.settings.group_mapping.is_empty(),
    };
    let found = check_manifest(manifest, &expected);
    let found =
        found.map_err(|error| FieldProblem::new("manifest", sentence(&error.to_string())))?;
    Ok(ProviderCheck {
        lines: found.iter().map(line).collect(),
        discovery: None,
    })
}

fn line(finding: &ManifestFinding) -> ProviderLine {
    ProviderLine {
        subject: finding.field,
        state: match finding.weight {
            ManifestWeight::Fine => LineState::Passed,
            ManifestWeight::Look => LineState::Warned,
            ManifestWeight::Wrong => LineState::Failed,
        },
        // A manifest may hold anything; it is shown on one line.
        found: line_of(&finding.what).into_owned(),
        next: "",
    }
}
