//! "Link this person to this account", on the page of a refused sign-in (rule F2).

use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;

use super::parse;
use crate::admin::{Admin, SignInDetail};
use crate::console::{ConsoleForm, Nothing, tell_at};
use crate::http::error::Error;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/sign-ins/{code}/link", post(link))
}

/// An identity that was refused the account of its address.
#[derive(Debug)]
pub(super) struct LinkView {
    pub(super) subject: String,
    pub(super) email: String,
    pub(super) user: String,
}

/// `POST /admin/sign-ins/{code}/link`: the person who was refused is the user.
async fn link(
    Path(code): Path<String>,
    ConsoleForm(console, Nothing {}): ConsoleForm<Nothing>,
) -> Result<Response, Error> {
    let user = console.admin().confirm_link(&parse(&code)?).await?;
    console.changed().await?;
    let told = "Linked. The next sign-in of this person gets in.";
    tell_at(&console, &format!("/admin/users/{}", user.id), told)
}

/// Whom the person of a refused sign-in may be linked to.
pub(super) async fn link_of(
    admin: &Admin<'_>,
    detail: &SignInDetail,
) -> Result<Option<LinkView>, Error> {
    let pending = admin.pending_link(&detail.attempt).await?;
    Ok(pending.map(|(link, user)| LinkView {
        subject: link.subject,
        email: user.email.to_string(),
        user: format!("/admin/users/{}", user.id),
    }))
}
