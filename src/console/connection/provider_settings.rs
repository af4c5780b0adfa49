//! OpenID Connect Settings: our addresses at the provider, our secret there, and every field of the connection.
//!
//! Rules J1, L8, N2, N6 and N7. Invariants: a secret is never shown; another provider is a review of its own. Tests:
//! `tests/it/console/providers.rs`.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use super::certificate_days::{self, Remaining};
use super::head::{ConnectionHead, ConnectionTab};
use super::new_provider::{ProviderFields, clouds};
use super::provider_keys::ClientKeyView;
use super::setting_controls::{Control, Field, FieldGroup};
use super::setting_values::SettingValues;
use super::settings_form::{SettingsForm, load, still_missing};
use super::ways_out::ways_out;
use crate::admin::Problems;
use crate::console::conflict::Conflict;
use crate::console::{Console, ConsoleFrame, Item, Section, unprocessable_page};
use crate::domain::{ClientSecret, Connection, Group, OidcSettings};
use crate::http::error::Error;
use crate::http::pages::Moment;
use crate::oidc::Discovery;

use time::OffsetDateTime;

/// The most scopes of a provider that are offered to be ticked.
const MOST_OFFERED: usize = 50;

#[derive(Debug, Template)]
#[template(path = "console/connection/provider_settings.html")]
pub(super) struct ProviderSettingsPage {
    frame: ConsoleFrame,
    head: ConnectionHead,
    values: SettingValues,
    problems: Problems,
    /// What the connection still needs, when it is not enabled.
    missing: Vec<String>,
    conflict: Option<Conflict>,
    addresses: ProviderAddresses,
    is_entra: bool,
    /// Who the provider is, and what was typed to make it another one.
    issuer: String,
    typed: ProviderFields,
    example: &'static str,
    clouds: Vec<Item>,
    is_verified: bool,
    /// Addresses that are held: name, what is in force, and what the document says now.
    held: Vec<(&'static str, String, String)>,
    secrets: Vec<SecretView>,
    keys: Vec<ClientKeyView>,
    /// The day that was typed beside a secret.
    expires_on: String,
    /// The scopes that the provider offers beside openid, and whether each is asked for.
    offered: Vec<(String, bool)>,
    /// The others that are asked for, one on each line.
    other_scopes: String,
    jit_groups: Vec<Item>,
    advanced: Vec<FieldGroup>,
    ways_out: Vec<String>,
    revision: i64,
}

/// What is entered at the provider.
#[derive(Debug)]
struct ProviderAddresses {
    redirect_uri: String,
    /// The one before it, which is taken until it is retired.
    old_redirect_uri: Option<String>,
    initiate_url: String,
    front_channel_url: String,
    back_channel_url: String,
}

/// A secret: when it was set and how long it lasts, and never what it is (rule N6).
#[derive(Debug)]
pub(super) struct SecretView {
    pub(super) set_at: Moment,
    /// Until when it is tried, for the one before.
    tried_until: Option<Moment>,
    is_over: bool,
    pub(super) state: (&'static str, String),
}

impl ProviderSettingsPage {
    fn text(&self, key: &str) -> &str {
        self.values.text(key)
    }

    fn secret_button(&self) -> &'static str {
        if self.secrets.is_empty() {
            "Save the secret"
        } else {
            "Replace the secret"
        }
    }

    /// What may be asked for.
    const fn scopes_hint(&self) -> &'static str {
        if self.offered.is_empty() {
            "What is asked for beside openid, one on each line."
        } else {
            "What else is asked for, one on each line."
        }
    }

    /// Whether something beneath "Advanced" needs to be seen.
    fn opens_advanced(&self) -> bool {
        let mut fields = self.advanced.iter().flat_map(|group| &group.fields);
        fields.any(|field: &Field| !field.error.is_empty())
    }

    /// The form as it was filled in before a review.
    pub(super) fn of_proposal(self, proposed: &Connection) -> Self {
        let issuer = proposed.settings.provider_name();
        Self {
            revision: proposed.revision,
            typed: ProviderFields {
                provider: if issuer == self.issuer {
                    String::new()
                } else {
                    issuer
                },
                ..self.typed
            },
            ..self
        }
    }
}

/// The page after a secret that was not taken. The secret is not shown again.
pub(super) async fn wrong_secret(
    console: &Console,
    connection: &Connection,
    problems: Problems,
    expires_on: String,
) -> Result<Response, Error> {
    let values = SettingValues::of(connection);
    let page = load::<ProviderSettingsPage>(console, connection, values, problems).await?;
    Ok(respond(ProviderSettingsPage { expires_on, ..page }))
}

