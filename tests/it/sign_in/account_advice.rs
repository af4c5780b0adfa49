//! Advice is right or absent for every refusal of the transaction that ends a sign-in: each line of a record's advice is followed as
//! a person follows it, by the API, the console or at the identity provider, and the next try passes.
//!
//! A variant without a row does not compile.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use time::Duration;
use vestibule::admin::{Actor, Admin, Fix, NewToken, Side, fixes};
use vestibule::demo_idp::{Claim, ResponseSpec, User};
use vestibule::domain::{
    AttemptId, AttemptKind, AuditEvent, AuditId, Connection, Creation, Family, Group, GroupClaim,
    GroupId, GroupKind, LoginAttempt, Profile, Record, Scope, SessionId, SetupLinkId, UserId,
};
use vestibule::http::client_address::Peer;
use vestibule::import;
use vestibule::saml::metadata::IdpMetadata;
use vestibule::store::{
    AttemptFilter, AttemptRef, Bar, FederatedProof, NewSession, PasswordProof, Proof, Refusal,
    SetUp, SignIn,
};

use super::password::submit;
use super::world::{World, begin, service_provider};
use crate::support::{self, Answer, Browser, hidden_field, send, unescaped, unique};

const SIMON: &str = "b.simon@contoso.com";
const BOSS: &str = "boss@contoso.com";
const ADMIN: &str = "anna.admin@acme.example";
const PASSWORD: &str = "Correct-Horse-9";
const ANOTHER: &str = "Staple-Battery-17x";
const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const ADDRESS: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

macro_rules! kinds {
    ($($pattern:pat => $kind:ident),+ $(,)?) => {
        /// Every refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Kind { $($kind),+ }

        const ALL: &[Kind] = &[$(Kind::$kind),+];

        fn kind(refusal: &Refusal) -> Kind {
            match refusal { $($pattern => Kind::$kind),+ }
        }
    };
}

kinds! {
    Refusal::AttemptConsumed => AttemptConsumed,
    Refusal::AttemptExpired => AttemptExpired,
    Refusal::OtherConnection => OtherConnection,
    Refusal::AssertionReplayed => AssertionReplayed,
    Refusal::TwoPeople { .. } => TwoPeople,
    Refusal::NotLinked { why: Bar::NotAssigned, .. } => NotAssigned,
    Refusal::NotLinked { why: Bar::WaitsForAnother(_), .. } => WaitsForAnother,
    Refusal::NotLinked { why: Bar::WaitsForNobody, .. } => WaitsForNobody,
    Refusal::NotLinked { why: Bar::Bound { .. }, .. } => Bound,
    Refusal::NotLinked { why: Bar::BoundByOther { .. }, .. } => BoundByOther,
    Refusal::NotLinked { why: Bar::Contradicted(_), .. } => ContradictedAccount,
    Refusal::NotLinked { why: Bar::ClaimOnly, .. } => ClaimOnly,
    Refusal::NotLinked { why: Bar::HasPassword, .. } => HasPassword,
    Refusal::NotLinked { why: Bar::IsAdministrator, .. } => IsAdministrator,
    Refusal::NotLinked { why: Bar::PasswordOfToken, .. } => PasswordOfToken,
    Refusal::Contradicted { .. } => Contradicted,
    Refusal::OthersAddress { .. } => OthersAddress,
    Refusal::OutsideDomains { .. } => OutsideDomains,
    Refusal::NoAccount { .. } => NoAccount,
    Refusal::NoEmail { .. } => NoEmail,
    Refusal::NoRoom { .. } => NoRoom,
    Refusal::NoJitGroup => NoJitGroup,
    Refusal::Deactivated { .. } => Deactivated,
    Refusal::SsoOnly { .. } => SsoOnly,
    Refusal::NoPassword { .. } => NoPassword,
    Refusal::PasswordChanged { .. } => PasswordChanged,
    Refusal::AccountGone => AccountGone,
    Refusal::LinkUsed => LinkUsed,
    Refusal::EmailTaken { .. } => EmailTaken,
}

