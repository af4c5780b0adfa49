//! A new connection: which product and which protocol, and for OpenID Connect who the provider is (rule J1). The draft is there at
//! once, with the addresses that the provider asks for; nobody signs in through it before it is complete and enabled.
//!
//! SAML goes on in `new_connection.rs`. Tests: `tests/it/console/providers.rs`.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::admin::{ChosenProvider, FieldProblem, Problems, Refused};
use crate::console::{
    Console, ConsoleForm, ConsoleFrame, Item, Section, tell_at, unprocessable_page,
};
use crate::domain::Connection;
use crate::http::error::Error;
use crate::http::response::Page;
use crate::http::routes::Routes;
use crate::oidc::{Cloud, Issuer};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .route("/admin/connections/add", get(choose))
        .route("/admin/connections/new/openid", get(form).post(create))
}

/// A product that people sign in with.
#[derive(Debug)]
struct IdentityProduct {
    /// Its word in addresses.
    word: &'static str,
    name: &'static str,
    /// What its issuer looks like.
    example: &'static str,
}

const fn product(word: &'static str, name: &'static str, example: &'static str) -> IdentityProduct {
    IdentityProduct {
        word,
        name,
        example,
    }
}

static PRODUCTS: [IdentityProduct; 7] = [
    product(
        ENTRA,
        "Microsoft Entra ID",
        "00000000-0000-0000-0000-000000000000",
    ),
    product("adfs", "AD FS", "https://fs.example.com/adfs"),
    product("google", "Google", "https://accounts.google.com"),
    product("okta", "Okta", "https://example.okta.com"),
    product("pingone", "PingOne", "https://auth.pingone.eu/…/as"),
    product(
        "keycloak",
        "Keycloak",
        "https://keycloak.example.com/realms/…",
    ),
    product("other", "Another identity provider", "https://"),
];

const ENTRA: &str = "entra";

impl IdentityProduct {
    /// The product with a word; the last one when there is none.
    fn named(word: &str) -> &'static Self {
        let [.., other] = &PRODUCTS;
        PRODUCTS.iter().find(|it| it.word == word).unwrap_or(other)
    }

    /// What a connection to it is called, unless somebody says otherwise.
    fn display_name(&self) -> &'static str {
        if self.word == "other" { "" } else { self.name }
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/connection_add.html")]
struct AddConnectionPage {
    frame: ConsoleFrame,
    products: &'static [IdentityProduct],
}

/// `GET /admin/connections/add`
async fn choose(console: Console) -> Response {
    Page::new(AddConnectionPage {
        frame: console.frame(Section::Connections, "Add connection"),
        products: &PRODUCTS,
    })
    .into_response()
}

/// What says who a provider is, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderFields {
    #[serde(rename = "for")]
    pub(super) product: String,
    pub(super) provider: String,
    pub(super) cloud: String,
    pub(super) display_name: String,
}

/// The clouds of Microsoft, for people.
const CLOUDS: [(&str, &str, Cloud); 3] = [
    ("global", "Microsoft Entra ID (global)", Cloud::Global),
    (
        "us_government",
        "Entra ID for US Government",
        Cloud::UsGovernment,
    ),
    ("china", "Entra ID in China (21Vianet)", Cloud::China),
];

pub(super) fn clouds(chosen: &str) -> Vec<Item> {
    Item::list(CLOUDS.map(|(word, name, _)| (word, name)), chosen)
}

impl ProviderFields {
    /// Who the provider is; it is asked where only its document says so.
    pub(super) async fn find(&self, console: &Console) -> Result<ChosenProvider, Refused> {
        let (app, company) = (&console.app, &console.site.company);
        let turn = app.provider_turn(company);
        let _turn = turn.map_err(|cause| FieldProblem::new("provider", cause.to_string()))?;
        let cloud = CLOUDS.iter().find(|(word, ..)| *word == self.cloud);
        let national = cloud.map(|(.., cloud)| *cloud);
        let national = national.filter(|cloud| *cloud != Cloud::default());
        let cloud = national.unwrap_or_else(|| app.cloud());
        let client = app.provider_client();
        ChosenProvider::find(cloud, &self.provider, client, app.reach(company)).await
    }
}

