//! Follows a line of advice.

use axum::http::Method;
use serde_json::{Value, json};
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::LoginAttempt;

use super::provoke::{both, good, person, sent, set_up};
use super::site::Site;
use super::{ADDRESS, ANOTHER, BOSS, Do, Kind, SIMON};
use crate::support::identity_provider::{EMAIL, claim};
use crate::support::{Answer, Browser, PASSWORD, hidden_field};

/// Does what is advised, and tries again.
pub(super) async fn follow(kind: Kind, what: Do, site: &Site, refused: &LoginAttempt) -> Answer {
    here(what, site, refused).await;
    let resend = sent(kind);
    let browser = &mut site.world.browser();
    match (kind, what) {
        (_, Do::StartAgain | Do::NameIdIsTheAddress) => site.sign_in("entra", good).await,
        (Kind::TwoPeople, Do::UnlinkTheName) => site.sign_in("entra", both).await,
        (_, Do::OneSource) => {
            let one = |spec: &mut ResponseSpec| {
                resend(spec);
                BOSS.clone_into(&mut spec.name_id);
            };
            site.sign_in("entra", one).await
        }
        (_, Do::ThroughTheOther) => site.sign_in("okta", |spec| person(spec, SIMON, "o")).await,
        (_, Do::SendTheOwnAddress) => {
            let own = |spec: &mut ResponseSpec| person(spec, "own@fabrikam.example", "own");
            site.sign_in("entra", own).await
        }
        (_, Do::SendTheOwnObjectId) => {
            let own = |spec: &mut ResponseSpec| person(spec, "first@contoso.com", "one");
            site.sign_in("entra", own).await
        }
        (_, Do::SendAnAddress) => {
            let with_address = |spec: &mut ResponseSpec| {
                resend(spec);
                claim(spec, EMAIL, &[SIMON]);
            };
            site.sign_in("entra", with_address).await
        }
        (Kind::NoPassword, Do::SetAPassword) | (_, Do::SignInWithThisOne) => {
            let page = browser.sign_in(SIMON, ANOTHER, "").await;
            own_password(browser, &page).await
        }
        (_, Do::OpenTheGroup | Do::TypeTheNewPassword) => {
            browser.sign_in(SIMON, PASSWORD, "").await
        }
        (_, Do::AskForANewLink) => set_up(site, "new@contoso.com").await,
        (_, Do::TypeAnotherAddress) => set_up(site, "other@contoso.com").await,
        _ => site.sign_in("entra", resend).await,
    }
}

/// A password that somebody else has set is good for the page that asks for an own one.
async fn own_password(browser: &mut Browser, page: &Answer) -> Answer {
    let field = |name| hidden_field(&page.body, name).unwrap();
    let (csrf, ticket, email) = (field("csrf"), field("ticket"), field("email"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("ticket", ticket.as_str()),
        ("email", email.as_str()),
        ("password", "known to nobody else"),
    ];
    browser.post("/sign-in/password", &fields).await
}

/// What is advised on our side.
async fn here(what: Do, site: &Site, refused: &LoginAttempt) {
    let entra = site.world.entra.clone();
    let of_user = async |rest: &str| format!("/api/v1/users/{}{rest}", site.user(SIMON).await);
    match what {
        Do::AssignDomain => site.assign("contoso.com", &entra).await,
        Do::AddDomain => {
            let body = json!({"connection": null});
            site.api(Method::PUT, "/api/v1/domains/contoso.com", body)
                .await;
        }
        Do::AllowGuests => site.set("guests", "true").await,
        Do::LinkByHand => {
            let path = format!("/admin/sign-ins/{}/link", refused.code);
            site.post(&path, &[]).await;
        }
        Do::WaitForThis => {
            let path = format!("/admin/users/{}/wait-for", site.user(SIMON).await);
            let connection = entra.id.to_string();
            site.post(&path, &[("connection", &connection)]).await;
        }
        Do::Unlink => {
            let path = of_user(&format!("/identities/{}", entra.id)).await;
            site.api(Method::DELETE, &path, Value::Null).await;
        }
        Do::UnlinkTheName => match site.world.user("first@contoso.com").await {
            Some(first) => site.unlink(first.id, "name_id").await,
            None => site.unlink(site.user(SIMON).await, "oid:8f1d").await,
        },
        Do::GiveAnotherAddress => site.rename().await,
        Do::UnlinkTheNameAndGiveAnotherAddress => {
            site.unlink(site.user(SIMON).await, "name_id").await;
            site.rename().await;
        }
        Do::TrustTheClaim => site.set("trust_email_claim", "true").await,
        Do::NameIdIsTheAddress => site.set("name_id_format", ADDRESS).await,
        // Whose address it is is the company's to say.
        Do::SendTheOwnAddress => site.assign("fabrikam.example", &entra).await,
        Do::CreateTheUser => drop(site.add(json!({"email": SIMON})).await),
        Do::MakeAccounts => site.set("jit_group", "SSO Basic").await,
        Do::DeleteAUser => {
            let path = format!("/api/v1/users/{}", site.user("idle@contoso.com").await);
            site.api(Method::DELETE, &path, Value::Null).await;
        }
        Do::AllowMoreUsers => drop(site.allow_users(1).await),
        Do::Activate => {
            site.api(Method::POST, &of_user("/activate").await, Value::Null)
                .await;
        }
        Do::OpenTheGroup => {
            let path = format!("/api/v1/groups/{}", site.world.basic.id);
            site.api(Method::PATCH, &path, json!({"sso_only": false}))
                .await;
        }
        Do::SetAPassword => {
            let body = json!({"password": ANOTHER});
            site.api(Method::PUT, &of_user("/password").await, body)
                .await;
        }
        Do::StartAgain
        | Do::OneSource
        | Do::ThroughTheOther
        | Do::SendTheOwnObjectId
        | Do::SendAnAddress
        | Do::UseSingleSignOn
        | Do::TypeTheNewPassword
        | Do::AskForANewLink
        | Do::TypeAnotherAddress
        | Do::SignInWithThisOne => {}
    }
}