/// What a line of advice tells to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Do {
    StartAgain,
    /// E-mail domains.
    AssignDomain,
    AddDomain,
    AllowGuests,
    /// Link this person to this account.
    LinkByHand,
    /// First sign-in through.
    WaitForThis,
    Unlink,
    /// One name, on the user's page.
    UnlinkTheName,
    GiveAnotherAddress,
    UnlinkTheNameAndGiveAnotherAddress,
    /// At the identity provider: the claim and the NameID have one source.
    OneSource,
    TrustTheClaim,
    /// The NameID is the address, here and there.
    NameIdIsTheAddress,
    ThroughTheOther,
    SendTheOwnAddress,
    SendTheOwnObjectId,
    CreateTheUser,
    MakeAccounts,
    SendAnAddress,
    DeleteAUser,
    AllowMoreUsers,
    Activate,
    UseSingleSignOn,
    /// This group can only sign in via single sign-on: no more.
    OpenTheGroup,
    SetAPassword,
    TypeTheNewPassword,
    AskForANewLink,
    TypeAnotherAddress,
    SignInWithThisOne,
}

/// The lines of a refusal's advice, by words of each, and what is done; several where the line leaves a choice.
fn lines(kind: Kind) -> &'static [(&'static str, &'static [Do])] {
    const BY_HAND: (&str, &[Do]) = ("Link this person to this account", &[Do::LinkByHand]);
    const FIRST: (&str, &[Do]) = ("through which connection", &[Do::WaitForThis]);
    const AGAIN: (&str, &[Do]) = ("Start the sign-in again", &[Do::StartAgain]);
    const SOURCE: (&str, &[Do]) = ("have the same source", &[Do::OneSource]);
    const TRUST: (&str, &[Do]) = ("trust_email_claim=true", &[Do::TrustTheClaim]);
    const UNLINK: (&str, &[Do]) = ("unlink the old identity", &[Do::Unlink, Do::UnlinkTheName]);
    match kind {
        Kind::AttemptConsumed | Kind::AccountGone => &[],
        Kind::AttemptExpired | Kind::OtherConnection | Kind::AssertionReplayed => &[AGAIN],
        Kind::TwoPeople => &[
            ("unlink it from the user who had it", &[Do::UnlinkTheName]),
            ("its claim has the wrong source", &[Do::SendTheOwnObjectId]),
        ],
        Kind::NotAssigned => &[("assign the domain to it", &[Do::AssignDomain]), BY_HAND],
        Kind::WaitsForAnother | Kind::WaitsForNobody => &[FIRST, BY_HAND],
        Kind::Bound => &[
            (
                "another address",
                &[Do::GiveAnotherAddress, Do::SendTheOwnAddress],
            ),
            UNLINK,
            BY_HAND,
        ],
        Kind::BoundByOther => &[
            (
                "give that user another address",
                &[Do::UnlinkTheNameAndGiveAnotherAddress],
            ),
            UNLINK,
            BY_HAND,
        ],
        Kind::ContradictedAccount | Kind::Contradicted => &[SOURCE, TRUST],
        Kind::ClaimOnly => &[
            (
                "Let the NameID be the e-mail address",
                &[Do::NameIdIsTheAddress],
            ),
            TRUST,
            BY_HAND,
        ],
        Kind::HasPassword | Kind::IsAdministrator | Kind::PasswordOfToken => &[BY_HAND],
        Kind::OthersAddress => &[
            (
                "through that connection",
                &[Do::ThroughTheOther, Do::SendTheOwnAddress],
            ),
            ("assign it to it", &[Do::AssignDomain]),
        ],
        Kind::OutsideDomains => &[
            ("company domain add", &[Do::AddDomain]),
            ("guests=true", &[Do::AllowGuests]),
        ],
        Kind::NoAccount => &[("Create the user", &[Do::CreateTheUser, Do::MakeAccounts])],
        Kind::NoEmail => &[("send the e-mail address", &[Do::SendAnAddress])],
        Kind::NoRoom => &[
            ("Delete users who are not needed", &[Do::DeleteAUser]),
            ("allow more", &[Do::AllowMoreUsers]),
        ],
        Kind::NoJitGroup => &[("Choose another permission group", &[Do::MakeAccounts])],
        Kind::Deactivated => &[("activate the account", &[Do::Activate])],
        // Whom an administrator has put there is moved in `what_is_advised_where_a_password_is_refused`.
        Kind::SsoOnly => &[
            ("choose the identity provider", &[Do::UseSingleSignOn]),
            ("switch that off at the group", &[Do::OpenTheGroup]),
        ],
        Kind::NoPassword => &[("Set a password", &[Do::SetAPassword])],
        Kind::PasswordChanged => &[("set last", &[Do::TypeTheNewPassword])],
        Kind::LinkUsed => &[("for a new link", &[Do::AskForANewLink])],
        Kind::EmailTaken => &[(
            "another e-mail address",
            &[Do::TypeAnotherAddress, Do::SignInWithThisOne],
        )],
    }
}

