//! Contoso's directory at a socket, and a connection that asks it.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use vestibule::demo_idp::{DemoConfig, DemoDirectory, DemoIdp, IdpKey, OidcApp};
use vestibule::directory::{DirectoryKeeper, OpenDirectory};
use vestibule::domain::{
    ClientSecret, Connection, DirectoryCredential, DirectorySettings, GraphCloud,
};
use vestibule::oidc::Issuer;

use crate::support::{NOW, World, random};

pub(super) const CLIENT_ID: &str = "7d1f0a36-58c2-4e9b-a4d7-c6e09b2f8135";
pub(super) const SECRET: &str = "9R~secret-of-the-directory";
/// What is asked for by default.
pub(super) const USUAL: [&str; 2] = ["User.Read.All", "GroupMember.Read.All"];

static KEY: LazyLock<IdpKey> = LazyLock::new(|| IdpKey::generate(NOW).unwrap());

/// The tenant, and a connection whose directory it is, with an application registration of its own.
pub(super) struct Contoso {
    pub(super) world: World,
    pub(super) idp: DemoIdp,
    pub(super) connection: Connection,
}

impl Contoso {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = world.app.clock.clone();
        let now = Arc::new(move || -> OffsetDateTime { clock.now() });
        let config = DemoConfig::contoso(&origin, KEY.clone(), now, random());
        let idp = DemoIdp::new(config);
        let served = idp.clone();
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
        let app = OidcApp::unconfigured(CLIENT_ID, "User Lookup").with_secret(SECRET);
        idp.register_oidc(app.with_permissions(USUAL));
        let admin = world.admin_of(&world.acme);
        let issuer = Issuer::named(idp.tenant().issuer());
        let name = "entra".parse().unwrap();
        let draft = admin.provider_draft(name, "Entra".to_owned(), issuer, "sign-in");
        let mut connection = draft.await.unwrap();
        let tenant = idp.tenant().id.parse().unwrap();
        connection.settings.directory = Some(Box::new(DirectorySettings {
            at: Some(origin),
            credential: DirectoryCredential::Own {
                client_id: CLIENT_ID.to_owned(),
                client_secrets: Vec::new(),
            },
            ..DirectorySettings::new(tenant, GraphCloud::Global)
        }));
        let mut contoso = Self {
            world,
            idp,
            connection,
        };
        contoso.add_secret(SECRET);
        contoso
    }

    /// Gives the connection a newer secret.
    pub(super) fn add_secret(&mut self, secret: &str) {
        let purpose = self.connection.secret_purpose();
        let sealed = self.world.app.keys.seal(&purpose, secret.as_bytes());
        let settings = self.connection.settings.directory.as_mut().unwrap();
        let DirectoryCredential::Own { client_secrets, .. } = &mut settings.credential else {
            panic!("its own credential")
        };
        let secret = ClientSecret {
            sealed: BASE64_STANDARD.encode(sealed),
            set_at: NOW,
            expires_at: None,
        };
        client_secrets.insert(0, secret);
    }

    /// Registers the application anew.
    pub(super) fn register(&self, change: impl FnOnce(OidcApp) -> OidcApp) {
        let apps = self.idp.oidc_apps();
        let app = apps.iter().find(|app| app.client_id == CLIENT_ID).unwrap();
        self.idp.register_oidc(change(OidcApp::clone(app)));
    }

    pub(super) fn keeper(&self) -> DirectoryKeeper<'_> {
        self.world.app.directory_keeper(&self.world.acme)
    }

    pub(super) fn open(&self) -> OpenDirectory<'_> {
        self.keeper().open(&self.connection).unwrap()
    }

    pub(super) fn directory(&self) -> DemoDirectory {
        self.idp.directory()
    }

    pub(super) fn fault(&self, name: &str) {
        self.directory().fault(name).unwrap();
    }

    /// How many tokens were asked for until now.
    pub(super) fn tokens(&self) -> usize {
        self.directory().token_requests()
    }
}
