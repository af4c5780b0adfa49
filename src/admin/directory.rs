//! A connection's directory as administrators set it: whose it is, what it is asked with, what is taken over from it.
//!
//! Rules N1, N6 and N7. Invariants: a secret is sealed or forgotten; the connection's settings hold it all, so that every change is
//! a version of theirs. Tests: `tests/it/cli/directory.rs`, `tests/it/console/directory.rs`, `tests/it/api/directory.rs`.

use time::macros::{format_description, time};
use time::{Date, OffsetDateTime};

use super::{Admin, FieldProblem, Refused};
use crate::domain::{
    AuditAction, ClientSecret, Connection, DIRECTORY_MINUTES_RANGE, DirectoryCredential,
    DirectorySettings, GraphCloud, MOST_CLIENT_SECRETS,
};
use crate::oidc::{Cloud, Issuer, TenantId};

/// The settings of a directory as text, with what each takes.
pub const DIRECTORY_KEYS: [(&str, &str); 9] = [
    (
        "tenant",
        "the Directory (tenant) ID; the connection's own when nothing is said",
    ),
    ("cloud", "global, us_government, us_government_dod or china"),
    (
        "credential",
        "sign_in: the client of the sign-ins; own: an application registration for look-ups alone",
    ),
    (
        "client_id",
        "the Application (client) ID of that registration",
    ),
    (
        "client_secret_file",
        "a file with its secret, the Value; the one before it is kept beside it",
    ),
    (
        "secret_expires",
        "the day on which that secret ends, such as 2027-06-30",
    ),
    (
        "synchronise",
        "true or false: whether its groups and people are followed",
    ),
    (
        "every_minutes",
        "how often it is asked for changes: 5 to 1440",
    ),
    (
        "remove_gone_groups",
        "true or false: whether a permission group that it made goes when its group is gone there",
    ),
];

/// What to change of a directory. What is none stays, or is what a new one begins with.
#[derive(Debug, Clone, Default)]
pub struct DirectoryEdit {
    pub tenant: Option<String>,
    pub cloud: Option<GraphCloud>,
    /// Whether it has a credential of its own.
    pub is_own: Option<bool>,
    pub client_id: Option<String>,
    /// One more secret of its own.
    pub client_secret: Option<String>,
    pub secret_expires: Option<OffsetDateTime>,
    pub synchronise: Option<bool>,
    pub every_minutes: Option<u16>,
    pub remove_gone_groups: Option<bool>,
}

