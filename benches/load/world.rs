//! What the server knows when it is measured: companies whose identity provider is the demo's, and the provider itself.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tempfile::TempDir;
use time::OffsetDateTime;
use vestibule::app::App;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::demo_idp::{DemoConfig, DemoIdp, IdpKey, IdpUser, ServiceProvider};
use vestibule::domain::{
    Company, CompanyId, Connection, ConnectionId, Group, GroupId, GroupKind, SamlSettings, Settings,
};
use vestibule::keys;

use crate::client::{self, Request, request};
use crate::response::{USUAL_GROUPS, in_groups};
use crate::server::Server;

/// People who sign in again and again.
const USERS: usize = 200;

/// A data directory and the identity provider of all its companies.
pub(crate) struct World {
    dir: TempDir,
    idp: DemoIdp,
    /// The first company.
    sp: ServiceProvider,
    users: Vec<IdpUser>,
}

/// The host name of a company.
pub(crate) fn host(company: usize) -> String {
    format!("c{company}.localhost")
}

impl World {
    /// So many companies, each with a group and a connection.
    pub(crate) async fn new(companies: usize) -> Self {
        Self::of(companies, USERS, None).await
    }

    /// With so many people of the first company, and another database than the directory's own.
    pub(crate) async fn of(companies: usize, people: usize, database: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The server, and every command, finds it in the directory where it is started.
        let file =
            database.map_or_else(String::new, |url| format!("[database]\nurl = \"{url}\"\n"));
        std::fs::write(dir.path().join("vestibule.toml"), file).unwrap();
        let clock = Clock::system();
        let now = clock.now();
        let idp = identity_provider(clock.clone());
        let config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::from_sources(Some(&dir.path().join("vestibule.toml")), []).unwrap()
        };
        let app = App::open(config, clock).await.unwrap();
        let first = company(0, now);
        for at in 0..companies {
            add(&app, &idp, &company(at, now)).await;
        }
        app.store.close().await;
        let users = (0..people).map(user).collect();
        let sp = ServiceProvider {
            entity_id: first.entity_id(),
            acs_url: first.acs_url(),
        };
        Self {
            dir,
            idp,
            sp,
            users,
        }
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        self.dir.path()
    }

    /// Makes an administrator of the first company, by command.
    pub(crate) fn add_administrator(&self, email: &str, password: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command
            .args(["user", "add", "--company", "c0", "--admin", "--email"])
            .args([email, "--password-stdin", "--for-good"])
            .current_dir(self.data())
            .env("VESTIBULE_DATA_DIR", self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut running = command.spawn().unwrap();
        let mut input = running.stdin.take().unwrap();
        input.write_all(password.as_bytes()).unwrap();
        drop(input);
        assert!(running.wait().unwrap().success());
    }

    /// Starts sign-ins and answers each as the identity provider would; what is left is to post the answers. Every one is
    /// another browser's.
    pub(crate) async fn begin_many(&self, server: &Server, count: usize) -> VecDeque<Request> {
        let mut connection = client::Connection::open(server.address).await;
        let start = request("GET", &host(0), "/sso/login", "", "");
        let mut posts = VecDeque::with_capacity(count);
        for user in self.users.iter().cycle().take(count) {
            let status = connection.exchange(&start).await;
            assert!(status == 200, "{status}\n{}", connection.text());
            posts.push_back(self.answer(&connection.text(), user));
        }
        posts
    }

    /// Signs one person in and tells the session's cookie.
    pub(crate) async fn sign_in(&self, server: &Server) -> String {
        let post = self.begin_many(server, 1).await.pop_front().unwrap();
        let mut connection = client::Connection::open(server.address).await;
        let status = connection.exchange(&post).await;
        assert!(status == 303, "{status}\n{}", connection.text());
        set_cookie(&connection.text()).to_owned()
    }

    /// The identity provider's answer to the page that starts a sign-in.
    fn answer(&self, page: &str, user: &IdpUser) -> Request {
        let field = |name: &str| {
            let marker = format!("name=\"{name}\" value=\"");
            let rest = page.split(&marker).nth(1).unwrap();
            rest.split('"').next().unwrap()
        };
        let encoded = field("SAMLRequest")
            .replace("&#43;", "+")
            .replace("&#x2B;", "+")
            .replace("&#61;", "=");
        let message = String::from_utf8(BASE64_STANDARD.decode(encoded).unwrap()).unwrap();
        let id = message.split(" ID=\"").nth(1).unwrap();
        let id = id.split('"').next().unwrap();
        let mut spec = self.idp.response_spec(user, &self.sp).answering(id);
        in_groups(&mut spec, USUAL_GROUPS);
        let response = self.idp.respond(&spec).unwrap();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("SAMLResponse", &BASE64_STANDARD.encode(response));
        body.append_pair("RelayState", field("RelayState"));
        request(
            "POST",
            &host(0),
            "/sso/acs",
            set_cookie(page),
            &body.finish(),
        )
    }
}

/// Name and value of the first cookie that an answer sets.
pub(crate) fn set_cookie(answer: &str) -> &str {
    let rest = answer.split("set-cookie: ").nth(1).unwrap();
    rest.split(';').next().unwrap()
}

fn identity_provider(clock: Clock) -> DemoIdp {
    let random = Arc::new(|octets: &mut [u8]| {
        for chunk in octets.chunks_mut(64) {
            chunk.copy_from_slice(&keys::random::<64>()[..chunk.len()]);
        }
    });
    DemoIdp::new(DemoConfig::contoso(
        "http://127.0.0.1:8090",
        IdpKey::generate(clock.now()).unwrap(),
        Arc::new(move || clock.now()),
        random,
    ))
}

fn user(number: usize) -> IdpUser {
    let mut user = IdpUser::b_simon();
    user.object_id = format!("8f1d4b62-5a0e-4c3d-9b7a-{number:012x}");
    user.principal_name = format!("b.simon.{number}@contoso.com");
    user.email.clone_from(&user.principal_name);
    user
}

fn company(number: usize, now: OffsetDateTime) -> Company {
    Company {
        id: CompanyId::from_bytes(keys::random()),
        slug: format!("c{number}").parse().unwrap(),
        name: format!("Company {number}"),
        origin: format!("http://{}", host(number)).parse().unwrap(),
        aliases: Vec::new(),
        return_origins: Vec::new(),
        landing: None,
        organization: None,
        contact: None,
        encrypted_assertions: false,
        logo: None,
        created_at: now,
        suspended_at: None,
        revision: 0,
    }
}

async fn add(app: &App, idp: &DemoIdp, company: &Company) {
    let now = company.created_at;
    app.store.add_company(company, now).await.unwrap();
    let group = Group {
        id: GroupId::from_bytes(keys::random()),
        company_id: company.id,
        title: "SSO Basic".to_owned(),
        kind: GroupKind::Member,
        sso_only: true,
        created_at: now,
    };
    app.store.add_group(&group, now).await.unwrap();
    let connection = Connection {
        id: ConnectionId::from_bytes(keys::random()),
        company_id: company.id,
        name: "entra".parse().unwrap(),
        display_name: "Entra ID".to_owned(),
        sort_order: 0,
        enabled: true,
        settings: Settings {
            jit: Some(group.id),
            ..Settings::from(SamlSettings {
                idp_entity_id: idp.tenant().entity_id.clone(),
                sso_post_url: Some(idp.tenant().saml_url()),
                certificates: vec![idp.signing_key().certificate_base64()],
                ..SamlSettings::default()
            })
        },
        revision: 0,
        created_at: now,
    };
    app.store.add_connection(&connection, now).await.unwrap();
}
