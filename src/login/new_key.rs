//! A sign-in that an unknown key signed: is the key in the identity provider's metadata now?
//!
//! Invariants: no browser waits for it; the address of a connection is asked at most once in five minutes, and one at a time; what
//! is found is told in the record, and trusted only when an administrator has saved the update (rule B2).
//!
//! Rules B2 and B3. Tests: `tests/it/sign_in/new_key.rs`. The other half, which shows it, is `admin::sign_in`.

use std::collections::HashMap;
use std::time::Duration;

use super::Ending;
use super::arrival::Arrival;
use super::evidence::{LONGEST_RESPONSE, keep_new_key};
use crate::app::{App, KeyQuestion};
use crate::domain::{ConnectionId, NewKey};
use crate::outbound::fetch_metadata;
use crate::saml::error::Requirement;
use crate::saml::metadata::IdpMetadata;
use crate::saml::response::ParsedResponse;
use crate::saml::validate::validate;
use crate::site::{self, AnsweredRequest, Site, SiteConnection};

/// The largest metadata: one identity provider's, and room for more.
const LARGEST_METADATA: usize = 4 * 1024 * 1024;
/// How long the identity provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long an answer counts, and a failure.
const AGAIN: Duration = Duration::from_mins(5);
/// The most certificates that are tried.
const MOST: usize = 20;

/// Asks about a sign-in or a test that was refused, when an unknown key is the reason and the connection knows where its
/// metadata is. It makes no difference whether the Response was asked for.
pub(super) fn ask(
    app: &App,
    site: &Site,
    ready: &SiteConnection,
    arrival: Arrival<'_>,
    requirement: site::AnyRequirement,
    ending: &Ending,
) {
    let (Ending::Refused { attempt, .. } | Ending::Tested { attempt, .. }) = *ending else {
        return;
    };
    let xml = arrival.response.xml();
    let connection = &ready.connection;
    let is_known = connection.settings.saml().metadata_url.is_some();
    let by_key = requirement == site::AnyRequirement::Saml(Requirement::SignatureValue);
    if !by_key || !is_known || xml.len() > LONGEST_RESPONSE {
        return;
    }
    let request_id = ParsedResponse::parse(xml).ok();
    let request_id = request_id.and_then(|it| it.in_response_to().map(str::to_owned));
    app.new_keys.ask(KeyQuestion {
        attempt,
        expectation: site.expectation(
            connection,
            AnsweredRequest {
                request_id,
                ..AnsweredRequest::default()
            },
        ),
        connection: connection.clone(),
        xml: xml.to_vec(),
        reach: app.reach(&site.company),
    });
}

/// The certificates that an address had, when it was asked.
struct Look {
    at: Duration,
    url: String,
    certificates: Vec<String>,
}

/// Answers the questions, one after the other, until the future is dropped.
pub async fn look_for_new_keys(app: &App) {
    let mut looks: HashMap<ConnectionId, Look> = HashMap::new();
    while let Some((question, _turn)) = app.new_keys.next().await {
        let now = app.clock.running();
        looks.retain(|_, look| now.saturating_sub(look.at) < AGAIN);
        let settings = &question.connection.settings;
        let Some(url) = &settings.saml().metadata_url else {
            continue;
        };
        let known = looks.get(&question.connection.id);
        let certificates = if let Some(look) = known.filter(|look| look.url == *url) {
            look.certificates.clone()
        } else {
            let certificates = fetch_certificates(app, &question, url).await;
            let look = Look {
                at: now,
                url: url.clone(),
                certificates: certificates.clone(),
            };
            looks.insert(question.connection.id, look);
            certificates
        };
        answer(app, question, certificates).await;
    }
}

/// The certificates that the identity provider publishes; none when that cannot be found out.
async fn fetch_certificates(app: &App, question: &KeyQuestion, url: &str) -> Vec<String> {
    let fetching = fetch_metadata(url, question.reach, LARGEST_METADATA);
    let name = &question.connection.name;
    let bytes = match tokio::time::timeout(PATIENCE, fetching).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(cause)) => {
            tracing::info!(connection = %name, %cause, "the metadata of a connection cannot be fetched");
            return Vec::new();
        }
        Err(_) => {
            tracing::info!(connection = %name, "the metadata of a connection did not come in time");
            return Vec::new();
        }
    };
    let (entity_id, now) = (
        question.connection.settings.saml().idp_entity_id.clone(),
        app.clock.now(),
    );
    let reading = move || IdpMetadata::parse(&bytes, Some(&entity_id), now).ok();
    let read = tokio::task::spawn_blocking(reading).await.ok().flatten();
    read.map(|it| it.idp.signing_certificates)
        .unwrap_or_default()
}

async fn answer(app: &App, question: KeyQuestion, certificates: Vec<String>) {
    let (attempt, company) = (question.attempt, question.connection.company_id);
    let (decryption, now) = (app.sp_keys().decryption.clone(), app.clock.now());
    let looking = move || {
        let settings = &question.connection.settings;
        let unknown = certificates.into_iter();
        let mut unknown = unknown
            .filter(|it| !settings.saml().certificates.contains(it))
            .take(MOST);
        unknown.find_map(|one| {
            let mut with_it = settings.clone();
            with_it.saml_mut()?.certificates = vec![one];
            let trust = site::trust(&with_it, decryption.clone());
            let verdict = validate(&question.xml, &trust, &question.expectation, now);
            let is_value = |it: Requirement| it == Requirement::SignatureValue;
            let verified = verdict
                .checks()
                .iter()
                .any(|it| is_value(it.requirement) && it.passed);
            let key = trust.keys.first().filter(|_| verified)?;
            Some(NewKey {
                sha1: key.sha1_thumbprint(),
                sha256: key.sha256_thumbprint().to_owned(),
                url: settings.saml().metadata_url.clone()?,
            })
        })
    };
    if let Ok(Some(key)) = tokio::task::spawn_blocking(looking).await
        && let Err(cause) = keep_new_key(app, company, attempt, &key).await
    {
        tracing::warn!(%cause, "what was found out about a refused sign-in was not kept");
    }
}
