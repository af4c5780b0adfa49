//! The application and the company's site on one host (set-up A): the session's own cookie, and no hand-over.

use axum::body::Body;
use vestibule::domain::ServedCompanies;

use super::{ACME_ORIGIN, Gate, asked};
use crate::support::{Answer, BETA_ORIGIN, Browser, send};

async fn on_one_host() -> Gate {
    let gate = Gate::with(
        |_| {},
        |application| {
            application.settings.origins = [ACME_ORIGIN, BETA_ORIGIN]
                .map(|origin| origin.parse().unwrap())
                .to_vec();
            application.companies = ServedCompanies::Every;
        },
    )
    .await;
    gate.app.catch_up().await.unwrap();
    gate
}

impl Gate {
    async fn check_at(&self, origin: &str, browser: &Browser) -> Answer {
        let request = asked()
            .header("vestibule-proxy-key", &self.key)
            .header("x-original-method", "GET")
            .header("x-original-url", format!("{origin}/orders"))
            .header("accept", "text/html")
            .header("cookie", browser.cookies());
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn the_session_of_the_site_counts_and_of_no_other_company() {
    let gate = on_one_host().await;
    let nobody = gate.check_at(ACME_ORIGIN, &gate.browser()).await;
    assert_eq!(nobody.status, 401);
    let login = format!("{ACME_ORIGIN}/sso/login?return_to=/orders");
    assert_eq!(nobody.header("location"), login);

    let at_acme = gate.signed_in().await;
    let allowed = gate.check_at(ACME_ORIGIN, &at_acme).await;
    assert_eq!(allowed.status, 200, "{}", allowed.body);
    assert_eq!(allowed.header("vestibule-company"), "acme");
    // Who has a session of acme sends its cookie to beta's host by hand.
    let elsewhere = gate.check_at(BETA_ORIGIN, &at_acme).await;
    assert_eq!(elsewhere.status, 401);

    let mut unknown = gate.browser();
    unknown.keep("vestibule-session", "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(gate.check_at(ACME_ORIGIN, &unknown).await.status, 401);
}

#[tokio::test]
async fn it_ends_there_as_anywhere() {
    let gate = on_one_host().await;
    let mut at_acme = gate.signed_in().await;
    assert_eq!(gate.check_at(ACME_ORIGIN, &at_acme).await.status, 200);
    let before = at_acme.clone();
    let click = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let out = at_acme.get_with("/.vestibule/sign-out", &click).await;
    assert_eq!(out.status, 303, "{}", out.body);
    assert_eq!(gate.check_at(ACME_ORIGIN, &before).await.status, 401);
}
