//! A permission group that is made while the form of a new connection waits for it.
//!
//! Invariant: the form waits in the session's data, as one whose session is over is kept ([`kept_form`]): without passwords and files,
//! for its author and nobody else, and nothing of it is carried out. It comes back with the new group chosen.

use axum::extract::{Query, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;

use crate::console::kept_form::{self, KeptForm};
use crate::console::people::group_form;
use crate::console::upload::UPLOAD_BYTES;
use crate::console::{Console, tell_at};
use crate::domain::{Group, GroupKind};
use crate::http::csrf::check_origin;
use crate::http::error::Error;
use crate::http::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.route("/admin/groups/new/first", post(begin))
}

/// The form that waits, by its address.
#[derive(Debug, Deserialize)]
struct WaitingForm {
    form: String,
}

/// The pages whose forms ask for a group.
const FORMS: [&str; 2] = ["/admin/connections/new", "/admin/connections/new/manual"];

/// `POST /admin/groups/new/first`
async fn begin(
    console: Console,
    Query(waiting): Query<WaitingForm>,
    request: Request,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    check_origin(&parts.headers)?;
    let form = FORMS.into_iter().find(|form| *form == waiting.form);
    let action = Uri::from_static(form.ok_or(Error::NotFound)?);
    let form = kept_form::read(&mut parts, body, &console.app, UPLOAD_BYTES).await?;
    let kept = KeptForm::of(&console.app, console.company(), &action, form);
    let kept = kept.ok_or(Error::ForeignForm)?;
    if !kept.is_of(&console) {
        return Err(Error::OthersForm);
    }
    let name = console.data.keep(&kept, console.now())?;
    Ok(group_form::empty(&console, name).into_response())
}

/// The form that has waited, once the group is there.
pub(in crate::console) async fn go_on(
    console: &Console,
    parts: Parts,
    name: &str,
    group: &Group,
) -> Result<Response, Error> {
    let kept = console.data.find::<KeptForm>(name, console.now()).await?;
    let Some(mut kept) = kept else {
        let told = format!(
            "Created the permission group \"{}\". The form that waited for it is not kept any more.",
            group.title
        );
        return tell_at(console, &format!("/admin/groups/{}", group.id), &told);
    };
    if group.kind == GroupKind::Member {
        kept.fill_in("jit_group", &group.id.to_string());
    }
    let said = format!(
        "Created the permission group \"{}\". What you had filled in is here, and nothing of it is saved yet.",
        group.title
    );
    kept_form::show(console, parts, kept, &said).await
}
