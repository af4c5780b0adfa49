//! The console of a company with many users and sign-ins: how long each of its pages takes.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::client::{Connection, Load, Request, request};
use crate::report::{head, milliseconds, row};
use crate::server::{Cores, Server};
use crate::table::get;
use crate::world::{World, host, set_cookie};

const USERS: usize = 10_000;
const ATTEMPTS: usize = 100_000;
/// Responses are signed in portions of this size; one waits no longer for its post than it is valid.
const PORTION: usize = 20_000;
/// How often each page is asked for.
const ROUNDS: usize = 200;
const ADMINISTRATOR: &str = "ada@contoso.com";
const PASSWORD: &str = "three blue lanterns";
/// The pages, by the address or by where a link to them stands first.
const PAGES: [(&str, Page); 22] = [
    ("Overview", Page::At("/admin")),
    ("Users", Page::At("/admin/users")),
    (
        "Users, a page in the middle",
        Page::At("/admin/users?page=100"),
    ),
    (
        "Users, a search by e-mail",
        Page::At("/admin/users?q=simon.7777"),
    ),
    (
        "Users, a search that finds nothing",
        Page::At("/admin/users?q=nobody"),
    ),
    (
        "Users, those who wait for their first sign-in",
        Page::At("/admin/users?way=waiting"),
    ),
    (
        "Users, those with a password",
        Page::At("/admin/users?way=password"),
    ),
    (
        "Users, those who sign in by single sign-on",
        Page::At("/admin/users?way=sso"),
    ),
    (
        "A user",
        Page::Called("/admin/users?q=simon.7777", "B. Simon"),
    ),
    ("Permission groups", Page::At("/admin/groups")),
    (
        "A group of 10,000",
        Page::Called("/admin/groups", "SSO Basic"),
    ),
    ("Connections", Page::At("/admin/connections")),
    (
        "SAML Settings",
        Page::Called("/admin/connections", "Entra ID"),
    ),
    ("Sign-ins", Page::At("/admin/sign-ins")),
    ("Sign-ins, older", Page::Next("/admin/sign-ins")),
    (
        "Sign-ins of a user",
        Page::At("/admin/sign-ins?q=b.simon.7777@contoso.com"),
    ),
    (
        "Sign-ins, refused",
        Page::At("/admin/sign-ins?outcome=refused"),
    ),
    ("A sign-in", Page::Called("/admin/sign-ins", "<time")),
    ("Sessions", Page::At("/admin/sessions")),
    ("Sessions, older", Page::Next("/admin/sessions")),
    ("Audit", Page::At("/admin/audit")),
    ("Audit, a search", Page::At("/admin/audit?q=simon.7777")),
];

#[derive(Clone, Copy)]
enum Page {
    At(&'static str),
    /// Behind the link to the next page, here.
    Next(&'static str),
    /// Behind the first link, here, whose text begins so.
    Called(&'static str, &'static str),
}

/// `script/bench pages`
pub(crate) async fn pages(cores: &Cores) {
    on(cores, "SQLite", None).await;
    let postgres = std::env::var("VESTIBULE_TEST_POSTGRES").unwrap();
    on(cores, "PostgreSQL", Some(&postgres)).await;
}

async fn on(cores: &Cores, name: &str, database: Option<&str>) {
    let world = World::of(1, USERS, database).await;
    world.add_administrator(ADMINISTRATOR, PASSWORD);
    let server = Server::vestibule(world.data(), cores);
    for _ in 0..ATTEMPTS / PORTION {
        let queue = Mutex::new(world.begin_many(&server, PORTION).await);
        let load = Load {
            server: server.address,
            connections: 16,
            time: Duration::MAX / 4,
            status: 303,
            next: Arc::new(move || queue.lock().unwrap().pop_front()),
        };
        load.run().await;
    }
    if let Some(url) = database {
        // What PostgreSQL does by itself some minutes after such a change.
        let done = Command::new("psql")
            .args([url, "-qc", "VACUUM ANALYZE"])
            .status();
        assert!(done.unwrap().success(), "psql");
    }
    let mut browser = Browser {
        connection: Connection::open(server.address).await,
        cookie: String::new(),
    };
    browser.sign_in().await;
    println!("\n{name}, {USERS} users, {ATTEMPTS} sign-ins and as many sessions");
    head(&["page", "goal", "p50", "p99", "bytes"]);
    for (name, page) in PAGES {
        let address = browser.find(page).await;
        let asked = get(&address, &browser.cookie);
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let begun = std::time::Instant::now();
            browser.ask(&asked, 200).await;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        row(&[
            name.to_owned(),
            "≤ 5 ms".to_owned(),
            milliseconds(times[ROUNDS / 2]),
            milliseconds(times[ROUNDS * 99 / 100]),
            browser.connection.text().len().to_string(),
        ]);
    }
}

/// An administrator's.
struct Browser {
    connection: Connection,
    cookie: String,
}

impl Browser {
    async fn ask(&mut self, request: &Request, expected: u16) {
        let status = self.connection.exchange(request).await;
        assert!(status == expected, "{status}\n{}", self.connection.text());
    }

    async fn page(&mut self, address: &str) -> String {
        let asked = get(address, &self.cookie);
        self.ask(&asked, 200).await;
        self.connection.text()
    }

    async fn sign_in(&mut self) {
        let page = self.page("/sign-in").await;
        set_cookie(&page).clone_into(&mut self.cookie);
        let csrf = after(&page, "name=\"csrf\" value=\"");
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", csrf)
            .append_pair("email", ADMINISTRATOR)
            .append_pair("password", PASSWORD)
            .finish();
        let post = request("POST", &host(0), "/sign-in", &self.cookie, &body);
        self.ask(&post, 303).await;
        let answer = self.connection.text();
        let session = answer.split("set-cookie: vestibule-session=").nth(1);
        let value = session.unwrap().split(';').next().unwrap();
        self.cookie = format!("vestibule-session={value}");
    }

    /// The address of a page.
    async fn find(&mut self, page: Page) -> String {
        let (from, before, text) = match page {
            Page::At(address) => return address.to_owned(),
            Page::Next(from) => (from, "rel=\"next\" href=\"", ""),
            Page::Called(from, text) => (from, "class=\"main\" href=\"", text),
        };
        let page = self.page(from).await;
        let mut links = page
            .split(before)
            .skip(1)
            .filter_map(|rest| rest.split_once("\">"));
        let found = links.find(|(_, called)| called.starts_with(text));
        let (address, _) = found.unwrap_or_else(|| panic!("no link to {text} at {from}"));
        address.replace("&#38;", "&")
    }
}

/// What stands between this and the next quotation mark.
fn after<'t>(text: &'t str, marker: &str) -> &'t str {
    let rest = text.split(marker).nth(1).unwrap();
    rest.split('"').next().unwrap()
}
