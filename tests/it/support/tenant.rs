//! An office whose connection is of a tenant in Entra's shape, with a registration for look-ups.

use std::sync::Arc;

use time::OffsetDateTime;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, OidcApp};
use vestibule::domain::{ClientSecret, Connection, OidcSettings};
use vestibule::oidc::{Cloud, Issuer};

use super::{NOW, Office, connection, random};

/// The registration for look-ups.
pub(crate) const LOOK_UP: &str = "5b1f0a3e-7c44-4a53-9d16-20b7f3c9e801";
pub(crate) const LOOK_UP_SECRET: &str = "Xy8Q~unmistakable-secret-of-the-directory";
/// What is granted for all that there is.
pub(crate) const BOTH: [&str; 2] = ["User.Read.All", "GroupMember.Read.All"];

/// The office, the tenant, and the connection.
pub(crate) struct Tenant {
    pub(crate) office: Office,
    pub(crate) idp: DemoIdp,
    pub(crate) connection: Connection,
}

impl Tenant {
    pub(crate) async fn new() -> Self {
        let listener = DemoIdp::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let office = Office::with(|config| config.development.entra_port = address.port()).await;
        let now = Arc::new(|| -> OffsetDateTime { NOW });
        let key = IdpKey::generate(NOW).unwrap();
        let origin = format!("http://{address}");
        let idp = DemoIdp::new(DemoConfig::contoso(origin, key, now, random()));
        let app = OidcApp::new(
            LOOK_UP,
            "Acme directory look-up",
            "http://127.0.0.1:9/unused",
        );
        idp.register_oidc(app.with_secret(LOOK_UP_SECRET));
        let router = idp.router();
        tokio::spawn(async { axum::serve(listener, router).await });
        let settings = OidcSettings {
            issuer: Issuer::EntraTenant {
                cloud: Cloud::Local(address.port()),
                tenant: idp.tenant().id.parse().unwrap(),
            },
            client_id: "41ee2b0c-2c1f-4b0e-9f0a-6a1c3d7b5e92".to_owned(),
            // One that nothing opens: nobody signs in here.
            client_secrets: vec![ClientSecret {
                sealed: String::new(),
                set_at: NOW,
                expires_at: None,
            }],
            callback_codes: vec!["0123456789abcdef0123456789abcdef".to_owned()],
            ..OidcSettings::default()
        };
        let connection = connection(office.acme.id, "entra", settings);
        office
            .app
            .store
            .add_connection(&connection, NOW)
            .await
            .unwrap();
        office.app.catch_up().await.unwrap();
        Self {
            office,
            idp,
            connection,
        }
    }

    /// The connection's address in the console.
    pub(crate) fn page(&self) -> String {
        format!("/admin/connections/{}/directory", self.connection.id)
    }

    /// The connection as it is kept now.
    pub(crate) async fn stored(&self) -> Connection {
        let store = &self.office.app.store;
        let all = store.connections(self.office.acme.id).await.unwrap();
        all.into_iter().next().unwrap()
    }
}