/// The page after another provider that was not understood.
pub(super) async fn wrong_provider(
    console: &Console,
    connection: &Connection,
    problems: Problems,
    typed: ProviderFields,
) -> Result<Response, Error> {
    let values = SettingValues::of(connection);
    let page = load::<ProviderSettingsPage>(console, connection, values, problems).await?;
    let clouds = clouds(&typed.cloud);
    Ok(respond(ProviderSettingsPage {
        typed,
        clouds,
        ..page
    }))
}

fn respond(page: ProviderSettingsPage) -> Response {
    unprocessable_page(page).into_response()
}

impl ProviderAddresses {
    fn of(console: &Console, connection: &Connection, oidc: &OidcSettings) -> Self {
        let company = &console.site.company;
        let mut redirect = oidc.callback_codes.iter();
        let mut redirect_uri = || redirect.next().map(|code| company.callback_url(code));
        Self {
            redirect_uri: redirect_uri().unwrap_or_default(),
            old_redirect_uri: redirect_uri(),
            initiate_url: company.initiate_url(&connection.name),
            front_channel_url: company.front_channel_url(&connection.name),
            back_channel_url: company.back_channel_url(&connection.name),
        }
    }
}

impl SecretView {
    pub(super) fn of(
        secret: &ClientSecret,
        end: Option<OffsetDateTime>,
        console: &Console,
    ) -> Self {
        let state = match secret.expires_at {
            None => ("off", "no expiry date given".to_owned()),
            Some(until) => {
                let remaining = Remaining::of(until, console.now());
                let tone = remaining.tone().class();
                (tone, certificate_days::with_day(remaining))
            }
        };
        Self {
            set_at: secret.set_at.into(),
            tried_until: end.map(Moment::from),
            is_over: end.is_some_and(|end| end <= console.now()),
            state,
        }
    }
}

/// The scopes that a provider offers beside openid, and whether each is among those that are asked for.
fn offered(discovery: Option<&Discovery>, asked: &str) -> Vec<(String, bool)> {
    let scopes = discovery.into_iter().flat_map(|it| &it.scopes);
    let scopes = scopes.filter(|scope| *scope != "openid").take(MOST_OFFERED);
    scopes
        .map(|scope| (scope.clone(), asked.lines().any(|it| it == scope)))
        .collect()
}

/// What is asked for and not offered, one on each line.
fn others(asked: &str, offered: &[(String, bool)]) -> String {
    let is_other = |scope: &&str| offered.iter().all(|(it, _)| it != scope);
    let others: Vec<&str> = asked.lines().filter(is_other).collect();
    others.join("\n")
}

impl SettingsForm for ProviderSettingsPage {
    const TAB: ConnectionTab = ConnectionTab::Settings;

    fn sent(fields: Vec<(String, String)>, stored: &Connection) -> SettingValues {
        SettingValues::sent_provider(fields, stored)
    }

    fn page(
        console: &Console,
        connection: &Connection,
        groups: &[Group],
        values: SettingValues,
        problems: Problems,
        conflict: Option<Conflict>,
    ) -> Self {
        let blank = OidcSettings::default();
        let oidc = connection.settings.oidc().unwrap_or(&blank);
        let discovery = oidc.discovery.as_ref();
        let secrets = oidc.client_secrets.iter().enumerate();
        let offered = offered(discovery, values.text("scopes"));
        let end = |at| oidc.older_secret_end().filter(|_| at > 0);
        Self {
            frame: console.frame(Section::Connections, connection.display_name.as_str()),
            head: ConnectionHead::of(connection, ConnectionTab::Settings),
            missing: still_missing(connection),
            conflict,
            addresses: ProviderAddresses::of(console, connection, oidc),
            is_entra: oidc.issuer.is_entra(),
            issuer: oidc.issuer_text(),
            typed: ProviderFields::default(),
            example: "",
            clouds: clouds(""),
            is_verified: discovery.is_some(),
            held: oidc
                .held_changes()
                .into_iter()
                .map(|it| (it.name, it.before.unwrap_or_default(), it.after))
                .collect(),
            secrets: secrets
                .map(|(at, it)| SecretView::of(it, end(at), console))
                .collect(),
            keys: ClientKeyView::all(oidc, console),
            expires_on: String::new(),
            other_scopes: others(values.text("scopes"), &offered),
            offered,
            jit_groups: values.jit_groups(groups),
            advanced: values.provider_advanced(&problems),
            ways_out: ways_out(connection),
            revision: connection.revision,
            values,
            problems,
        }
    }

    fn saved(after: &Connection) -> (String, String, &'static str) {
        let at = format!("/admin/connections/{}", after.id);
        let has_secret = after
            .settings
            .oidc()
            .is_some_and(OidcSettings::has_credential);
        let (next, name) = if has_secret {
            ("verify", "Next: verify the provider")
        } else {
            ("#secret", "Next: add the client secret")
        };
        let next = match next.strip_prefix('#') {
            Some(_) => format!("{at}{next}"),
            None => format!("{at}/{next}"),
        };
        (at, next, name)
    }
}
