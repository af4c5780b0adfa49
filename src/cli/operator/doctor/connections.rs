//! Connections: whether they could sign anybody in, for how long, and what weakens their checks.
//!
//! Nobody is asked here. What a provider of OpenID Connect says is looked at by `connection verify`.

use time::{Duration, OffsetDateTime};

use super::Diagnoses;
use crate::admin;
use crate::domain::saml_settings::CERTIFICATE_ENDS_SOON;
use crate::domain::{
    CertificateValidity, Company, Connection, DirectorySettings, OidcSettings, Protocol,
};
use crate::import;

const AREA: &str = "connections";
/// A certificate or secret that ends sooner than this needs attention.
const SOON: Duration = Duration::days(CERTIFICATE_ENDS_SOON);

pub(super) fn look(
    company: &Company,
    connections: &[Connection],
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) {
    if !connections.iter().any(|connection| connection.enabled) {
        diagnoses.warn(
            AREA,
            format!("{}: no connection is enabled.", company.slug),
            format!(
                "Import the identity provider's metadata: vestibule connection import-metadata FILE|URL --company {} --name entra --enable",
                company.slug
            ),
        );
    }
    for connection in connections {
        look_at_directory(company, connection, now, diagnoses);
        let saml = match &connection.settings.protocol {
            Protocol::Saml(saml) => saml,
            Protocol::Oidc(oidc) => {
                look_at_provider(company, connection, oidc, now, diagnoses);
                continue;
            }
        };
        look_at_certificates(company, connection, now, diagnoses);
        if saml.danger_accept_cbc {
            diagnoses.warn(
                AREA,
                format!(
                    "{}/{} opens AES-CBC where nothing signed stands around it.",
                    company.slug, connection.name
                ),
                "Switch encryption off at the identity provider, or let it use AES-GCM, then set danger_accept_cbc=false.",
            );
        }
        if saml.danger_allow_sha1 {
            diagnoses.warn(
                AREA,
                format!(
                    "{}/{} accepts SHA-1 signatures, which can be forged.",
                    company.slug, connection.name
                ),
                "Let the identity provider sign with SHA-256, then set danger_allow_sha1=false.",
            );
        }
    }
}

const fn state(connection: &Connection) -> &'static str {
    if connection.enabled {
        "enabled"
    } else {
        "disabled"
    }
}

/// A connection through which nobody can sign in. While it is not enabled, nobody tries.
fn unusable(connection: &Connection, text: String, next: String, diagnoses: &mut Diagnoses) {
    if connection.enabled {
        diagnoses.error(AREA, text, next);
    } else {
        diagnoses.warn(AREA, text, next);
    }
}

fn look_at_provider(
    company: &Company,
    connection: &Connection,
    oidc: &OidcSettings,
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) {
    let name = format!("{}/{}", company.slug, connection.name);
    let set = |what: &str| {
        let (company, connection) = (&company.slug, &connection.name);
        format!("vestibule connection set --company {company} --name {connection} {what}")
    };
    let missing = admin::missing(connection);
    if let Some(first) = missing.first() {
        let text = format!("{name} is not complete. {}", first.what);
        let next = match first.field {
            "client_id" => set("client_id=ID"),
            "client_secret" => set("client_secret_file=FILE"),
            "client_authentication" => make_key(company, connection),
            _ => "Give its tenant ID or discovery URL on its page in the console.".to_owned(),
        };
        return unusable(connection, text, next, diagnoses);
    }
    let state = state(connection);
    let is_key = oidc.key_in_use().is_some();
    let what = if is_key { "key pair" } else { "client secret" };
    let Some(end) = oidc.credential_end() else {
        let text = format!("{name} is {state}, nobody said when its {what} ends");
        return diagnoses.ok(AREA, text);
    };
    let day = end.date();
    let renew = if is_key {
        make_key(company, connection)
    } else {
        let command = set("client_secret_file=FILE");
        format!("Make a new one at the provider, then: {command}")
    };
    if end > now + SOON {
        diagnoses.ok(AREA, format!("{name} is {state}, {what} until {day}"));
    } else if end > now {
        diagnoses.warn(AREA, format!("{name}: the {what} ends on {day}."), renew);
    } else {
        let text = format!("{name}: the {what} ended on {day}.");
        unusable(connection, text, renew, diagnoses);
    }
}

/// The secret with which a directory is asked, where that is its own and somebody said when it ends.
fn look_at_directory(
    company: &Company,
    connection: &Connection,
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) {
    let directory = connection.settings.directory.as_deref();
    let Some(end) = directory.and_then(DirectorySettings::secret_end) else {
        return;
    };
    let name = format!("{}/{}", company.slug, connection.name);
    let day = end.date();
    let renew = format!(
        "Make a new one at Entra ID, then: vestibule directory set --company {} --connection {} client_secret_file=FILE secret_expires=DAY",
        company.slug, connection.name
    );
    if end > now + SOON {
        diagnoses.ok(AREA, format!("{name}: the directory's secret until {day}"));
    } else if end > now {
        let text = format!("{name}: the directory's secret ends on {day}.");
        diagnoses.warn(AREA, text, renew);
    } else {
        let text = format!(
            "{name}: the directory's secret ended on {day}. The directory is not read any more."
        );
        unusable(connection, text, renew, diagnoses);
    }
}

fn make_key(company: &Company, connection: &Connection) -> String {
    format!(
        "Make a key pair, register it at the provider, and use it: vestibule connection key make --company {} --name {}",
        company.slug, connection.name
    )
}

fn look_at_certificates(
    company: &Company,
    connection: &Connection,
    now: OffsetDateTime,
    diagnoses: &mut Diagnoses,
) {
    let name = format!("{}/{}", company.slug, connection.name);
    let renew = format!(
        "Import the metadata again when the identity provider has a new certificate: vestibule connection import-metadata FILE|URL --company {} --name {}",
        company.slug, connection.name
    );
    if !import::is_usable(&connection.settings) {
        let text = format!("{name} has no usable signing certificate or no sign-on address.");
        return unusable(connection, text, renew, diagnoses);
    }
    let last = import::keys(&connection.settings.saml().certificates)
        .filter_map(Result::ok)
        .map(|key| key.validity().1)
        .max();
    let Some(last) = last else { return };
    let strict = connection.settings.saml().certificate_validity == CertificateValidity::Reject;
    let day = last.date();
    if last > now + SOON {
        let state = state(connection);
        diagnoses.ok(
            AREA,
            format!("{name} is {state}, signing certificate until {day}"),
        );
    } else if last <= now && strict && connection.enabled {
        diagnoses.error(
            AREA,
            format!("{name}: the signing certificate ended on {day}; every sign-in is refused."),
            renew,
        );
    } else {
        diagnoses.warn(
            AREA,
            format!(
                "{name}: the signing certificate {} on {day}.",
                if last <= now { "ended" } else { "ends" }
            ),
            renew,
        );
    }
}
