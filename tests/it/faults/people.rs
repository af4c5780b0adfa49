//! Two companies with an administrator each, and what these do in the console and by tokens.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, COOKIE, HOST};
use vestibule::domain::{Scope, Slug, User};
use vestibule::store::Store;

use crate::support::{ACME, Installation, NOW, Server, hidden_field, user};

pub(super) const BETA: &str = "beta.localhost:8080";
const PASSWORD: &str = "a long enough passphrase of ours";
const BOUNDARY: &str = "----where-one-part-ends";

/// Makes beta beside acme, and `admin@COMPANY.test` of both.
pub(super) fn two_companies(installation: &Installation) {
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    for company in ["acme", "beta"] {
        let email = format!("admin@{company}.test");
        let add = format!("user add --company {company} --email {email} --admin");
        installation.run(&add).succeeds();
        let words = format!(
            "user set-password --company {company} --email {email} --password-stdin --for-good"
        );
        let words: Vec<&str> = words.split(' ').collect();
        installation.run_words(&words, PASSWORD).succeeds();
    }
}

/// The file of an installation's database.
pub(super) fn sqlite_file(installation: &Installation) -> String {
    let file = installation.path("data/vestibule.sqlite3");
    file.display().to_string()
}

/// Octets of the database's file that are in use.
pub(super) fn in_use(installation: &Installation) -> i64 {
    let connection = rusqlite::Connection::open(sqlite_file(installation)).unwrap();
    let number = |name: &str| -> i64 {
        let sql = format!("PRAGMA {name}");
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    number("page_size") * (number("page_count") - number("freelist_count"))
}

/// Users of a company, with much to say about each: what is not read is more than the system keeps for a socket.
pub(super) async fn add_users(url: &str, company: &str, users: usize) {
    let store = Store::open(url, vestibule::keys::hash).await.unwrap();
    let slug: Slug = company.parse().unwrap();
    let company = store.company_by_slug(&slug).await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    let all: Vec<User> = (0..users)
        .map(|number| User {
            first_name: format!("{number:0>100}"),
            last_name: "x".repeat(100),
            company_name: "y".repeat(100),
            ..user(company.id, &format!("person.{number:06}@acme.example"))
        })
        .collect();
    assert!(tx.add_users(&all).await.unwrap());
    tx.commit(NOW).await.unwrap();
    store.close().await;
}

/// An administrator's browser.
#[derive(Clone)]
pub(super) struct Console {
    http: reqwest::Client,
    origin: String,
    host: &'static str,
    /// The session's cookie.
    pub(super) session: String,
}

impl Console {
    /// Of the administrator of acme or beta, by its host.
    pub(super) async fn of(server: &Server, host: &'static str) -> Self {
        let company = if host == ACME { "acme" } else { "beta" };
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut console = Self {
            http,
            origin: format!("http://{}", server.address),
            host,
            session: String::new(),
        };
        let cookie = |answer: &reqwest::Response| {
            let cookie = answer.headers()["set-cookie"].to_str().unwrap();
            cookie.split(';').next().unwrap().to_owned()
        };
        let page = console.sent(console.http.get(console.at("/sign-in"))).await;
        console.session = cookie(&page);
        let csrf = hidden_field(&page.text().await.unwrap(), "csrf").unwrap();
        let email = format!("admin@{company}.test");
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", &email),
            ("password", PASSWORD),
        ];
        let post = console.http.post(console.at("/sign-in"));
        let post = post.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let signed_in = console.sent(post.body(form(&fields))).await;
        assert_eq!(signed_in.status(), 303);
        console.session = cookie(&signed_in);
        console
    }

    /// A page; how long it took.
    pub(super) async fn page(&self, path: &str) -> (String, Duration) {
        let begun = Instant::now();
        let answer = self.sent(self.http.get(self.at(path))).await;
        assert_eq!(answer.status(), 200, "{path}");
        (answer.text().await.unwrap(), begun.elapsed())
    }

    /// The token of forms.
    pub(super) async fn csrf(&self) -> String {
        let (page, _) = self.page("/admin/users").await;
        hidden_field(&page, "csrf").unwrap()
    }

    /// Sends a form with files; the status of the answer and its text.
    pub(super) async fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<(&str, &str)>,
    ) -> (u16, String) {
        let part = |about: &str, content: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {about}\r\n\r\n{content}\r\n")
        };
        let fields = fields
            .iter()
            .map(|(name, value)| part(&format!("name=\"{name}\""), value));
        let file =
            file.map(|(name, content)| part(&format!("name=\"{name}\"; filename=\"x\""), content));
        let end = format!("--{BOUNDARY}--\r\n");
        let body: String = fields.chain(file).chain([end]).collect();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let post = self.http.post(self.at(path)).header(CONTENT_TYPE, kind);
        let answer = self.sent(post.body(body)).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A token for everything.
    pub(super) async fn token(&self) -> Token {
        let csrf = self.csrf().await;
        let mut fields = vec![("csrf", csrf.as_str()), ("name", "siege"), ("days", "7")];
        fields.extend(Scope::WORDS.iter().map(|scope| ("scope", *scope)));
        let post = self.http.post(self.at("/admin/tokens"));
        let post = post.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let made = self.sent(post.body(form(&fields))).await;
        let page = made.text().await.unwrap();
        let at = page.find("vestibule_").expect("a token");
        Token {
            console: self.clone(),
            secret: page[at..at + 74].to_owned(),
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let request = request
            .header(HOST, self.host)
            .header(COOKIE, &self.session);
        request.send().await.unwrap()
    }
}

/// A script of an administrator.
pub(super) struct Token {
    console: Console,
    secret: String,
}

impl Token {
    pub(super) async fn get(&self, path: &str) -> serde_json::Value {
        let request = self.console.http.get(self.console.at(path));
        let (status, body) = self.sent(request).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Changes whatever is there; the status of the answer.
    pub(super) async fn patch(&self, path: &str, body: &serde_json::Value) -> (u16, String) {
        let request = self.console.http.patch(self.console.at(path));
        let request = request
            .header("if-match", "*")
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        self.sent(request).await
    }

    async fn sent(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        let request = request
            .header(HOST, self.console.host)
            .header("authorization", format!("Bearer {}", self.secret));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
