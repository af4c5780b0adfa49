//! A Response that nobody asked for (rule E5): bounced, refused, or accepted, as the connection says.

use time::Duration;

use super::finish::{Arrival, authenticate, complete, landing};
use super::record::{self, Refusal, refuse_apart};
use super::{Browser, Ending, Error, advice};
use crate::app::App;
use crate::domain::{AttemptKind, LoginAttempt, Unsolicited};
use crate::saml::response::ParsedResponse;
use crate::site::{Site, SiteConnection};
use crate::store::AttemptRef;

/// How old an accepted unsolicited Response may be, the connection's skew not counted: it comes straight from the tile.
const FRESH: Duration = Duration::minutes(5);

pub(super) async fn finish(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    parsed: &ParsedResponse<'_>,
) -> Result<Ending, Error> {
    let Some(ready) = connection(site, parsed) else {
        let issuer = parsed.issuer().unwrap_or_default();
        let refusal = Refusal::new(
            "D1",
            "The issuer is the identity provider of a connection",
            &format!("The issuer is not the identity provider of an enabled connection: {issuer}"),
            "the identity provider of an enabled connection",
            &issuer,
        );
        return refuse_apart(app, site, None, arrival, refusal).await;
    };
    let connection = &ready.connection;
    let refused = |expected, received| {
        let (subject, refused) = (
            "The Response answers a request",
            "The identity provider began this sign-in by itself",
        );
        let refusal = Refusal::new("E5", subject, refused, expected, received);
        refuse_apart(app, site, Some(connection.id), arrival, refusal)
    };
    match connection.settings.unsolicited {
        Unsolicited::Refuse => refused("an answer to a request", "no InResponseTo").await,
        // An identity provider that never answers our request would send the browser round for ever.
        Unsolicited::Bounce if arrival.bounced => {
            refused(
                "an answer to the request that was just sent",
                "another unsolicited Response",
            )
            .await
        }
        Unsolicited::Bounce => Ok(Ending::Bounce {
            connection: connection.name.to_string(),
        }),
        Unsolicited::Accept => accept(app, site, arrival, parsed, ready).await,
    }
}

/// The connection whose identity provider the Response names; a hint only, the signature decides (rule D1).
fn connection<'s>(site: &'s Site, parsed: &ParsedResponse<'_>) -> Option<&'s SiteConnection> {
    let issuer = parsed.issuer()?;
    site.enabled_connections()
        .find(|ready| ready.trust.idp_entity_id == issuer)
}

/// Rule E5: replay-checked, fresh, to the fixed landing page. What a request would be checked for stays as strict.
async fn accept(
    app: &App,
    site: &Site,
    arrival: Arrival<'_>,
    parsed: &ParsedResponse<'_>,
    ready: &SiteConnection,
) -> Result<Ending, Error> {
    let now = app.clock.now();
    let connection = &ready.connection;
    let apart = |refusal| refuse_apart(app, site, Some(connection.id), arrival, refusal);
    let subject = match authenticate(app, site, ready, parsed, None, now) {
        Ok(subject) => subject,
        Err(refusal) => return apart(refusal).await,
    };
    if subject.age() > FRESH + Duration::seconds(connection.settings.clock_skew_seconds.into()) {
        return apart(Refusal::new(
            "E5",
            advice::FRESH,
            "The Response is too old for one that nobody asked for",
            "an assertion made a moment ago",
            "an older one",
        ))
        .await;
    }
    let browser_hash = arrival.browser.map(Browser::hash).unwrap_or_default();
    let attempt = LoginAttempt {
        connection_id: Some(connection.id),
        ..record::open(site.company.id, AttemptKind::Saml, browser_hash, now)
    };
    let target = connection
        .settings
        .landing
        .clone()
        .unwrap_or_else(|| landing(site));
    complete(
        app,
        site,
        subject,
        AttemptRef::New(Box::new(attempt.clone())),
        &attempt,
        arrival.session,
        target,
    )
    .await
}
