//! What happens before some routes.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::current_site::{CameByAlias, CurrentSite};
use super::error::Error;

/// Cookies and the assertion consumer service live at the public origin only: who comes by another one is led there first.
pub(crate) async fn lead_to_public_origin(
    alias: Result<CameByAlias, Error>,
    site: Result<CurrentSite, Error>,
    request: Request,
    next: Next,
) -> Response {
    match (alias, site) {
        (Ok(CameByAlias(true)), Ok(CurrentSite(site))) if request.method() == Method::GET => {
            let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
            Redirect::to(&format!("{}{path}", site.company.origin)).into_response()
        }
        _ => next.run(request).await,
    }
}
