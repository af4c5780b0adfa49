//! An application that records what arrives, behind a real proxy that asks a real server.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Client, Deployment, Installation, Server, free_port, sign_in};

/// The application, the server, and who is there.
pub(super) struct Proxied {
    pub(super) deployment: Deployment,
    pub(super) server: Server,
    /// What the proxy shows.
    pub(super) key: String,
    /// Where the proxy listens.
    pub(super) port: u16,
    /// Where the application listens.
    pub(super) application: String,
}

/// What a browser got.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// What arrived at the application.
    pub(super) fn arrived(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    /// The values of a header that arrived.
    pub(super) fn arrived_header(&self, name: &str) -> Vec<String> {
        let arrived = self.arrived();
        let pairs = arrived["headers"].as_array().unwrap();
        let of_name = pairs.iter().filter(|pair| pair[0] == name);
        of_name
            .map(|pair| pair[1].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Proxied {
    /// With an application of a kind, for whose proxy a port is kept.
    pub(super) async fn new(kind: &str) -> Self {
        Self::on(Installation::new().trusting_local_proxies(), kind).await
    }

    /// The same on an installation in which nothing is yet.
    pub(super) async fn on(installation: Installation, kind: &str) -> Self {
        let application = recording().await;
        Self::before(installation, application, &format!("--kind {kind}"))
    }

    /// With our own proxy before an application.
    pub(super) fn built_in(application: String) -> Self {
        let upstream = format!("--upstream http://{application}");
        let installation = Installation::new().trusting_local_proxies();
        Self::before(installation, application, &upstream)
    }

    fn before(installation: Installation, application: String, options: &str) -> Self {
        let deployment = Deployment::of(installation);
        let port = free_port();
        let added = deployment.installation.json(&format!(
            "application add crm --display-name CRM --origin http://app.localhost:{port} {options} --company acme --json"
        ));
        let words = "application|set|crm|groups=SSO Basic|preflight=true|skip_rules=GET /public/";
        let words: Vec<&str> = words.split('|').collect();
        deployment.installation.run_words(&words, "").succeeds();
        let mut command = deployment.installation.command();
        command.arg("serve");
        if options.starts_with("--upstream") {
            command.env("VESTIBULE_LISTEN", format!("127.0.0.1:{port}"));
        }
        Self {
            key: added["proxy_key"].as_str().unwrap().to_owned(),
            application,
            server: Server::run(command),
            deployment,
            port,
        }
    }

    /// Asks the proxy.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
        Self::ask_at(self.port, method, path, headers).await
    }

    async fn ask_at(port: u16, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .resolve("app.localhost", ([127, 0, 0, 1], port).into())
            .build()
            .unwrap();
        let address = format!("http://app.localhost:{port}{path}");
        let mut request = http.request(method.parse().unwrap(), address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        Got {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    /// Sends octets as they are; everything that comes back until the proxy closes.
    pub(super) async fn raw(&self, octets: &[u8]) -> String {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .unwrap();
        stream.write_all(octets).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Opens a page as a browser does.
    pub(super) async fn open(&self, path: &str, cookie: &str) -> Got {
        Self::open_at(self.port, path, cookie).await
    }

    /// The same at a proxy's port.
    pub(super) async fn open_at(port: u16, path: &str, cookie: &str) -> Got {
        let headers = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-site", "none"),
            ("cookie", cookie),
        ];
        Self::ask_at(port, "GET", path, &headers).await
    }

    /// A browser that wanted a page and signed in; its gate cookie. It ends at exactly that page.
    pub(super) async fn signed_in(&self, path: &str) -> String {
        let wanted = self.open(path, "").await;
        assert_eq!(wanted.status, 302, "{wanted:?}");
        let start = self.below(wanted.header("location"));
        let started = self.open(&start, "").await;
        assert_eq!(started.status, 303, "{started:?}");
        let start_cookie = cookie_of(&started.headers, "vestibule-start");
        let location = started.header("location");
        let hand_over = location.strip_prefix("http://acme.localhost:8080").unwrap();
        let client = Client::of(&self.server);
        let session = sign_in(&client, &self.deployment.idp, 1).await.unwrap();
        let code = client.get(hand_over, &session).await.unwrap();
        assert_eq!(code.status, 303, "{}", code.body);
        let finish = self.below(code.headers["location"].to_str().unwrap());
        let finished = self.open(&finish, &start_cookie).await;
        assert_eq!((finished.status, finished.header("location")), (303, path));
        cookie_of(&finished.headers, "vestibule-gate")
    }

    fn below(&self, location: &str) -> String {
        let origin = format!("http://app.localhost:{}", self.port);
        let path = location.strip_prefix(&origin);
        path.unwrap_or_else(|| panic!("{location}")).to_owned()
    }
}

/// The cookie that begins with a name, as a browser sends it back.
fn cookie_of(headers: &HeaderMap, name: &str) -> String {
    let all = headers.get_all(SET_COOKIE).iter();
    let mut pairs = all.map(|it| it.to_str().unwrap().split(';').next().unwrap());
    let found = pairs.find(|pair| pair.starts_with(name) && !pair.ends_with('='));
    found.unwrap_or_else(|| panic!("{headers:?}")).to_owned()
}

/// Starts the application; its address.
pub(crate) async fn recording() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = Router::new().fallback(record);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn record(request: Request) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        return upgrade(request);
    }
    if request.uri().path() == "/page" {
        return page(&request);
    }
    let (parts, body) = request.into_parts();
    let octets = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let pairs: Vec<[String; 2]> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            [name.to_string(), value]
        })
        .collect();
    let told = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.path_and_query().map(PathAndQuery::as_str),
        "headers": pairs,
        "body": octets.len(),
    });
    let cookies = [(SET_COOKIE, "one=1; Path=/"), (SET_COOKIE, "two=2; Path=/")];
    let mut response = told.to_string().into_response();
    for (name, value) in cookies {
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

/// A page for people.
fn page(request: &Request) -> Response {
    let told = |name: &str| {
        let value = request.headers().get(name);
        value
            .map_or("nobody", |value| value.to_str().unwrap())
            .to_owned()
    };
    let html = format!(
        "<!doctype html><title>CRM</title><main><h1>Hello, {} of {}</h1><a id=\"sign-out\" href=\"/.vestibule/sign-out\">Sign out</a><p id=\"socket\"></p></main>\
         <script>const told = document.getElementById('socket'), socket = new WebSocket('ws://' + location.host + '/socket');\
         socket.onopen = () => told.textContent = 'The socket is open.';\
         socket.onclose = () => told.textContent = 'The socket is closed.';</script>",
        told("remote-name"),
        told("vestibule-company"),
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// A WebSocket's handshake, and then an echo.
fn upgrade(request: Request) -> Response {
    // RFC 6455, section 1.3.
    let key = request.headers()["sec-websocket-key"].as_bytes();
    let signed = [key, b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat();
    let accept = BASE64_STANDARD.encode(openssl::sha::sha1(&signed));
    let on = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut io = hyper_util::rt::TokioIo::new(on.await.unwrap());
        let mut octets = [0; 64];
        while let Ok(read @ 1..) = io.read(&mut octets).await {
            io.write_all(&octets[..read]).await.unwrap();
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::UPGRADE, "websocket")
        .header(header::CONNECTION, "upgrade")
        .header("sec-websocket-accept", accept)
        .body(Body::empty())
        .unwrap()
}
