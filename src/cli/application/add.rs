//! `application add`.

use serde_json::json;

use super::{application_error, check_issuer, operator, served};
use crate::cli::arguments::required_text;
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::output::Output;
use crate::cli::settings;
use crate::domain::{
    Application, ApplicationId, ApplicationName, ApplicationSettings, SettingError,
};
use crate::keys::random;
use crate::policy::{ApplicationOrigin, ProxyKind, ProxyKindError, RequestOriginError};
use crate::text::sentence;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AddApplication {
    /// Its name in commands and addresses: a-z, 0-9 and -
    name: String,
    /// Its name for people
    #[arg(long, value_name = "TEXT")]
    display_name: String,
    /// Where it is reached, such as `https://app.example.com` or `https://{company}.app.example.com`; may be given several times
    #[arg(long = "origin", value_name = "URL", required = true)]
    origins: Vec<String>,
    /// What stands before it: nginx, forwarded (Caddy, Traefik, `HAProxy`), envoy or built-in; built-in where an upstream is named
    #[arg(long, value_name = "KIND", required_unless_present = "upstreams")]
    kind: Option<String>,
    /// Where Vestibule itself hands requests on to, such as `http://127.0.0.1:3000`; may be given several times
    #[arg(long = "upstream", id = "upstreams", value_name = "URL")]
    upstreams: Vec<String>,
    /// A company whose users it serves; may be given several times. Without, it serves those of every company
    #[arg(long = "company", value_name = "SLUG")]
    companies: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl AddApplication {
    pub(super) async fn run(self, installation: &Installation, out: &mut Output) -> Result<()> {
        let name: ApplicationName = self
            .name
            .parse()
            .map_err(|error| CliError::unusable(sentence(&format!("{error}")), ""))?;
        let kind = self.kind.as_deref().map(str::parse).transpose();
        let kind = kind.map_err(|error: ProxyKindError| {
            CliError::unusable(sentence(&error.to_string()), "")
        })?;
        let display_name = required_text("--display-name", &self.display_name)?;
        let origin = |text: &String| {
            text.parse::<ApplicationOrigin>()
                .map_err(|error: RequestOriginError| {
                    CliError::unusable(
                        format!("\"{text}\" is no origin: {error}."),
                        "Write it as in https://app.example.com.",
                    )
                })
        };
        let application = Application {
            id: ApplicationId::from_bytes(random()),
            name,
            display_name,
            settings: ApplicationSettings {
                kind: kind.unwrap_or(ProxyKind::BuiltIn),
                origins: self.origins.iter().map(origin).collect::<Result<_>>()?,
                ..ApplicationSettings::default()
            },
            companies: served(installation, &self.companies).await?,
            created_at: installation.now,
        };
        // What was typed is judged as `set` judges it.
        let upstreams = self.upstreams.join(",");
        let typed = [
            ("display_name", application.display_name.as_str()),
            ("upstreams", upstreams.as_str()),
        ];
        let application = application.changed(typed).map_err(|error: SettingError| {
            settings::setting_error(&error, &[], "vestibule application set NAME")
        })?;
        check_issuer(installation, &application.companies).await?;
        let key = operator(installation)
            .add_application(&application)
            .await
            .map_err(application_error)?;
        if self.json {
            return out.json(&json!({
                "name": application.name,
                "display_name": application.display_name,
                "kind": application.settings.kind,
                "origins": application.settings.origins,
                "check": check_path(&application),
                "proxy_key": key,
            }));
        }
        let name = &application.name;
        out.line(format!(
            "Added the application {} ({name}).",
            application.display_name
        ))?;
        if application.settings.kind == ProxyKind::BuiltIn {
            return out.line(format!(
                "Vestibule hands its requests on. Let the host name of {} lead here.",
                self.origins.join(" and ")
            ));
        }
        out.line(format!(
            "Its proxy asks at {} and shows, as Vestibule-Proxy-Key:",
            check_path(&application)
        ))?;
        out.line(format!("  {key}"))?;
        out.line(
            "The key is shown this once. The proxy's address has to be among trusted_proxies in the configuration.",
        )
    }
}

/// Where the proxy of an application asks.
pub(super) fn check_path(application: &Application) -> String {
    format!("/sso/check/{}", application.name)
}
