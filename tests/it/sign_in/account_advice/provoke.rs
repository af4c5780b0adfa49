//! Brings each refusal about.

use axum::http::Method;
use serde_json::{Value, json};
use time::Duration;
use vestibule::admin::{Actor, Admin};
use vestibule::demo_idp::ResponseSpec;
use vestibule::domain::{
    AttemptKind, AuditEvent, AuditId, Connection, Creation, GroupId, LoginAttempt, SetupLinkId,
    UserId,
};
use vestibule::store::{LinkObstacle, PasswordProof, Proof, Refusal, SetUp, SignIn};

use super::site::Site;
use super::{ANOTHER, BOSS, Kind, PERSISTENT, SIMON};
use crate::support::identity_provider::{EMAIL, OBJECT_ID, claim};
use crate::support::{self, Answer, PASSWORD, hidden_field, people, unique};

/// What the identity provider of "entra" sends where it is refused.
pub(super) fn sent(kind: Kind) -> fn(&mut ResponseSpec) {
    match kind {
        Kind::ContradictedAccount | Kind::Contradicted => |spec| claim(spec, EMAIL, &[BOSS]),
        Kind::ClaimOnly | Kind::HasPassword | Kind::IsAdministrator => |spec| {
            spec.name_id_format = Some(PERSISTENT.to_owned());
            spec.name_id = "4711".into();
        },
        Kind::NoEmail => |spec| {
            spec.attributes.retain(|claim| claim.name != EMAIL);
            spec.name_id_format = Some(PERSISTENT.to_owned());
            spec.name_id = "4711".into();
        },
        Kind::AssertionReplayed => |spec| spec.assertion_id = "_the_same".into(),
        Kind::Bound | Kind::BoundByOther => |spec| claim(spec, OBJECT_ID, &["another"]),
        _ => good,
    }
}

pub(super) fn good(_: &mut ResponseSpec) {}

pub(super) fn person(spec: &mut ResponseSpec, email: &str, object_id: &str) {
    email.clone_into(&mut spec.name_id);
    claim(spec, EMAIL, &[email]);
    claim(spec, OBJECT_ID, &[object_id]);
}

pub(super) fn without_object_id(spec: &mut ResponseSpec) {
    spec.attributes.retain(|claim| claim.name != OBJECT_ID);
}

/// Brings the refusal about: its record, and the refusal that has to be in it. None where no record tells of it.
pub(super) async fn provoke(kind: Kind, site: &Site) -> Option<(LoginAttempt, Refusal)> {
    let email = || SIMON.parse().unwrap();
    let refusal = match kind {
        Kind::AttemptConsumed => return None,
        Kind::AttemptExpired
        | Kind::OtherConnection
        | Kind::NoJitGroup
        | Kind::NoPassword
        | Kind::PasswordChanged
        | Kind::AccountGone
        | Kind::LinkUsed => return Some(provoke_in_the_store(kind, site).await),
        Kind::SsoOnly => {
            // Somebody who has come by single sign-on before, and has a password.
            let user = site.signed_in(SIMON, good).await;
            let sealed = site.world.app.keys.hash_password(PASSWORD);
            people::set_password(&site.world.app.store, user, Some(&sealed)).await;
            site.world.app.clock.step(Duration::SECOND);
            let answer = site.world.browser().sign_in(SIMON, PASSWORD, "").await;
            assert_eq!(answer.status, 403, "{}", answer.body);
            let group = site.world.basic.title.clone();
            return Some((
                site.newest().await,
                Refusal::SsoOnly {
                    email: email(),
                    group,
                },
            ));
        }
        Kind::EmailTaken => {
            site.add(json!({"email": SIMON, "password": ANOTHER})).await;
            site.world.app.clock.step(Duration::SECOND);
            let answer = set_up(site, SIMON).await;
            assert_eq!(answer.status, 422, "{}", answer.body);
            return Some((site.newest().await, Refusal::EmailTaken { email: email() }));
        }
        Kind::AssertionReplayed => {
            site.signed_in(SIMON, sent(kind)).await;
            Refusal::AssertionReplayed
        }
        Kind::OthersAddress => {
            let okta = site.world.okta().await;
            site.assign("contoso.com", &okta).await;
            let owner = okta.display_name;
            Refusal::OthersAddress {
                email: email(),
                owner,
            }
        }
        Kind::OutsideDomains => {
            let entra = site.world.entra.clone();
            site.assign("fabrikam.example", &entra).await;
            Refusal::OutsideDomains { email: email() }
        }
        Kind::NoAccount => {
            site.set("jit_group", "none").await;
            Refusal::NoAccount { email: email() }
        }
        Kind::NoEmail => {
            site.set("name_id_format", "any").await;
            let subject = "oid:8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54".to_owned();
            Refusal::NoEmail { subject }
        }
        Kind::NoRoom => {
            site.add(json!({"email": "idle@contoso.com"})).await;
            let most = site.allow_users(0).await;
            Refusal::NoRoom {
                email: email(),
                most,
            }
        }
        Kind::Deactivated => {
            let user = site.signed_in(SIMON, good).await;
            let path = format!("/api/v1/users/{user}/deactivate");
            site.api(Method::POST, &path, Value::Null).await;
            Refusal::Deactivated { email: email() }
        }
        Kind::Contradicted => Refusal::Contradicted {
            claim: BOSS.parse().unwrap(),
            name_id: email(),
        },
        Kind::TwoPeople => {
            site.signed_in("first@contoso.com", |spec| {
                person(spec, "first@contoso.com", "");
                without_object_id(spec);
            })
            .await;
            site.signed_in("second@contoso.com", |spec| {
                person(spec, "second@contoso.com", "two");
            })
            .await;
            return Some(two_people(site).await);
        }
        _ => return Some(not_linked(kind, site).await),
    };
    let answer = site.sign_in("entra", sent(kind)).await;
    let attempt = site.world.assert_refused(&answer, refusal.rule()).await;
    Some((attempt, refusal))
}

