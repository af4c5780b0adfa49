//! A permission group that is made while the form of a new connection waits for it.
//!
//! Invariant: the form travels as one whose session is over ([`kept_form`]), sealed, to its author and nobody else; nothing of it is
//! carried out. It comes back with the new group chosen.

use axum::extract::{Query, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use crate::console::Console;
use crate::console::form_fields::check_origin;
use crate::console::kept_form::{self, KeptForm};
use crate::console::people::group_form;
use crate::console::upload::UPLOAD_BYTES;
use crate::domain::{Group, GroupKind};
use crate::http::cookies::Cookie;
use crate::http::error::Error;
use crate::http::request_body::RequestBody;
use crate::http::routes::Routes;

pub(in crate::console) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/groups/new/first", post(begin))
}

/// The form that waits, by its address.
#[derive(Debug, Deserialize)]
struct Waiting {
    form: String,
}

/// The pages whose forms ask for a group.
const FORMS: [&str; 2] = ["/admin/connections/new", "/admin/connections/new/manual"];

/// `POST /admin/groups/new/first`
async fn begin(
    console: Console,
    Query(waiting): Query<Waiting>,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    check_origin(&parts.headers)?;
    let form = FORMS.into_iter().find(|form| *form == waiting.form);
    let action = Uri::from_static(form.ok_or(Error::NotFound)?);
    let posted = RequestBody::read_at_most(&mut parts, body, &console.app, UPLOAD_BYTES).await?;
    let (fields, files) = kept_form::read(&parts, &posted).await?;
    let kept = KeptForm::of(&console.app, console.company(), &action, fields, files);
    let kept = kept.ok_or(Error::ForeignForm)?;
    if !kept.is_of(&console) {
        return Err(Error::OthersForm);
    }
    let browser = kept_form::browser(&parts, console.site.is_https());
    let sealed = kept.seal(&console.app, &browser)?;
    let page = group_form::empty(&console, sealed);
    Ok(page
        .with_cookie(Cookie::Form, &browser, console.site.is_https())
        .into_response())
}

/// The form that has waited, once the group is there.
pub(in crate::console) async fn go_on(
    console: &Console,
    parts: Parts,
    sealed: &str,
    group: &Group,
) -> Result<Response, Error> {
    let mut kept = KeptForm::open(&console.app, &console.site, &parts, sealed)?;
    if group.kind == GroupKind::Member {
        kept.fill_in("jit_group", &group.id.to_string());
    }
    let said = format!(
        "Created the permission group \"{}\". What you had filled in is here, and nothing of it is saved yet.",
        group.title
    );
    kept_form::show(console, parts, kept, &said).await
}
