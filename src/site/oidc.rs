//! A connection's settings in the form that the law of OpenID Connect needs.
//!
//! Rules L8, M and P. What is judged by it is `oidc`.

use crate::domain::{Connection, OidcSettings};
use crate::oidc::{Client, Discovery};
use time::Duration;

/// What a connection is at its provider, and what it demands of an answer.
pub fn client(connection: &Connection, oidc: &OidcSettings, discovery: &Discovery) -> Client {
    let settings = &connection.settings;
    Client {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        extra_audiences: oidc.extra_audiences.iter().cloned().collect(),
        algorithms: discovery.algorithms.clone(),
        answers_name_issuer: discovery.answers_name_issuer,
        clock_skew: Duration::seconds(settings.clock_skew_seconds.into()),
        max_authentication_age: settings
            .max_authentication_age
            .map(|seconds| Duration::seconds(seconds.into())),
        accepted_acr: oidc.accepted_acr.clone(),
    }
}