#[derive(Debug, Template)]
#[template(path = "console/connection/provider_new.html")]
struct NewProviderPage {
    frame: ConsoleFrame,
    product: &'static IdentityProduct,
    is_entra: bool,
    example: &'static str,
    typed: ProviderFields,
    clouds: Vec<Item>,
    problems: Problems,
}

/// Which product a page is for.
#[derive(Debug, Default, Deserialize)]
struct ForProduct {
    #[serde(default, rename = "for")]
    product: String,
}

/// `GET /admin/connections/new/openid`
async fn form(console: Console, Query(wanted): Query<ForProduct>) -> Response {
    let product = IdentityProduct::named(&wanted.product);
    let fields = ProviderFields {
        product: product.word.to_owned(),
        display_name: product.display_name().to_owned(),
        ..ProviderFields::default()
    };
    Page::new(page(&console, fields, Problems::default())).into_response()
}

fn page(console: &Console, fields: ProviderFields, problems: Problems) -> NewProviderPage {
    let product = IdentityProduct::named(&fields.product);
    NewProviderPage {
        frame: console.frame(Section::Connections, "New OpenID Connect connection"),
        product,
        is_entra: product.word == ENTRA,
        example: product.example,
        clouds: clouds(&fields.cloud),
        typed: fields,
        problems,
    }
}

/// `POST /admin/connections/new/openid`
async fn create(
    ConsoleForm(console, fields): ConsoleForm<ProviderFields>,
) -> Result<Response, Error> {
    match add(&console, &fields).await {
        Ok(DraftOutcome::New(connection, note)) => {
            console.changed().await?;
            let note = note.map(|note| format!(" {note}")).unwrap_or_default();
            tell_at(
                &console,
                &format!("/admin/connections/{}", connection.id),
                &format!(
                    "Added, not enabled.{note} Copy these addresses to the provider, then enter what it gives you."
                ),
            )
        }
        Ok(DraftOutcome::ThereAlready(connection)) => tell_at(
            &console,
            &format!("/admin/connections/{}", connection.id),
            "This draft is here already. Nothing was added.",
        ),
        Err(refused @ (Refused::Invalid(_) | Refused::Taken(_))) => {
            let page = page(&console, fields, refused.problems());
            Ok(unprocessable_page(page).into_response())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// What became of the form.
enum DraftOutcome {
    /// A draft, and what was made of what was pasted.
    New(Box<Connection>, Option<String>),
    /// The button was pressed twice.
    ThereAlready(Box<Connection>),
}

async fn add(console: &Console, fields: &ProviderFields) -> Result<DraftOutcome, Refused> {
    let admin = console.admin();
    let display_name = fields.display_name.trim().to_owned();
    let mut problems = Problems::default();
    problems.line(
        "display_name",
        &display_name,
        "Write the name that users see on the sign-in page.",
    );
    problems.check()?;
    let chosen = fields.find(console).await?;
    if let Some(draft) = find_draft(&admin.connections().await?, &chosen.issuer) {
        return Ok(DraftOutcome::ThereAlready(Box::new(draft.clone())));
    }
    let name = admin.free_name(&display_name).await?;
    let draft = admin
        .provider_draft(name, display_name, chosen.issuer, "")
        .await?;
    let source = draft.settings.provider_name();
    let made = admin.add_connection(&draft, &source).await?;
    Ok(DraftOutcome::New(Box::new(made), chosen.note))
}

/// A draft at this provider that nothing was entered into.
fn find_draft<'c>(connections: &'c [Connection], issuer: &Issuer) -> Option<&'c Connection> {
    connections.iter().find(|connection| {
        connection
            .settings
            .oidc()
            .is_some_and(|oidc| oidc.client_id.is_empty() && oidc.issuer == *issuer)
    })
}