pub(super) fn both(spec: &mut ResponseSpec) {
    person(spec, "first@contoso.com", "two");
}

async fn two_people(site: &Site) -> (LoginAttempt, Refusal) {
    let answer = site.sign_in("entra", both).await;
    let attempt = site.world.assert_refused(&answer, "F1").await;
    let first = site.user("first@contoso.com").await;
    let names = site.world.app.store.identities_of(first).await.unwrap();
    let refusal = Refusal::TwoPeople {
        subject: "oid:two".to_owned(),
        account: "second@contoso.com".parse().unwrap(),
        name: names[0].subject.clone(),
        other: "first@contoso.com".parse().unwrap(),
    };
    (attempt, refusal)
}

/// The account is there, and something is in the way.
async fn not_linked(kind: Kind, site: &Site) -> (LoginAttempt, Refusal) {
    let entra = site.world.entra.clone();
    let mut address = SIMON;
    let (account, why) = match kind {
        Kind::NotAssigned => {
            // Another identity provider has made it.
            site.world.okta().await;
            let answer = site.sign_in("okta", |spec| person(spec, SIMON, "o")).await;
            assert_eq!(answer.status, 303, "{}", answer.body);
            (site.user(SIMON).await, LinkObstacle::NotAssigned)
        }
        Kind::WaitsForAnother => {
            let okta = site.world.okta().await;
            let body = json!({"email": SIMON, "connection": okta.id.to_string()});
            let user = site.add(body).await;
            (user, LinkObstacle::WaitsForAnother(okta.display_name))
        }
        Kind::WaitsForNobody => {
            let user = site.world.add_user(SIMON, None, &[]).await;
            site.world.okta().await;
            (user, LinkObstacle::WaitsForNobody)
        }
        Kind::Bound => {
            let user = site.signed_in(SIMON, good).await;
            let bound = oid("8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54");
            let came = oid("another");
            (user, LinkObstacle::Bound { bound, came })
        }
        Kind::BoundByOther => {
            let user = site.signed_in(SIMON, without_object_id).await;
            site.signed_in(SIMON, good).await;
            let names = site.world.app.store.identities_of(user).await.unwrap();
            let by = names.iter().find(|it| it.subject.starts_with("name_id"));
            let why = LinkObstacle::BoundByOther {
                by: by.unwrap().subject.clone(),
                bound: oid("8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54"),
                came: oid("another"),
            };
            (user, why)
        }
        Kind::ContradictedAccount => {
            address = BOSS;
            let user = site.add(json!({"email": BOSS})).await;
            (user, LinkObstacle::Contradicted(SIMON.parse().unwrap()))
        }
        Kind::ClaimOnly => {
            site.set("name_id_format", "any").await;
            (
                site.add(json!({"email": SIMON})).await,
                LinkObstacle::ClaimOnly,
            )
        }
        Kind::HasPassword => {
            site.set("name_id_format", "any").await;
            let user = site.add(json!({"email": SIMON, "password": ANOTHER})).await;
            site.assign("contoso.com", &entra).await;
            (user, LinkObstacle::HasPassword)
        }
        Kind::IsAdministrator => {
            site.set("name_id_format", "any").await;
            let groups = json!([site.admins.id.to_string()]);
            let user = site.add(json!({"email": SIMON, "groups": groups})).await;
            (user, LinkObstacle::IsAdministrator)
        }
        Kind::PasswordOfToken => {
            let small = Admin {
                actor: Actor {
                    over_administrators: false,
                    ..Actor::command_line()
                },
                ..site.world.admin_of(&site.world.acme)
            };
            let user = site.add(json!({"email": SIMON})).await;
            small
                .set_password(user, ANOTHER.to_owned(), None)
                .await
                .unwrap();
            site.assign("contoso.com", &entra).await;
            (user, LinkObstacle::PasswordOfToken)
        }
        other => panic!("{other:?} has a row of its own"),
    };
    let answer = site.sign_in("entra", sent(kind)).await;
    let attempt = site.world.assert_refused(&answer, "F2").await;
    let email = address.parse().unwrap();
    (
        attempt,
        Refusal::NotLinked {
            email,
            account,
            why,
        },
    )
}

