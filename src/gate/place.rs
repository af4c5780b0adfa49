//! The place of a request: the application whose host it names.
//!
//! Invariant: the host picks the application, and addresses that we tell anyone come from its configured origin (rule Q14).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::current_site::{host_key, told_host};
use crate::http::error::Error;
use crate::site::ApplicationPlace;

/// The application at the request's host; without one the answer is 421.
#[derive(Debug, Clone)]
pub(super) struct CurrentPlace(pub(super) ApplicationPlace);

impl FromRequestParts<Arc<App>> for CurrentPlace {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        host_key(&parts.headers)
            .and_then(|host| app.applications.at_written_host(&host))
            .map(Self)
            .ok_or_else(|| Error::UnknownSite(told_host(&parts.headers)))
    }
}
