//! What the tests of connections share: a connection added as an administrator adds one, and the review of a change.

use std::sync::Arc;

use time::Duration;
use vestibule::domain::{
    AttemptId, AttemptKind, Company, Connection, ConnectionId, Creation, Grant, GrantSource, Group,
    GroupClaim, GroupKind, LoginAttempt, NameId, Profile, Record, SamlSettings, SessionId,
    TrustVersion, User, UserId,
};
use vestibule::http::session::cookie_value;
use vestibule::import;
use vestibule::store::{AttemptRef, FederatedProof, Finished, NewSession, Proof, SignIn};

use crate::support::{self, Answer, Browser, NOW, hidden_field, unique};

use super::world::{PASSWORD, World, post, signed_in, upload};

pub(super) const ENTRA: &[u8] = include_bytes!("../../../metadata/entra-ssoready.xml");
pub(super) const OKTA: &[u8] = include_bytes!("../../../metadata/okta-ssoready.xml");
pub(super) const CERTIFICATE: &str = include_str!("../../vectors/keys/idp.crt");
pub(super) const SECOND: &str = include_str!("../../vectors/keys/idp-second.crt");
pub(super) const EXPIRED: &str = include_str!("../../vectors/keys/idp-expired.crt");
pub(super) const WEAK: &str = include_str!("../../vectors/keys/idp-rsa-1024.crt");

/// A certificate as settings keep it.
pub(super) fn stored(pem: &str) -> String {
    import::certificate(pem.as_bytes()).unwrap()
}

/// Its SHA-1 and SHA-256 thumbprints, as pages show them.
pub(super) fn thumbprints(pem: &str) -> (String, String) {
    let list = [stored(pem)];
    let key = import::keys(&list).next().unwrap().unwrap();
    (
        key.sha1_thumbprint(),
        key.sha256_thumbprint().to_ascii_uppercase(),
    )
}

impl World {
    /// A connection of acme that works, enabled.
    pub(super) async fn add_connection(&self, name: &str) -> Connection {
        self.add_connection_to(&self.acme, name).await
    }

    pub(super) async fn add_connection_to(&self, company: &Company, name: &str) -> Connection {
        let settings = SamlSettings {
            idp_entity_id: "https://sts.windows.net/t/".to_owned(),
            sso_post_url: Some("https://login.example/t/saml2".to_owned()),
            sso_redirect_url: Some("https://login.example/t/saml2".to_owned()),
            certificates: vec![stored(CERTIFICATE)],
            ..SamlSettings::default()
        };
        let connection = support::connection(company.id, name, settings);
        let store = &self.app.store;
        store.add_connection(&connection, NOW).await.unwrap();
        self.app.catch_up().await.unwrap();
        self.connection(connection.id).await
    }

    /// A second administrator of acme, signed in.
    pub(super) async fn second_admin(&self) -> Browser {
        const SECOND_ADMIN: &str = "zoe.admin@acme.example";
        let store = &self.app.store;
        let known = store.user_by_email(self.acme.id, SECOND_ADMIN).await;
        if known.unwrap().is_none() {
            let user = self.add_user(SECOND_ADMIN, &[&self.admins]).await;
            let sealed = self.app.keys.hash_password(PASSWORD);
            let set = store.set_password(user.id, Some(&sealed), NOW).await;
            assert!(set.unwrap());
        }
        signed_in(self.browser(), SECOND_ADMIN).await
    }

    /// A company whose one administrator has no password, and is signed in through its connection.
    pub(super) async fn without_a_password(&self) -> (Connection, Browser) {
        let store = &self.app.store;
        let gamma = support::company("http://gamma.localhost:8080");
        store.add_company(&gamma, NOW).await.unwrap();
        let connection = self.add_connection_to(&gamma, "entra").await;
        let group = Group {
            kind: GroupKind::Administrator,
            ..support::group(gamma.id, "Administrators")
        };
        store.add_group(&group, NOW).await.unwrap();
        let email = "only.admin@gamma.example";
        let grant = Grant {
            user_id: self.add_user_to(&gamma, email).await,
            group_id: group.id,
            source: GrantSource::Administrator,
        };
        assert!(store.add_grant(grant, NOW).await.unwrap());
        let session = self.sign_in_through(&connection, email).await;
        let mut browser = Browser::new(&self.router, gamma.origin.host_key());
        browser.keep("vestibule-session", &cookie_value(session));
        (connection, browser)
    }