/// Why nothing is advised. (A deactivated user that is to stay so has advice that says whom it is for.)
fn why_not(kind: Kind) -> &'static str {
    match kind {
        Kind::AttemptConsumed => "its record stays as it was, and tells how the first answer ended",
        Kind::AccountGone => "somebody has deleted the account, and nobody gets it back",
        _ => "",
    }
}

/// What the identity provider of "entra" sends where it is refused.
fn sent(kind: Kind) -> fn(&mut ResponseSpec) {
    match kind {
        Kind::ContradictedAccount | Kind::Contradicted => |spec| claim(spec, EMAIL, BOSS),
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
        Kind::Bound | Kind::BoundByOther => |spec| claim(spec, OBJECT_ID, "another"),
        _ => good,
    }
}

fn good(_: &mut ResponseSpec) {}

fn claim(spec: &mut ResponseSpec, name: &str, value: &str) {
    spec.attributes.retain(|claim| claim.name != name);
    spec.attributes.push(Claim::new(name, [value]));
}

fn person(spec: &mut ResponseSpec, email: &str, object_id: &str) {
    email.clone_into(&mut spec.name_id);
    claim(spec, EMAIL, email);
    claim(spec, OBJECT_ID, object_id);
}

fn without_object_id(spec: &mut ResponseSpec) {
    spec.attributes.retain(|claim| claim.name != OBJECT_ID);
}

/// acme with an administrator, a token that may do everything, and a second connection where it is wanted.
struct Site {
    world: World,
    admins: Group,
    token: String,
}

impl Site {
    async fn new() -> Self {
        let world = World::new().await;
        let admins = world
            .add_group("Administrators", GroupKind::Administrator, false)
            .await;
        world.add_user(ADMIN, Some(PASSWORD), &[&admins]).await;
        let new = NewToken {
            name: "advice".to_owned(),
            scopes: Scope::ALL.iter().map(ToString::to_string).collect(),
            days: 30,
        };
        let made = admin(&world).create_token(&new).await.unwrap();
        world.app.catch_up().await.unwrap();
        Self {
            token: made.secret,
            world,
            admins,
        }
    }

    /// The connection "okta", to another identity provider.
    async fn okta(&self) -> Connection {
        let metadata = self.world.beta_idp.metadata_xml().unwrap();
        let now = self.world.app.clock.now();
        let imported = IdpMetadata::parse(metadata.as_bytes(), None, now).unwrap();
        let mut settings = import::settings(&imported.idp);
        settings.jit = Some(self.world.basic.id);
        let okta = support::connection(self.world.acme.id, "okta", settings);
        let store = &self.world.app.store;
        store.add_connection(&okta, now).await.unwrap();
        self.world.app.catch_up().await.unwrap();
        okta
    }

