//! "API permissions": application permissions of Microsoft Graph, and "Grant admin consent".

use super::{SavedQuery, save, saved_head};
use crate::demo_idp::graph::GraphPermission;
use crate::demo_idp::pages::registrations::{
    PermissionRow, RegistrationPermissionsPage, RegistrationTab,
};
use crate::demo_idp::refusal::IdpRefusal;
use crate::demo_idp::{DemoIdp, OidcApp, pages};
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

type Answer = Result<Response, IdpRefusal>;

/// `GET /registrations/{client}/permissions`
pub(super) async fn show(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Query(query): Query<SavedQuery>,
    headers: HeaderMap,
) -> Answer {
    let app = idp.oidc_app(&client)?;
    let row = |permission: GraphPermission| {
        let found = app
            .permissions
            .iter()
            .find(|(name, _)| name == permission.name());
        PermissionRow {
            name: permission.name(),
            description: permission.description(),
            is_added: found.is_some(),
            is_granted: found.is_some_and(|(_, is_granted)| *is_granted),
        }
    };
    Ok(pages::show(&RegistrationPermissionsPage {
        permissions: GraphPermission::ALL.into_iter().map(row).collect(),
        head: saved_head(&idp, &headers, &app, RegistrationTab::Permissions, &query),
    }))
}

/// `POST /registrations/{client}/permissions`: what is ticked is asked for, and not granted yet.
pub(super) async fn add(
    State(idp): State<DemoIdp>,
    Path(client): Path<String>,
    Form(ticked): Form<Vec<(String, String)>>,
) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    let is_granted = |name: &str| app.permissions.contains(&(name.to_owned(), true));
    let is_ticked = |it: &GraphPermission| ticked.iter().any(|(_, name)| name == it.name());
    let wanted = GraphPermission::ALL.into_iter().filter(is_ticked);
    app.permissions = wanted
        .map(|it| (it.name().to_owned(), is_granted(it.name())))
        .collect();
    Ok(save(&idp, app, RegistrationTab::Permissions))
}

/// `POST /registrations/{client}/permissions/consent`: "Grant admin consent for Contoso".
pub(super) async fn consent(State(idp): State<DemoIdp>, Path(client): Path<String>) -> Answer {
    let mut app = OidcApp::clone(&*idp.oidc_app(&client)?);
    for (_, is_granted) in &mut app.permissions {
        *is_granted = true;
    }
    Ok(save(&idp, app, RegistrationTab::Permissions))
}
