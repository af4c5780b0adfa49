//! The demo while it runs: its companies, its identity provider, and what it says about them.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::commands::{add_company, perform};
use super::private_file::write_private;
use super::{Demo, app_file, notes, openid};
use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::cli::operator::serve;
use crate::cli::output::Output;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo_application;
use crate::demo_idp::{DemoConfig, DemoIdp, IdpApp, IdpKey};
use crate::site::{Site, SpKeys};
use crate::store::Store;
use crate::{keys, telemetry};

/// The identity provider's key, kept with the data so that a kept demo goes on working.
const IDP_KEY_FILE: &str = "demo-idp.pem";
/// And what it was told of the applications.
const IDP_APPS_FILE: &str = "demo-idp.json";
/// Set up already.
const COMPANY: &str = "acme";
/// Nothing of it is set up, here or at the identity provider.
const EMPTY_COMPANY: &str = "globex";
const GROUP: &str = "SSO Basic";
const APPLICATION_ID: &str = "2b1f0f9e-54b5-4a63-9d6e-0d4f1c9f7a11";
const EMPTY_APPLICATION_ID: &str = "7c4d9a35-1e6b-4f7a-8b2c-5a0e3d9f6c12";

impl Demo {
    pub(in crate::cli) fn run(self, invocation: &Invocation) -> Result<ExitCode> {
        let config = invocation.config()?;
        let _flush = telemetry::init(&config.log)?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(CliError::Runtime)?
            .block_on(self.both(invocation, config))
    }

    async fn both(self, invocation: &Invocation, config: Config) -> Result<ExitCode> {
        if config.listen.port() == 0 {
            return Err(CliError::unusable(
                "The demo cannot listen on a port that is picked for it: Acme's address holds the port.",
                "Set one with VESTIBULE_LISTEN, such as 127.0.0.1:8080.",
            ));
        }
        // Before anything is written: beside a demo that runs, a second one changes nothing.
        let server = serve::bind(&config).await?;
        let port = config.listen.port();
        let origin = format!("http://{COMPANY}.localhost:{port}");
        let empty_origin = format!("http://{EMPTY_COMPANY}.localhost:{port}");
        let openid_origin = format!("http://{}.localhost:{port}", openid::COMPANY);
        let listener = DemoIdp::bind(self.idp_listen).await.map_err(|cause| {
            CliError::refused(
                format!(
                    "The demo identity provider cannot listen on {}: {cause}.",
                    self.idp_listen
                ),
                "Set another loopback address with --idp-listen.",
            )
        })?;
        let idp_address = listener.local_addr().map_err(CliError::Runtime)?;
        let idp_origin = format!("http://{idp_address}");
        let is_entra = idp_address.ip() == Ipv4Addr::LOCALHOST;
        let invocation = &invocation.with_entra_at(is_entra.then(|| idp_address.port()));
        let config = invocation.config()?;
        let key = idp_key(&config.data_dir, &invocation.clock)?;
        let idp = Arc::new(identity_provider(&idp_origin, key, &invocation.clock));
        let serving = tokio::spawn({
            let idp = Arc::clone(&idp);
            async move { idp.serve(listener, std::future::pending()).await }
        });
        // The commands below find a database, and need not say that they made one.
        let store = Store::open(&config.database_url(), keys::hash).await;
        store.map_err(CliError::from)?.close().await;
        if add_company(invocation, COMPANY, "Acme", &origin).await? {
            let group = ["group", "add", GROUP, "--company", COMPANY, "--sso-only"];
            perform(invocation, &[&group]).await?;
        }
        add_company(invocation, EMPTY_COMPANY, "Globex", &empty_origin).await?;
        idp.register(application(invocation, &origin).await?);
        idp.register(IdpApp::unconfigured(EMPTY_APPLICATION_ID, "Globex"));
        let apps = config.data_dir.join(IDP_APPS_FILE);
        for app in app_file::read(&apps) {
            idp.register(app);
        }
        idp.keep(Arc::new(move |all| {
            if let Err(cause) = app_file::write(&apps, all) {
                tracing::warn!(%cause, "the demo identity provider's applications are not kept");
            }
        }));
        let metadata = idp.tenant().metadata_url(APPLICATION_ID);
        perform(invocation, &[&import(&metadata)]).await?;
        openid::set_up(invocation, &idp, &config.data_dir, &openid_origin).await?;
        let (application, upstream) = demo_application::bind().await.map_err(CliError::Runtime)?;
        let application = tokio::spawn(demo_application::serve(application));
        let notes = notes::origin(port);
        notes::set_up(invocation, &notes, upstream).await?;
        let mut out = Output::stdout();
        let consoles = [
            console(invocation, COMPANY).await?,
            console(invocation, EMPTY_COMPANY).await?,
            console(invocation, openid::COMPANY).await?,
        ];
        let is_begun = is_begun(invocation, &idp).await?;
        let origins = [&origin, &openid_origin, &notes, &idp_origin].map(String::as_str);
        out.raw(&guide(origins, &consoles, is_begun))?;
        out.flush()?;
        let code = serve::serve(
            server,
            config,
            invocation.clock.clone(),
            invocation.new_keys,
        )
        .await;
        serving.abort();
        application.abort();
        code
    }
}