    async fn sign_in(&self, through: &str, change: impl FnOnce(&mut ResponseSpec)) -> Answer {
        let mut browser = self.world.browser();
        let path = format!("/sso/login?connection={through}");
        let begun = begin(&mut browser, &path).await;
        let idp = if through == "okta" {
            &self.world.beta_idp
        } else {
            &self.world.idp
        };
        let here = service_provider(&self.world.acme);
        let mut spec = idp.response_spec(&User::b_simon(), &here);
        change(&mut spec);
        let xml = idp.respond(&spec.answering(&begun.id)).unwrap();
        let response = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, xml);
        self.world.bring(&mut browser, &begun, &response).await
    }

    /// The user of a sign-in that succeeds.
    async fn signed_in(&self, email: &str, change: impl FnOnce(&mut ResponseSpec)) -> UserId {
        let answer = self.sign_in("entra", change).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.user(email).await
    }

    async fn user(&self, email: &str) -> UserId {
        self.world.user(email).await.unwrap().id
    }

    /// A user that an administrator has made by the API.
    async fn add(&self, body: Value) -> UserId {
        let answer = self.api(Method::POST, "/api/v1/users", body).await;
        answer["id"].as_str().unwrap().parse().unwrap()
    }

    async fn api(&self, method: Method, path: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.world.acme.origin.host_key())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::IF_MATCH, "*")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(Peer("127.0.0.1:4711".parse().unwrap()));
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let answer = send(&self.world.router, request.body(body).unwrap()).await;
        assert!(
            (200..300).contains(&answer.status),
            "{path}: {}",
            answer.body
        );
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    async fn set(&self, key: &str, value: &str) {
        let path = format!("/api/v1/connections/{}", self.world.entra.id);
        self.api(Method::PATCH, &path, json!({"settings": {key: value}}))
            .await;
    }

    async fn assign(&self, domain: &str, to: &Connection) {
        let path = format!("/api/v1/domains/{domain}");
        let body = json!({"connection": to.id.to_string()});
        self.api(Method::PUT, &path, body).await;
    }

    /// As many users as there are, and so many more, as the operator's command allows.
    async fn allow_users(&self, more: u32) -> u32 {
        let (store, acme) = (&self.world.app.store, self.world.acme.id);
        let most = u32::try_from(store.users(acme).await.unwrap().len()).unwrap() + more;
        let mut tx = store.begin().await.unwrap();
        tx.write_quota(acme, Family::Users, Some(most))
            .await
            .unwrap();
        tx.commit(self.world.app.clock.now()).await.unwrap();
        most
    }

    /// Simon's account gets another address.
    async fn rename(&self) {
        let path = format!("/api/v1/users/{}", self.user(SIMON).await);
        let body = json!({"email": "former@contoso.com"});
        self.api(Method::PATCH, &path, body).await;
    }

    async fn console(&self) -> Browser {
        let mut browser = self.world.browser();
        let answer = submit(&mut browser, ADMIN, PASSWORD, "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) {
        let mut browser = self.console().await;
        let page = browser.get("/admin/account").await;
        let csrf = hidden_field(&page.body, "csrf").unwrap();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let answer = browser.post(path, &all).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    }

    /// Unlinks one name of a user, on the user's page.
    async fn unlink(&self, user: UserId, starts: &str) {
        let names = self.world.app.store.identities_of(user).await.unwrap();
        let name = names.iter().find(|it| it.subject.starts_with(starts));
        let name = &name
            .unwrap_or_else(|| panic!("{starts}: {names:?}"))
            .subject;
        let connection = self.world.entra.id.to_string();
        let fields = [("connection", connection.as_str()), ("subject", name)];
        self.post(&format!("/admin/users/{user}/unlink"), &fields)
            .await;
    }

    /// The newest record.
    async fn newest(&self) -> LoginAttempt {
        let (store, all) = (&self.world.app.store, AttemptFilter::default());
        let attempts = store.attempts(self.world.acme.id, &all, 50).await.unwrap();
        let finished = attempts.into_iter().filter(|it| it.finished_at.is_some());
        finished.max_by_key(|it| it.id.to_bytes()).unwrap()
    }

    /// A sign-in whose proof comes to the transaction as no browser can bring it in time for a test.
    async fn stored(
        &self,
        kind: AttemptKind,
        change: impl FnOnce(&mut LoginAttempt, &mut SignIn),
    ) -> LoginAttempt {
        let (app, now) = (&self.world.app, self.world.app.clock.now());
        let store = &app.store;
        let entra = store
            .connection(self.world.entra.id)
            .await
            .unwrap()
            .unwrap();
        let company_id = self.world.acme.id;
        let id = AttemptId::at(now, [9; 10]);
        let mut attempt = LoginAttempt::open(id, company_id, kind, [7; 32], now);
        attempt.connection_id = (kind == AttemptKind::Saml).then_some(entra.id);
        let profile = Profile {
            subject: "oid:stored".to_owned(),
            other_names: vec![],
            old_names: vec![],
            email: Some(SIMON.parse().unwrap()),
            name_id_email: Some(SIMON.parse().unwrap()),
            first_name: None,
            last_name: None,
            company_name: None,
            display_name: None,
            groups: GroupClaim::Missing,
        };
        let mut sign_in = SignIn {
            company_id,
            attempt: AttemptRef::Begun(id),
            proof: Proof::Federated(Box::new(FederatedProof {
                connection: std::sync::Arc::new(entra),
                profile,
                assertion_id: "_stored".to_owned(),
                assertion_expires_at: now + Duration::hours(1),
                name_id: None,
                session_index: None,
                authn_instant: None,
                authn_context: None,
            })),
            session: NewSession {
                id: SessionId::from_bytes(unique()),
                expires_at: now + Duration::hours(1),
                idle: Duration::hours(1),
            },
            replaces: None,
            new_user_id: UserId::from_bytes(unique()),
            record: Record::default(),
            now,
        };
        change(&mut attempt, &mut sign_in);
        store.add_attempt(&attempt).await.unwrap();
        store.finish_sign_in(sign_in).await.unwrap();
        store.attempt(id).await.unwrap().unwrap()
    }
}

