//! The `OpenAPI` document of the API.
//!
//! Invariants: a handler's own lines say what it answers when all is well; which failures it may answer follows here from what
//! it takes; the tests hold the document against the routes and against every answer.

use std::sync::{Arc, LazyLock};

use axum::extract::FromRequestParts as _;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::response::{Response as Described, ResponseBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, Type};
use utoipa::{Modify, OpenApi};

use super::{
    Answer, answer, applications, attempts, audit, client_keys, company, connections, directory,
    directory_sync, domains, groups, logo, quota, sessions, user_actions, users,
};
use crate::app::App;
use crate::http::client_address::ClientAddress;
use crate::http::current_site::CurrentSite;
use crate::http::error::Error;
use crate::http::problem::{Document, Kind, MEDIA_TYPE, Wrong};

/// The API of a company.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestibule",
        version = "1",
        description = "What a company's administrators do, for scripts: users, permission groups, connections, sessions, sign-ins, the audit log.\n\nEvery request carries a token that an administrator made in the console at /admin/tokens. Every failure is a problem document (RFC 9457); its `type` says which. Lists come in pages: follow `next` while there is one. What is changed names the version that was read (`If-Match`). What is made takes an `Idempotency-Key`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The company's own site.")),
    paths(
        show,
        company::show,
        company::edit,
        logo::show,
        logo::set,
        logo::remove,
        quota::show,
        domains::list,
        domains::show,
        domains::set,
        domains::check,
        domains::remove,
        users::list,
        users::create,
        users::all,
        users::show,
        users::edit,
        user_actions::activate,
        user_actions::deactivate,
        user_actions::deletion,
        user_actions::delete,
        user_actions::sign_out,
        user_actions::set_password,
        user_actions::remove_password,
        user_actions::add_to_group,
        user_actions::take_from_group,
        user_actions::identities,
        user_actions::unlink,
        groups::list,
        groups::create,
        groups::show,
        groups::edit,
        groups::delete,
        applications::list,
        applications::show,
        applications::set_allowed,
        connections::list,
        connections::create,
        connections::show,
        connections::edit,
        connections::delete,
        connections::verify,
        connections::check_manifest,
        connections::accept_provider,
        client_keys::list,
        client_keys::make,
        client_keys::show,
        client_keys::put_in_use,
        client_keys::delete,
        directory::show,
        directory::set,
        directory::remove,
        directory::check,
        directory::find_users,
        directory_sync::status,
        directory_sync::synchronise,
        sessions::list,
        sessions::end_all,
        sessions::end,
        attempts::list,
        attempts::show,
        audit::list,
        audit::all,
    ),
    components(schemas(Document, Wrong)),
    modifiers(&AddFailures),
    tags(
        (name = "Company", description = "The company of this host, and its e-mail domains."),
        (name = "Users", description = "Users and what they may do."),
        (name = "Groups", description = "Permission groups."),
        (name = "Applications", description = "What users open with their sign-in here, and who may."),
        (name = "Connections", description = "Identity providers."),
        (name = "Sessions", description = "Who is signed in."),
        (name = "Sign-ins", description = "Every attempt, with its checks."),
        (name = "Audit", description = "Who changed what."),
        (name = "Document", description = "This document."),
    )
)]
struct Described31;

/// The text, made once.
static TEXT: LazyLock<Result<String, String>> = LazyLock::new(|| {
    Described31::openapi()
        .to_json()
        .map_err(|cause| cause.to_string())
});

/// Shows this document.
///
/// It needs no token.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "Document", operation_id = "showDocument", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(super) async fn show(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (mut parts, _) = request.into_parts();
    let CurrentSite(site) = CurrentSite::from_request_parts(&mut parts, &app).await?;
    let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(&mut parts, &app).await;
    app.throttle.admit_to_api(client, &site.company)?;
    let text = text().map_err(Error::internal)?;
    Ok(answer::written(StatusCode::OK, text.to_owned()))
}

/// The document as text.
pub fn text() -> Result<&'static str, &'static str> {
    TEXT.as_deref().map_err(String::as_str)
}

/// Adds the token, and the failures that an operation may answer.
struct AddFailures;

impl Modify for AddFailures {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token of the console: vestibule_ and 64 hexadecimal digits.",
            ));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        for status in statuses() {
            let described = RefOr::T(described(status));
            components
                .responses
                .insert(format!("Problem{status}"), described);
        }
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                let failures = failures(operation);
                for status in failures {
                    let problem = Ref::new(format!("#/components/responses/Problem{status}"));
                    operation
                        .responses
                        .responses
                        .insert(status.to_string(), RefOr::Ref(problem));
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        item.get.as_mut(),
        item.put.as_mut(),
        item.post.as_mut(),
        item.patch.as_mut(),
        item.delete.as_mut(),
    ]
    .into_iter()
    .flatten()
}

/// The statuses of problems, each once.
fn statuses() -> Vec<u16> {
    let mut all: Vec<u16> = Kind::ALL
        .iter()
        .map(|kind| kind.status().as_u16())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A problem's answer: its kinds and its headers.
fn described(status: u16) -> Described {
    let kinds = Kind::ALL
        .iter()
        .filter(|kind| kind.status().as_u16() == status);
    let names: Vec<String> = kinds
        .map(|kind| format!("`{}`: {}.", kind.name(), kind.title()))
        .collect();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let described = ResponseBuilder::new()
        .description(names.join(" "))
        .content(MEDIA_TYPE, content);
    match status {
        401 | 403 => described.header("WWW-Authenticate", text_header("RFC 6750.")),
        429 | 503 => described.header("Retry-After", text_header("Seconds to wait.")),
        _ => described,
    }
    .build()
}

fn text_header(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(description))
        .build()
}

/// Which failures an operation may answer, by what it takes.
fn failures(operation: &Operation) -> Vec<u16> {
    let parameters: Vec<(&str, &ParameterIn, bool)> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|parameter| match parameter {
            RefOr::T(it) => Some((
                it.name.as_str(),
                &it.parameter_in,
                matches!(it.required, Required::True),
            )),
            RefOr::Ref(_) => None,
        })
        .collect();
    let has = |place: &ParameterIn| parameters.iter().any(|(_, other, _)| *other == place);
    let mut statuses = vec![408, 413, 421, 429, 500, 503];
    let is_open = operation
        .security
        .iter()
        .flatten()
        .all(|needed| serde_json::to_string(needed).is_ok_and(|text| text == "{}"));
    if !is_open {
        statuses.extend([401, 403]);
    }
    if has(&ParameterIn::Query) || has(&ParameterIn::Header) {
        statuses.push(400);
    }
    let id = operation.operation_id.as_deref().unwrap_or_default();
    // A logo is the one thing that has a fixed address and may not be there.
    if has(&ParameterIn::Path) || id == "showLogo" {
        statuses.push(404);
    }
    if operation.request_body.is_some() {
        statuses.extend([400, 409, 415, 422]);
    }
    if parameters.iter().any(|(name, _, _)| *name == "If-Match") {
        statuses.extend([412, 428]);
    }
    // What stands in the way of a change, whether it has a body or not.
    if changes(id) {
        statuses.extend([409, 422]);
    }
    statuses
}

fn changes(operation_id: &str) -> bool {
    !["list", "show", "export"]
        .iter()
        .any(|verb| operation_id.starts_with(verb))
}
