//! The demo's company whose connection speaks OpenID Connect, and its registration at the identity provider.

use std::fs;
use std::path::Path;

use super::commands::{add_company, perform};
use super::private_file::write_private;

use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::demo_idp::{DemoIdp, OidcApp, OptionalClaim};
use crate::domain::Connection;
use crate::keys;

pub(super) const COMPANY: &str = "northwind";
const NAME: &str = "Northwind";
const GROUP: &str = "Staff";
const CONNECTION: &str = "entra-oidc";
pub(super) const CLIENT_ID: &str = "c0ffee1d-3a52-4e0b-8f61-92d7b6a4e580";
/// The client secret, kept with the data so that a kept demo goes on working.
const SECRET_FILE: &str = "demo-openid-secret.txt";

/// Sets the company up by commands, and registers it at the identity provider.
pub(super) async fn set_up(
    invocation: &Invocation,
    idp: &DemoIdp,
    data_dir: &Path,
    origin: &str,
) -> Result<()> {
    let secret = secret(data_dir)?;
    if add_company(invocation, COMPANY, NAME, origin).await? {
        perform(
            invocation,
            &[&["group", "add", GROUP, "--company", COMPANY]],
        )
        .await?;
    }
    let file = data_dir.join(SECRET_FILE).display().to_string();
    let tenant = idp.tenant().id.as_str();
    if connection(invocation).await?.is_none() {
        let add = [
            "connection",
            "add-oidc",
            "--company",
            COMPANY,
            "--name",
            CONNECTION,
            "--display-name",
            "Northwind Entra ID",
            "--tenant",
            tenant,
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            &file,
            "--jit-group",
            GROUP,
            "--enable",
        ];
        // The directory is read at once, and what it would do waits in the console for its administrator.
        let directory = [
            "directory",
            "set",
            "--company",
            COMPANY,
            "--connection",
            CONNECTION,
            "credential=sign_in",
            "synchronise=true",
        ];
        perform(invocation, &[&add, &directory]).await?;
    }
    register(invocation, idp, &secret).await
}

/// "App registrations" at the identity provider: what the commands have printed.
async fn register(invocation: &Invocation, idp: &DemoIdp, secret: &str) -> Result<()> {
    let Some(connection) = connection(invocation).await? else {
        return Ok(());
    };
    let installation = invocation.open().await?;
    let company = installation.company(COMPANY).await?;
    installation.store.close().await;
    let codes = connection.settings.oidc().map(|it| &it.callback_codes);
    let mut addresses = codes.into_iter().flatten();
    let mut addresses = addresses.by_ref().map(|code| company.callback_url(code));
    let Some(first) = addresses.next() else {
        return Ok(());
    };
    let app = OidcApp::new(CLIENT_ID, NAME, first)
        .with_secret(secret)
        .with_claims([
            OptionalClaim::Email,
            OptionalClaim::GivenName,
            OptionalClaim::FamilyName,
            OptionalClaim::Groups,
            OptionalClaim::Sid,
        ])
        .with_permissions(["User.Read.All", "GroupMember.Read.All"])
        .with_home_page_url(company.initiate_url(&connection.name))
        .with_front_channel_logout_url(company.front_channel_url(&connection.name));
    idp.register_oidc(addresses.fold(app, OidcApp::with_redirect_uri));
    Ok(())
}

async fn connection(invocation: &Invocation) -> Result<Option<Connection>> {
    let installation = invocation.open().await?;
    let company = installation.company(COMPANY).await?;
    let connections = installation.store.connections(company.id).await?;
    installation.store.close().await;
    Ok(connections
        .into_iter()
        .find(|it| it.name.as_str() == CONNECTION))
}

fn secret(data_dir: &Path) -> Result<String> {
    let file = data_dir.join(SECRET_FILE);
    if let Ok(text) = fs::read_to_string(&file) {
        return Ok(text.trim().to_owned());
    }
    let secret = keys::hex(&keys::random::<20>());
    write_private(&file, format!("{secret}\n").as_bytes()).map_err(|cause| {
        CliError::refused(
            format!("The demo's client secret cannot be written: {cause}."),
            "",
        )
    })?;
    Ok(secret)
}
