//! What the tests of connections share: a connection added as an administrator adds one, and the review of a change.

use time::Duration;
use vestibule::domain::{
    AttemptKind, Company, Connection, ConnectionId, GroupKind, NameId, Profile, SamlSettings,
    SessionId, TrustVersion,
};
use vestibule::http::session::cookie_value;
use vestibule::import;
use vestibule::store::{AttemptRef, FederatedProof, Finished, Proof};

use crate::support::console::{post, upload};
use crate::support::{self, Answer, Browser, NOW, Office, PASSWORD, hidden_field};

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

impl Office {
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
        if self.user(SECOND_ADMIN).await.is_none() {
            let groups = [&self.admins];
            self.add_user_to(&self.acme, SECOND_ADMIN, Some(PASSWORD), &groups)
                .await;
        }
        self.browser().signed_in(SECOND_ADMIN).await
    }

    /// A company whose one administrator has no password, and is signed in through its connection.
    pub(super) async fn without_a_password(&self) -> (Connection, Browser) {
        let store = &self.app.store;
        let gamma = support::company("http://gamma.localhost:8080");
        store.add_company(&gamma, NOW).await.unwrap();
        let connection = self.add_connection_to(&gamma, "entra").await;
        let kind = GroupKind::Administrator;
        let group = self
            .add_group_to(&gamma, "Administrators", kind, true)
            .await;
        let email = "only.admin@gamma.example";
        self.add_user_to(&gamma, email, None, &[&group]).await;
        let session = self.sign_in_through(&connection, email).await;
        let mut browser = self.browser_at(&gamma);
        browser.keep("vestibule-session", &cookie_value(session));
        (connection, browser)
    }

    /// The administrator of a company whose site is on the Internet, signed in.
    pub(super) async fn admin_on_the_internet(&self) -> Browser {
        let store = &self.app.store;
        let company = support::company("https://delta.sso.example");
        store.add_company(&company, NOW).await.unwrap();
        let kind = GroupKind::Administrator;
        let group = self
            .add_group_to(&company, "Administrators", kind, false)
            .await;
        let email = "dora.admin@delta.example";
        self.add_user_to(&company, email, Some(PASSWORD), &[&group])
            .await;
        self.app.catch_up().await.unwrap();
        self.browser_at(&company).signed_in(email).await
    }

    /// The session of a user who came by a connection.
    pub(super) async fn sign_in_through(&self, connection: &Connection, email: &str) -> SessionId {
        let company = connection.company_id;
        let mut attempt = support::new_attempt(company, AttemptKind::Saml, NOW);
        attempt.connection_id = Some(connection.id);
        let store = &self.app.store;
        store.add_attempt(&attempt).await.unwrap();
        let profile = Profile {
            first_name: None,
            last_name: None,
            company_name: None,
            ..support::profile(email, email)
        };
        let assertion = format!("_{}", attempt.id);
        let proof = FederatedProof {
            name_id: Some(NameId::new(email.to_owned(), None)),
            ..support::federated_proof(connection, profile, &assertion, NOW)
        };
        let begun = AttemptRef::Begun(attempt.id);
        let proof = Proof::Federated(Box::new(proof));
        let mut sign_in = support::new_sign_in(company, begun, proof, NOW);
        sign_in.session.idle = Duration::hours(8);
        let session = sign_in.session.id;
        let finished = store.finish_sign_in(sign_in).await.unwrap();
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
pub(super) async fn import(world: &Office, browser: &mut Browser, metadata: &[u8]) -> Connection {
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