    /// The administrator of a company whose site is on the Internet, signed in.
    pub(super) async fn admin_on_the_internet(&self) -> Browser {
        let store = &self.app.store;
        let company = support::company("https://delta.sso.example");
        store.add_company(&company, NOW).await.unwrap();
        let group = Group {
            kind: GroupKind::Administrator,
            sso_only: false,
            ..support::group(company.id, "Administrators")
        };
        store.add_group(&group, NOW).await.unwrap();
        let email = "dora.admin@delta.example";
        let id = self.add_user_to(&company, email).await;
        let sealed = self.app.keys.hash_password(PASSWORD);
        assert!(store.set_password(id, Some(&sealed), NOW).await.unwrap());
        let grant = Grant {
            user_id: id,
            group_id: group.id,
            source: GrantSource::Administrator,
        };
        assert!(store.add_grant(grant, NOW).await.unwrap());
        self.app.catch_up().await.unwrap();
        let browser = Browser::new(&self.router, company.origin.host_key());
        signed_in(browser, email).await
    }

    async fn add_user_to(&self, company: &Company, email: &str) -> UserId {
        let user = User {
            id: UserId::from_bytes(unique()),
            company_id: company.id,
            email: email.parse().unwrap(),
            first_name: String::new(),
            last_name: String::new(),
            company_name: String::new(),
            created_by: Creation::Administrator,
            has_password: false,
            waits_for: None,
            disabled_at: None,
            created_at: NOW,
            last_sign_in_at: None,
        };
        self.app.store.add_user(&user).await.unwrap();
        user.id
    }

    /// The session of a user who came by a connection.
    pub(super) async fn sign_in_through(&self, connection: &Connection, email: &str) -> SessionId {
        let id = AttemptId::from_bytes(unique());
        let mut attempt =
            LoginAttempt::open(id, connection.company_id, AttemptKind::Saml, [7; 32], NOW);
        attempt.connection_id = Some(connection.id);
        attempt.request_id = Some(format!("_{id}"));
        attempt.relay = Some(format!("r{id}"));
        let store = &self.app.store;
        store.add_attempt(&attempt).await.unwrap();
        let session = SessionId::from_bytes(unique());
        let finished = store.finish_sign_in(SignIn {
            company_id: connection.company_id,
            attempt: AttemptRef::Begun(id),
            proof: Proof::Federated(Box::new(FederatedProof {
                connection: Arc::new(connection.clone()),
                profile: Profile {
                    subject: email.to_owned(),
                    other_names: vec![],
                    old_names: vec![],
                    name_id_email: Some(email.parse().unwrap()),
                    email: Some(email.parse().unwrap()),
                    first_name: None,
                    last_name: None,
                    company_name: None,
                    display_name: None,
                    groups: GroupClaim::Missing,
                },
                assertion_id: format!("_{id}"),
                assertion_expires_at: NOW + Duration::hours(1),
                name_id: Some(NameId::new(email.to_owned(), None)),
                session_index: None,
                authn_instant: None,
                authn_context: None,
            })),
            session: NewSession {
                id: session,
                expires_at: NOW + Duration::hours(8),
                idle: Duration::hours(8),
            },
            replaces: None,
            new_user_id: UserId::from_bytes(unique()),
            record: Record::default(),
            now: NOW,
        });
        let finished = finished.await.unwrap();
        assert!(
            matches!(finished, Finished::SignedIn { .. }),
            "{finished:?}"
        );
        self.app.catch_up().await.unwrap();
        session
    }

    pub(super) async fn connection(&self, id: ConnectionId) -> Connection {
        self.app.store.connection(id).await.unwrap().unwrap()
    }

    /// acme's connections.
    /// A connection's versions, the newest first.
    pub(super) async fn versions(&self, id: ConnectionId) -> Vec<TrustVersion> {
        let store = &self.app.store;
        let mut versions = Vec::new();
        for number in (1..=store.newest_trust_version(id).await.unwrap()).rev() {
            let version = store.trust_version(id, number).await.unwrap();
            versions.push(version.unwrap());
        }
        versions
    }