/// The address of a company's console: a set-up link until somebody has used one.
async fn console(invocation: &Invocation, slug: &str) -> Result<String> {
    let installation = invocation.open().await?;
    let company = installation.company(slug).await?;
    let links = installation.store.setup_links(company.id).await?;
    let address = if links.iter().any(|link| link.used_at.is_some()) {
        format!("{}/admin", company.origin)
    } else {
        let admin = installation.admin(company.id).await?;
        admin.revoke_setup_links(None).await?;
        admin.new_setup_link().await?.address(&company)
    };
    installation.store.close().await;
    Ok(address)
}

/// Whether something of Globex was set up in an earlier run, here or at the identity provider.
async fn is_begun(invocation: &Invocation, idp: &DemoIdp) -> Result<bool> {
    let apps = idp.apps();
    let mut apps = apps.iter().filter(|app| app.id == EMPTY_APPLICATION_ID);
    if apps.any(|app| !app.identifiers.is_empty()) {
        return Ok(true);
    }
    let installation = invocation.open().await?;
    let company = installation.company(EMPTY_COMPANY).await?;
    let connections = installation.store.connections(company.id).await?;
    installation.store.close().await;
    Ok(!connections.is_empty())
}

fn import(metadata: &str) -> [&str; 12] {
    [
        "connection",
        "import-metadata",
        metadata,
        "--company",
        COMPANY,
        "--name",
        "entra",
        "--display-name",
        "Acme Entra ID",
        "--jit-group",
        GROUP,
        "--enable",
    ]
}

/// "Upload metadata file" at the identity provider: ours, as `/sso/metadata` serves it.
async fn application(invocation: &Invocation, origin: &str) -> Result<IdpApp> {
    let installation = invocation.open().await?;
    let sp_keys = SpKeys::new(installation.keys().await?).map_err(crate::app::AppError::from)?;
    let company = installation.company(COMPANY).await?;
    installation.store.close().await;
    let site = Site::new(company, Vec::new(), &sp_keys);
    let app = IdpApp::from_metadata(APPLICATION_ID, "Acme", site.metadata(&sp_keys))
        .map_err(|cause| CliError::refused(cause.to_string(), "This is a defect of the demo."))?;
    Ok(app.with_sign_on_url(format!("{origin}/")))
}

fn identity_provider(origin: &str, key: IdpKey, clock: &Clock) -> DemoIdp {
    let clock = clock.clone();
    let random = |octets: &mut [u8]| {
        for chunk in octets.chunks_mut(32) {
            for (to, from) in chunk.iter_mut().zip(keys::random::<32>()) {
                *to = from;
            }
        }
    };
    DemoIdp::new(DemoConfig::contoso(
        origin,
        key,
        Arc::new(move || clock.now()),
        Arc::new(random),
    ))
}

fn idp_key(data_dir: &Path, clock: &Clock) -> Result<IdpKey> {
    let failed = |cause: &dyn std::fmt::Display| {
        CliError::refused(
            format!("The demo identity provider's key: {cause}."),
            "Delete the file to make a new key.",
        )
    };
    let file = data_dir.join(IDP_KEY_FILE);
    if let Ok(pem) = std::fs::read(&file) {
        return IdpKey::from_pem(&pem).map_err(|cause| failed(&cause));
    }
    let key = IdpKey::generate(clock.now()).map_err(|cause| failed(&cause))?;
    let pem = key.to_pem().map_err(|cause| failed(&cause))?;
    write_private(&file, &pem).map_err(|cause| failed(&cause))?;
    Ok(key)
}

fn guide(
    [origin, openid_origin, notes, idp]: [&str; 4],
    [console, empty_console, openid_console]: &[String; 3],
    is_begun: bool,
) -> String {
    let globex = if is_begun {
        "Globex, whose set-up was begun in an earlier run, is as you left it:"
    } else {
        "To set a company up yourself, as the tutorial does, take Globex. Nothing of it is set up yet:"
    };
    let addresses = [
        (
            format!("{origin}/"),
            "Acme's sign-on URL: opens single sign-on",
        ),
        (format!("{origin}/sign-in"), "every way to sign in"),
        (format!("{idp}/myapps"), "My Apps: click the Acme tile"),
        (
            format!("{idp}/applications/{APPLICATION_ID}"),
            "\"Set up single sign-on\", as Entra ID shows it",
        ),
        (
            console.clone(),
            "Acme's console: what the company's administrator sees",
        ),
        (
            format!("{openid_origin}/"),
            "Northwind's sign-on URL: the same by OpenID Connect",
        ),
        (
            format!("{notes}/"),
            "Notes, Northwind's application, which Vestibule protects",
        ),
        (
            format!("{idp}/registrations/{}", openid::CLIENT_ID),
            "\"App registrations\", as Entra ID shows it",
        ),
        (openid_console.clone(), "Northwind's console"),
    ];
    let width = addresses.iter().map(|(address, _)| address.len()).max();
    let width = width.unwrap_or_default();
    let lines: Vec<String> = addresses
        .iter()
        .map(|(address, what)| format!("  {address:<width$}  {what}"))
        .collect();
    let lines = lines.join("\n");
    format!(
        "Vestibule is ready.\n\n{lines}\n\n\
         Sign in as B.Simon (b.simon@contoso.com, password Tailspin-42)\n\
         or as Britta Simon (britta.simon@contoso.com, password Fabrikam-42).\n\
         The account is made at the first sign-in, in the permission group \"{GROUP}\".\n\
         Who am I:  {origin}/sso/session\n\n\
         {globex}\n  \
         {empty_console}\n  \
         {idp}/applications/{EMPTY_APPLICATION_ID}  its application, as Entra ID shows it\n\n\
         Stop with Ctrl-C.\n\n"
    )
}
