//! Guides: what to do on the identity provider's side, with this company's addresses filled in.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::copy_into::Addresses;
use crate::console::{Console, ConsoleFrame, Section};
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/guides", get(list))
        .route("/admin/guides/{idp}", get(show))
}

/// Name in the address, and the product's name.
pub(super) const GUIDES: [(&str, &str); 5] = [
    ("entra", "Microsoft Entra ID"),
    ("okta", "Okta"),
    ("google", "Google Workspace"),
    ("adfs", "AD FS"),
    ("keycloak", "Keycloak"),
];

#[derive(Debug, Template)]
#[template(path = "console/connection/guides.html")]
struct Guides {
    frame: ConsoleFrame,
    guides: [(&'static str, &'static str); 5],
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
async fn show(Path(idp): Path<String>, console: Console) -> Result<Response, Error> {
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
        "okta" => page!(Okta),
        "google" => page!(Google),
        "adfs" => page!(Adfs),
        _ => page!(Keycloak),
    })
}