    pub(super) async fn connections(&self) -> Vec<Connection> {
        self.app.store.connections(self.acme.id).await.unwrap()
    }
}

/// A page's address within a connection.
pub(super) fn at(connection: &Connection, page: &str) -> String {
    format!("/admin/connections/{}{page}", connection.id)
}

/// Presses the button of a review.
pub(super) async fn confirm(browser: &mut Browser, review: &Answer) -> Answer {
    let proposal = hidden_field(&review.body, "proposal");
    let proposal = proposal.unwrap_or_else(|| panic!("no review: {}", review.body));
    let mut fields = vec![("proposal", proposal.as_str())];
    if review.body.contains("name=\"replace\"") {
        fields.push(("replace", "yes"));
    }
    post(browser, "/admin/connections/confirm", &fields).await
}

/// Adds a connection from a metadata file, and confirms it.
pub(super) async fn import(world: &World, browser: &mut Browser, metadata: &[u8]) -> Connection {
    let files = [("file", "metadata.xml", metadata)];
    let review = upload(browser, "/admin/connections/new", &[], &files).await;
    assert_eq!(review.status, 200, "{}", review.body);
    let before = world.connections().await;
    let answer = confirm(browser, &review).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mut after = world.connections().await;
    after.retain(|one| before.iter().all(|other| other.id != one.id));
    after.remove(0)
}

/// The fields of the SAML Settings form as the page shows them, with some filled in otherwise.
pub(super) async fn settings_form(
    browser: &mut Browser,
    connection: &Connection,
    changed: &[(&str, &str)],
) -> Vec<(String, String)> {
    form_at(browser, &at(connection, ""), changed).await
}

/// The fields of the form at an address, which it goes to as well, with these filled in.
pub(super) async fn form_at(
    browser: &mut Browser,
    path: &str,
    changed: &[(&str, &str)],
) -> Vec<(String, String)> {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let mut fields = fields_of(form_of(&page.body, path));
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        if *value != "(off)" {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    fields
}

/// Saves the SAML Settings form with these fields filled in.
pub(super) async fn save(
    browser: &mut Browser,
    connection: &Connection,
    changed: &[(&str, &str)],
) -> Answer {
    let fields = settings_form(browser, connection, changed).await;
    send(browser, &at(connection, ""), &fields).await
}

pub(super) async fn send(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    browser.post(path, &fields).await
}

/// The form of a page that goes to an address.
pub(super) fn form_of<'p>(page: &'p str, action: &str) -> &'p str {
    let start = format!("action=\"{action}\"");
    let (_, rest) = page.split_once(start.as_str()).unwrap();
    rest.split_once("</form>").unwrap().0
}

/// What a browser would send of a form that nobody touched.
pub(super) fn fields_of(form: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let start = format!(" {name}=\"");
        let (_, rest) = tag.split_once(start.as_str())?;
        Some(support::unescaped(rest.split_once('"')?.0))
    };
    let mut fields = Vec::new();
    let mut rest = form;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, content) = after.split_once('>').unwrap();
        rest = content;
        let name = attribute(tag, "name").unwrap_or_default();
        if tag.starts_with("input ") {
            let ticked = tag.contains(" checked");
            let kind = attribute(tag, "type").unwrap_or_default();
            if !matches!(kind.as_str(), "checkbox" | "radio") || ticked {
                fields.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        } else if tag.starts_with("textarea ") {
            let (text, after) = content.split_once("</textarea>").unwrap();
            rest = after;
            fields.push((name, support::unescaped(text.trim_start_matches('\n'))));
        } else if tag.starts_with("select ") {
            let (options, after) = content.split_once("</select>").unwrap();
            rest = after;
            let options: Vec<&str> = options.split("<option").skip(1).collect();
            let chosen = options.iter().find(|option| option.contains(" selected"));
            let chosen = chosen.or(options.first()).unwrap();
            fields.push((name, attribute(chosen, "value").unwrap()));
        }
    }
    fields
}