impl DirectoryEdit {
    /// Takes one of [`DIRECTORY_KEYS`] as text; of `client_secret_file`, what the file holds. `false` for another key.
    pub fn set(&mut self, key: &str, value: &str) -> Result<bool, FieldProblem> {
        let value = value.trim();
        match key {
            "tenant" => self.tenant = Some(value.to_owned()),
            "cloud" => {
                let cloud = value.parse().map_err(|_| {
                    FieldProblem::new(
                        "cloud",
                        "Use global, us_government, us_government_dod or china.",
                    )
                })?;
                self.cloud = Some(cloud);
            }
            "credential" => {
                self.is_own = Some(match value {
                    "own" => true,
                    "sign_in" => false,
                    _ => return Err(FieldProblem::new("credential", "Use sign_in or own.")),
                });
            }
            "client_id" => self.client_id = Some(value.to_owned()),
            "client_secret_file" => self.client_secret = Some(value.to_owned()),
            "secret_expires" => self.secret_expires = end_of_day("secret_expires", value)?,
            "synchronise" => self.synchronise = Some(switch("synchronise", value)?),
            "every_minutes" => {
                let minutes = value.parse().map_err(|_| minutes_problem())?;
                self.every_minutes = Some(minutes);
            }
            "remove_gone_groups" => {
                self.remove_gone_groups = Some(switch("remove_gone_groups", value)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a credential of its own is meant, where nothing says so.
    fn is_own(&self, before: Option<&DirectorySettings>) -> Option<bool> {
        let names_one = self.client_id.as_deref().is_some_and(|id| !id.is_empty());
        let was_own = before.map(|it| matches!(it.credential, DirectoryCredential::Own { .. }));
        match self.is_own {
            Some(said) => Some(said),
            None if names_one || self.client_secret.is_some() => Some(true),
            None => was_own,
        }
    }
}

/// The end of a day, as the provider's page names it; none when nothing is written.
pub fn end_of_day(field: &'static str, text: &str) -> Result<Option<OffsetDateTime>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let day = day.map_err(|_| FieldProblem::new(field, "Write a day such as 2027-06-30."))?;
    Ok(Some(day.with_time(time!(23:59:59)).assume_utc()))
}

fn switch(field: &'static str, text: &str) -> Result<bool, FieldProblem> {
    match text {
        "true" | "on" => Ok(true),
        "false" | "off" => Ok(false),
        _ => Err(FieldProblem::new(field, "Use true or false.")),
    }
}

fn minutes_problem() -> FieldProblem {
    FieldProblem::new(
        "every_minutes",
        format!(
            "Use a number of minutes from {} to {}.",
            DIRECTORY_MINUTES_RANGE.start(),
            DIRECTORY_MINUTES_RANGE.end()
        ),
    )
}

/// The tenant that a connection's sign-ins come from, where they say one, and its cloud.
pub fn own_tenant(connection: &Connection) -> Option<(TenantId, Option<Cloud>)> {
    if let Some(oidc) = connection.settings.oidc() {
        return match &oidc.issuer {
            Issuer::EntraTenant { cloud, tenant } => Some((tenant.clone(), Some(*cloud))),
            Issuer::EntraTenants { cloud, tenants } => match tenants.as_slice() {
                [tenant] => Some((tenant.clone(), Some(*cloud))),
                _ => None,
            },
            Issuer::Named { .. } => None,
        };
    }
    Some((connection.settings.saml_tenant()?, None))
}

/// A connection's directory in a line, for versions and the audit log; none where it has none.
pub(super) fn directory_text(connection: &Connection) -> Option<String> {
    let directory = connection.settings.directory.as_deref()?;
    let asked = match &directory.credential {
        DirectoryCredential::SignIn => "asked by the client of the sign-ins".to_owned(),
        DirectoryCredential::Own {
            client_id,
            client_secrets,
        } => {
            let ends = client_secrets.iter();
            let ends: Vec<String> = ends
                .map(|secret| match secret.expires_at {
                    Some(end) => format!("set {}, until {}", secret.set_at.date(), end.date()),
                    None => format!("set {}", secret.set_at.date()),
                })
                .collect();
            let secrets = if ends.is_empty() {
                "no secret".to_owned()
            } else {
                format!("secret {}", ends.join("; "))
            };
            format!("asked by the client {client_id} ({secrets})")
        }
    };
    let followed = if directory.synchronise {
        format!("synchronised every {} minutes", directory.every_minutes)
    } else {
        "not synchronised".to_owned()
    };
    let gone = if directory.remove_gone_groups {
        ", gone groups are removed"
    } else {
        ""
    };
    Some(format!(
        "tenant {}, cloud {}, {asked}, {followed}{gone}",
        directory.tenant, directory.cloud
    ))
}

impl Admin<'_> {
    /// The connection with its directory changed, or with one for the first time. `default` is the cloud of a tenant that is named
    /// without one.
    pub fn with_directory(
        &self,
        connection: &Connection,
        change: &DirectoryEdit,
        default: Cloud,
    ) -> Result<Connection, Refused> {
        let before = connection.settings.directory.as_deref();
        let own = own_tenant(connection);
        let tenant = match (change.tenant.as_deref(), before, &own) {
            (Some(typed), _, _) if !typed.is_empty() => typed.parse().map_err(|_| {
                FieldProblem::new(
                    "tenant",
                    "Paste the Directory (tenant) ID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12. Entra ID: App registrations, the application, Overview.",
                )
            })?,
            (None, Some(before), _) => before.tenant.clone(),
            (_, _, Some((tenant, _))) => tenant.clone(),
            _ => {
                return Err(FieldProblem::new(
                    "tenant",
                    "This connection does not say whose directory it is. Paste the Directory (tenant) ID. Entra ID: App registrations, the application, Overview.",
                )
                .into());
            }
        };
        // An object ID of one tenant says nothing in another: each user would be absent there.
        if let Some((own, _)) = own.as_ref().filter(|(own, _)| *own != tenant) {
            let what = format!(
                "The sign-ins of this connection are of the tenant {own}. Its directory is the same one."
            );
            return Err(FieldProblem::new("tenant", what).into());
        }
        let login = own.and_then(|(_, cloud)| cloud).unwrap_or(default);
        let cloud = change
            .cloud
            .or_else(|| before.map(|before| before.cloud))
            .unwrap_or_else(|| login.into());
        let mut directory = match before {
            Some(before) => before.clone(),
            None => DirectorySettings::new(tenant.clone(), cloud),
        };
        (directory.tenant, directory.cloud) = (tenant, cloud);
        // Development and tests: a server in Entra's shape is both clouds' endpoints.
        directory.at = match login {
            Cloud::Local(_) if cloud == GraphCloud::Global => Some(login.origin().into_owned()),
            _ => None,
        };
        directory.credential = self.directory_credential(connection, change)?;
        directory.synchronise = change.synchronise.unwrap_or(directory.synchronise);
        directory.every_minutes = change.every_minutes.unwrap_or(directory.every_minutes);
        if !DIRECTORY_MINUTES_RANGE.contains(&directory.every_minutes) {
            return Err(minutes_problem().into());
        }
        directory.remove_gone_groups = change
            .remove_gone_groups
            .unwrap_or(directory.remove_gone_groups);
        let mut after = connection.clone();
        after.settings.directory = Some(Box::new(directory));
        Ok(after)
    }

    fn directory_credential(
        &self,
        connection: &Connection,
        change: &DirectoryEdit,
    ) -> Result<DirectoryCredential, Refused> {
        let before = connection.settings.directory.as_deref();
        let asks_entra = connection.settings.asks_entra();
        if !change.is_own(before).unwrap_or(!asks_entra) {
            if asks_entra {
                return Ok(DirectoryCredential::SignIn);
            }
            return Err(FieldProblem::new(
                "credential",
                "Sign-ins through this connection have no client secret at Entra ID. Give the directory a client ID and a secret of its own.",
            )
            .into());
        }
        let (had_id, mut client_secrets) = match before.map(|before| &before.credential) {
            Some(DirectoryCredential::Own {
                client_id,
                client_secrets,
            }) => (client_id.clone(), client_secrets.clone()),
            _ => (String::new(), Vec::new()),
        };
        let client_id = match change.client_id.as_deref() {
            Some(typed) => client_id(typed)?,
            None if had_id.is_empty() => client_id("")?,
            None => had_id.clone(),
        };
        // A secret belongs to its registration.
        if client_id != had_id {
            client_secrets.clear();
        }
        match change.client_secret.as_deref() {
            Some(secret) if !secret.is_empty() => {
                let secret = self.seal_client_secret(connection, secret, change.secret_expires)?;
                client_secrets.insert(0, secret);
                client_secrets.truncate(MOST_CLIENT_SECRETS);
            }
            _ => self.date_newest(&mut client_secrets, change.secret_expires)?,
        }
        Ok(DirectoryCredential::Own {
            client_id,
            client_secrets,
        })
    }

    /// The day that was forgotten when the secret was set.
    fn date_newest(
        &self,
        secrets: &mut [ClientSecret],
        expires_at: Option<OffsetDateTime>,
    ) -> Result<(), Refused> {
        let Some(expires_at) = expires_at else {
            return Ok(());
        };
        let Some(newest) = secrets.first_mut() else {
            return Err(FieldProblem::new(
                "client_secret",
                "Give the client secret whose last day this is.",
            )
            .into());
        };
        if expires_at <= self.now {
            return Err(expired_problem().into());
        }
        newest.expires_at = Some(expires_at);
        Ok(())
    }

    /// The connection with the newest of its directory's own secrets alone.
    pub fn with_directory_secret_retired(
        &self,
        connection: &Connection,
    ) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        let directory = after.settings.directory.as_deref_mut();
        match directory.map(|directory| &mut directory.credential) {
            Some(DirectoryCredential::Own { client_secrets, .. }) => client_secrets.truncate(1),
            _ => return Err(Refused::NotFound),
        }
        Ok(after)
    }

    /// Writes a directory's settings, as [`Admin::with_directory`] made them.
    pub async fn change_directory(&self, after: &Connection) -> Result<Connection, Refused> {
        self.change_connection(after, AuditAction::DirectorySet, None)
            .await
    }

    /// Asks the directory nothing more, and forgets what is known of it. Groups and users stay; what it gave them goes.
    pub async fn remove_directory(&self, connection: &Connection) -> Result<Connection, Refused> {
        let mut after = connection.clone();
        if after.settings.directory.take().is_none() {
            return Err(Refused::NotFound);
        }
        self.change_connection(&after, AuditAction::DirectoryRemove, None)
            .await
    }
}

/// What is told of a secret that has ended.
pub(super) fn expired_problem() -> FieldProblem {
    FieldProblem::new("client_secret", "The client secret has expired already.")
}

/// An application's ID, as Entra writes it.
fn client_id(typed: &str) -> Result<String, FieldProblem> {
    let id: Result<TenantId, _> = typed.trim().parse();
    id.map(String::from).map_err(|_| {
        FieldProblem::new(
            "client_id",
            "Paste the Application (client) ID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12. Entra ID: App registrations, the application, Overview.",
        )
    })
}