fn oid(value: &str) -> String {
    format!("oid:{value}")
}

/// What happens only between two statements: the store is given it as it would be then.
async fn provoke_in_the_store(kind: Kind, site: &Site) -> (LoginAttempt, Refusal) {
    let password = |user_id, sealed: &[u8]| {
        Proof::Password(Box::new(PasswordProof {
            user_id,
            sealed: sealed.to_vec(),
            break_glass: None,
        }))
    };
    let email = SIMON.parse().unwrap();
    let saml = AttemptKind::Saml;
    match kind {
        Kind::AttemptExpired => {
            let late = |_: &mut LoginAttempt, sign_in: &mut SignIn| {
                sign_in.now += Duration::minutes(11);
            };
            (site.stored(saml, late).await, Refusal::AttemptExpired)
        }
        Kind::OtherConnection => {
            let other = |attempt: &mut LoginAttempt, _: &mut SignIn| attempt.connection_id = None;
            (site.stored(saml, other).await, Refusal::OtherConnection)
        }
        Kind::NoJitGroup => {
            // The group went after this server had read the connection.
            let gone = |_: &mut LoginAttempt, sign_in: &mut SignIn| {
                if let Proof::Federated(proof) = &mut sign_in.proof {
                    let mut connection = Connection::clone(&proof.connection);
                    connection.settings.jit = Some(GroupId::from_bytes([9; 16]));
                    proof.connection = std::sync::Arc::new(connection);
                }
            };
            (site.stored(saml, gone).await, Refusal::NoJitGroup)
        }
        Kind::NoPassword => {
            let user = site.add(json!({"email": SIMON})).await;
            let proof = password(user, b"x");
            let typed = |_: &mut LoginAttempt, it: &mut SignIn| it.proof = proof;
            let attempt = site.stored(AttemptKind::Password, typed).await;
            (attempt, Refusal::NoPassword { email })
        }
        Kind::PasswordChanged => {
            let user = site.world.add_user(SIMON, Some(PASSWORD), &[]).await;
            let proof = password(user, b"another");
            let typed = |_: &mut LoginAttempt, it: &mut SignIn| it.proof = proof;
            let attempt = site.stored(AttemptKind::Password, typed).await;
            (attempt, Refusal::PasswordChanged { email })
        }
        Kind::AccountGone => {
            let proof = password(UserId::from_bytes([9; 16]), b"x");
            let typed = |_: &mut LoginAttempt, it: &mut SignIn| it.proof = proof;
            let attempt = site.stored(AttemptKind::Password, typed).await;
            (attempt, Refusal::AccountGone)
        }
        Kind::LinkUsed => {
            let company = site.world.acme.id;
            let set_up = SetUp {
                link: SetupLinkId::from_bytes([9; 16]),
                company_name: "Acme".to_owned(),
                user: vestibule::domain::User {
                    created_by: Creation::Administrator,
                    ..support::user(company, SIMON)
                },
                password: None,
                group: site.admins.clone(),
                event: AuditEvent {
                    id: AuditId::from_bytes(unique()),
                    company_id: Some(company),
                    at: site.world.app.clock.now(),
                    actor: String::new(),
                    action: "company.set_up".into(),
                    subject: String::new(),
                    detail: String::new(),
                    client: None,
                    before: None,
                    after: None,
                },
            };
            let proof = Proof::SetUp(Box::new(set_up));
            let used = |_: &mut LoginAttempt, it: &mut SignIn| it.proof = proof;
            let attempt = site.stored(AttemptKind::SetUp, used).await;
            (attempt, Refusal::LinkUsed)
        }
        other => panic!("{other:?} comes by a browser"),
    }
}

/// The holder of a new set-up link types an address.
pub(super) async fn set_up(site: &Site, email: &str) -> Answer {
    let made = site
        .world
        .admin_of(&site.world.acme)
        .new_setup_link()
        .await
        .unwrap();
    let address = made.address(&site.world.acme);
    let path = address
        .strip_prefix(site.world.acme.origin.as_str())
        .unwrap();
    let mut browser = site.world.browser();
    let page = browser.get(path).await;
    let csrf = hidden_field(&page.body, "csrf").unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("company_name", "Acme"),
        ("email", email),
        ("first_name", ""),
        ("last_name", ""),
        ("way", "password"),
        ("password", ANOTHER),
    ];
    browser.post(path, &fields).await
}