fn admin(world: &World) -> Admin<'_> {
    Admin {
        store: &world.app.store,
        keys: &world.app.keys,
        company: world.acme.id,
        actor: Actor::command_line(),
        now: world.app.clock.now(),
        once: None,
    }
}

/// Brings the refusal about: its record, and the refusal that has to be in it. None where no record tells of it.
async fn provoke(kind: Kind, site: &Site) -> Option<(LoginAttempt, Refusal)> {
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
            let (store, now) = (&site.world.app.store, site.world.app.clock.now());
            assert!(store.set_password(user, Some(&sealed), now).await.unwrap());
            site.world.app.clock.step(Duration::SECOND);
            let answer = submit(&mut site.world.browser(), SIMON, PASSWORD, "").await;
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
            let okta = site.okta().await;
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

fn both(spec: &mut ResponseSpec) {
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
            site.okta().await;
            let answer = site.sign_in("okta", |spec| person(spec, SIMON, "o")).await;
            assert_eq!(answer.status, 303, "{}", answer.body);
            (site.user(SIMON).await, Bar::NotAssigned)
        }
        Kind::WaitsForAnother => {
            let okta = site.okta().await;
            let body = json!({"email": SIMON, "connection": okta.id.to_string()});
            let user = site.add(body).await;
            (user, Bar::WaitsForAnother(okta.display_name))
        }
        Kind::WaitsForNobody => {
            let user = site.world.add_user(SIMON, None, &[]).await;
            site.okta().await;
            (user, Bar::WaitsForNobody)
        }
        Kind::Bound => {
            let user = site.signed_in(SIMON, good).await;
            let bound = oid("8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54");
            let came = oid("another");
            (user, Bar::Bound { bound, came })
        }
        Kind::BoundByOther => {
            let user = site.signed_in(SIMON, without_object_id).await;
            site.signed_in(SIMON, good).await;
            let names = site.world.app.store.identities_of(user).await.unwrap();
            let by = names.iter().find(|it| it.subject.starts_with("name_id"));
            let why = Bar::BoundByOther {
                by: by.unwrap().subject.clone(),
                bound: oid("8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54"),
                came: oid("another"),
            };
            (user, why)
        }
        Kind::ContradictedAccount => {
            address = BOSS;
            let user = site.add(json!({"email": BOSS})).await;
            (user, Bar::Contradicted(SIMON.parse().unwrap()))
        }
        Kind::ClaimOnly => {
            site.set("name_id_format", "any").await;
            (site.add(json!({"email": SIMON})).await, Bar::ClaimOnly)
        }
        Kind::HasPassword => {
            site.set("name_id_format", "any").await;
            let user = site.add(json!({"email": SIMON, "password": ANOTHER})).await;
            site.assign("contoso.com", &entra).await;
            (user, Bar::HasPassword)
        }
        Kind::IsAdministrator => {
            site.set("name_id_format", "any").await;
            let groups = json!([site.admins.id.to_string()]);
            let user = site.add(json!({"email": SIMON, "groups": groups})).await;
            (user, Bar::IsAdministrator)
        }
        Kind::PasswordOfToken => {
            let small = Admin {
                actor: Actor {
                    over_administrators: false,
                    ..Actor::command_line()
                },
                ..admin(&site.world)
            };
            let user = site.add(json!({"email": SIMON})).await;
            small
                .set_password(user, ANOTHER.to_owned(), None)
                .await
                .unwrap();
            site.assign("contoso.com", &entra).await;
            (user, Bar::PasswordOfToken)
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
                    action: "company.set_up".to_owned(),
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
async fn set_up(site: &Site, email: &str) -> Answer {
    let made = admin(&site.world).new_setup_link().await.unwrap();
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

/// Does what is advised, and tries again.
async fn follow(kind: Kind, what: Do, site: &Site, refused: &LoginAttempt) -> Answer {
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
                claim(spec, EMAIL, SIMON);
            };
            site.sign_in("entra", with_address).await
        }
        (Kind::NoPassword, Do::SetAPassword) | (_, Do::SignInWithThisOne) => {
            let page = submit(browser, SIMON, ANOTHER, "").await;
            own_password(browser, &page).await
        }
        (_, Do::OpenTheGroup | Do::TypeTheNewPassword) => {
            submit(browser, SIMON, PASSWORD, "").await
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

/// Whether somebody gets in.
fn gets_in(answer: &Answer) -> bool {
    answer.status == 303
}

#[tokio::test]
async fn every_refusal_of_an_account_is_mended_by_its_advice() {
    let mut failures = Vec::new();
    for &kind in ALL {
        let lines = lines(kind);
        assert_eq!(lines.is_empty(), !why_not(kind).is_empty(), "{kind:?}");
        let Some((attempt, refusal)) = provoke(kind, &Site::new().await).await else {
            continue;
        };
        assert_eq!(self::kind(&refusal), kind);
        let check = attempt.record.checks.last().unwrap();
        assert_eq!(check.received, refusal.to_string(), "{kind:?}");
        assert_eq!(attempt.rule.as_deref(), Some(refusal.rule()), "{kind:?}");
        let advice = &attempt.record.advice;
        assert_eq!(advice.len(), lines.len(), "{kind:?}: {advice:?}");
        for (line, (words, ways)) in advice.iter().zip(lines) {
            assert!(line.contains(words), "{kind:?}: {words}: {line}");
            for &what in *ways {
                let site = Site::new().await;
                let (refused, _) = provoke(kind, &site).await.unwrap();
                site.world.app.clock.step(Duration::SECOND);
                let answer = follow(kind, what, &site, &refused).await;
                if !gets_in(&answer) {
                    let newest = site.newest().await;
                    failures.push(format!(
                        "{kind:?}, {what:?}: {} {}",
                        answer.status, newest.summary
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a field that is named does, done.
fn entered(fix: &Fix) -> Option<Do> {
    match (&*fix.field, fix.setting) {
        ("Unique User Identifier (Name ID)", _) => Some(Do::OneSource),
        ("emailaddress", _) => Some(Do::SendAnAddress),
        (_, Some("trust_email_claim")) => Some(Do::TrustTheClaim),
        (_, Some("guests")) => Some(Do::AllowGuests),
        (_, Some("jit_group")) => Some(Do::MakeAccounts),
        // A name that only the administrator knows.
        (_, Some("attributes.email")) => None,
        ("E-mail domains", _) => Some(Do::AssignDomain),
        ("Create SSO User", _) => Some(Do::CreateTheUser),
        ("Delete", _) => Some(Do::DeleteAUser),
        ("Activate", _) => Some(Do::Activate),
        ("This group can only sign in via single sign-on", _) => Some(Do::OpenTheGroup),
        ("Password", _) => Some(Do::SetAPassword),
        ("Single sign-on", _) => Some(Do::WaitForThis),
        other => panic!("nobody has tried {other:?}"),
    }
}

/// The fields that the record's page names: each is where it is said to be, and what is entered there helps.
#[tokio::test]
async fn every_field_that_a_refusal_of_an_account_names_is_there_and_helps() {
    let mut failures = Vec::new();
    for &kind in ALL {
        let site = Site::new().await;
        let Some((attempt, _)) = provoke(kind, &site).await else {
            continue;
        };
        let connection = site.world.app.store.connection(site.world.entra.id).await;
        let advised = fixes(&attempt, &site.world.acme, connection.unwrap().as_ref());
        if lines(kind).is_empty() {
            assert_eq!(advised, [], "{kind:?}");
        }
        let mut console = site.console().await;
        for fix in &advised {
            if fix.side == Side::Here || fix.path.is_some() {
                let path = fix.path.as_deref().unwrap();
                let (page, anchor) = path.split_once('#').unwrap_or((path, ""));
                let page = console.get(page).await;
                assert_eq!(page.status, 200, "{kind:?}: {path}");
                let is_there = anchor.is_empty()
                    || unescaped(&page.body).contains(&format!("id=\"{anchor}\""));
                assert!(is_there, "{kind:?}: {path}");
            }
            let Some(what) = entered(fix) else { continue };
            let what = match (kind, what) {
                // The panel of the user's page has what there is to do about it.
                (Kind::Bound | Kind::BoundByOther, Do::WaitForThis) => Do::Unlink,
                (Kind::ClaimOnly, Do::OneSource) => Do::NameIdIsTheAddress,
                (Kind::HasPassword | Kind::IsAdministrator, Do::OneSource) => Do::StartAgain,
                (Kind::OutsideDomains, Do::AssignDomain) => Do::AddDomain,
                (_, what) => what,
            };
            let site = Site::new().await;
            let (refused, _) = provoke(kind, &site).await.unwrap();
            site.world.app.clock.step(Duration::SECOND);
            let answer = follow(kind, what, &site, &refused).await;
            if !gets_in(&answer) {
                let newest = site.newest().await;
                failures.push(format!("{kind:?}, {}: {}", fix.label(), newest.summary));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
