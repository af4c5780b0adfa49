//! Guides: what to do on the identity provider's side, with this company's addresses filled in.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::copy_into::Addresses;
use crate::console::{Console, ConsoleFrame, Section};
use crate::domain::{Company, Connection};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/guides", get(list))
        .route("/admin/guides/{idp}", get(show))
}

/// Name in the address, and the product's name.
pub(super) const GUIDES: [(&str, &str); 6] = [
    ("entra", "Microsoft Entra ID"),
    ("entra-openid", "Microsoft Entra ID, OpenID Connect"),
    ("okta", "Okta"),
    ("google", "Google Workspace"),
    ("adfs", "AD FS"),
    ("keycloak", "Keycloak"),
];

#[derive(Debug, Template)]
#[template(path = "console/connection/guides.html")]
struct Guides {
    frame: ConsoleFrame,
    guides: [(&'static str, &'static str); 6],
}

macro_rules! guide {
    ($name:ident, $template:literal) => {
        #[derive(Debug, Template)]
        #[template(path = $template)]
        struct $name {
            frame: ConsoleFrame,
            addresses: Addresses,
            /// How the application may be called over there.
            company: String,
        }
    };
}

/// The guide whose addresses are a connection's and not the company's.
#[derive(Debug, Template)]
#[template(path = "console/connection/guides/entra_openid.html")]
struct EntraOpenid {
    frame: ConsoleFrame,
    company: String,
    /// The connection that the reader sets up, when there is one.
    registration: Option<Registration>,
}

/// What is entered in the application's registration.
#[derive(Debug)]
struct Registration {
    redirect_uri: String,
    initiate_url: String,
    front_channel_url: String,
    signed_out_url: String,
    display_name: String,
    /// The connection's page.
    href: String,
}

impl Registration {
    fn of(company: &Company, connection: &Connection) -> Option<Self> {
        let oidc = connection.settings.oidc()?;
        oidc.issuer.is_entra().then_some(())?;
        Some(Self {
            redirect_uri: company.callback_url(oidc.callback_codes.first()?),
            initiate_url: company.initiate_url(&connection.name),
            front_channel_url: company.front_channel_url(&connection.name),
            signed_out_url: company.signed_out_url(),
            display_name: connection.display_name.clone(),
            href: format!("/admin/connections/{}", connection.id),
        })
    }
}

/// Whose addresses are wanted: a connection's name. Without one it is the first that fits.
#[derive(Debug, Deserialize)]
struct GuideOf {
    #[serde(default)]
    connection: String,
}

guide!(Entra, "console/connection/guides/entra.html");
guide!(Okta, "console/connection/guides/okta.html");
guide!(Google, "console/connection/guides/google.html");
guide!(Adfs, "console/connection/guides/adfs.html");
guide!(Keycloak, "console/connection/guides/keycloak.html");

/// `GET /admin/guides`
async fn list(console: Console) -> Response {
    Page::new(Guides {
        frame: console.frame(Section::Connections, "Guides"),
        guides: GUIDES,
    })
    .into_response()
}

/// `GET /admin/guides/{idp}`
async fn show(
    Path(idp): Path<String>,
    Query(wanted): Query<GuideOf>,
    console: Console,
) -> Result<Response, Error> {
    let known = GUIDES.iter().find(|(name, _)| *name == idp);
    let (_, product) = known.ok_or(Error::NotFound)?;
    let frame = console.frame(Section::Connections, format!("Set up {product}"));
    let addresses = Addresses::of(&console.site.company);
    let company = console.site.company.name.clone();
    macro_rules! page {
        ($name:ident) => {
            Page::new($name {
                frame,
                addresses,
                company,
            })
            .into_response()
        };
    }
    Ok(match idp.as_str() {
        "entra" => page!(Entra),
        "entra-openid" => {
            let connections = console.site.connections().map(|it| &it.connection);
            let registration = connections
                .filter(|it| wanted.connection.is_empty() || it.name.as_str() == wanted.connection)
                .find_map(|it| Registration::of(&console.site.company, it));
            Page::new(EntraOpenid {
                frame,
                company,
                registration,
            })
            .into_response()
        }
        "okta" => page!(Okta),
        "google" => page!(Google),
        "adfs" => page!(Adfs),
        _ => page!(Keycloak),
    })
}
