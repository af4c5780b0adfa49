//! A browser without a window: it keeps cookies and sends them by their rules, one host at a time.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};

use vestibule::http::Edge;
use vestibule::http::client_address::Peer;

use super::{Answer, send};

/// A browser at one site.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    router: Edge,
    host: String,
    /// Where it is, as the reverse proxy on this machine says.
    address: Option<String>,
    cookies: BTreeMap<String, Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    value: String,
    /// Not sent with a POST from another site (`SameSite=Lax`).
    lax: bool,
}

impl Browser {
    /// A browser that comes for the first time.
    pub(crate) fn new(router: &Edge, host: &str) -> Self {
        Self {
            router: router.clone(),
            host: host.to_owned(),
            address: None,
            cookies: BTreeMap::new(),
        }
    }

    /// The same browser at an address, behind a reverse proxy on this machine.
    pub(crate) fn from(self, address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..self
        }
    }

    /// The same browser with the server behind another node or after a restart.
    pub(crate) fn at(&self, router: &Edge) -> Self {
        Self {
            router: router.clone(),
            ..self.clone()
        }
    }

    /// Looks at an address without wanting its content.
    pub(crate) async fn head(&mut self, path: &str) -> Answer {
        let request = Request::head(path).header(header::COOKIE, self.cookie_header(|_| true));
        self.send(request, Body::empty()).await
    }

    /// Follows a link, or types an address.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[("accept", "text/html,*/*;q=0.8")])
            .await
    }

    /// The same with these headers.
    pub(crate) async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path).header(header::COOKIE, self.cookies());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request, Body::empty()).await
    }

    /// All its cookies, as it sends them.
    pub(crate) fn cookies(&self) -> String {
        self.cookie_header(|_| true)
    }

    /// Asks for what it has already, by its tag.
    pub(crate) async fn get_if_none_match(&mut self, path: &str, tag: &str) -> Answer {
        let request = Request::get(path)
            .header(header::COOKIE, self.cookie_header(|_| true))
            .header(header::IF_NONE_MATCH, tag);
        self.send(request, Body::empty()).await
    }

    /// Sends a form of a page of this site.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie_header(|_| true))
            .header("sec-fetch-site", "same-origin");
        self.send_form(request, fields).await
    }

    /// Sends a form with files of a page of this site: fields, then (field, name of the file, content).
    pub(crate) async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Answer {
        const BOUNDARY: &str = "----it-is-long-enough-to-be-in-no-file";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for (name, file, content) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie_header(|_| true))
            .header("sec-fetch-site", "same-origin")
            .header(
                header::CONTENT_TYPE,
                format!("multipart/form-data; boundary={BOUNDARY}"),
            );
        self.send(request, Body::from(body)).await
    }

    /// Sends any body, as a form of this site.
    pub(crate) async fn post_body(&mut self, path: &str, kind: &str, body: Body) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie_header(|_| true))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, kind);
        self.send(request, body).await
    }

    /// Sends a form of a page of another site.
    pub(crate) async fn post_from_elsewhere(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie_header(|kept| !kept.lax))
            .header("sec-fetch-site", "cross-site");
        self.send_form(request, fields).await
    }

    /// Sends the form of a re-post page (rule E2), as its script does.
    pub(crate) async fn repost(&mut self, page: &Answer) -> Answer {
        assert_eq!(page.status, 403);
        assert!(
            page.body.contains("data-auto-submit") && page.body.contains("action=\"/sso/acs\""),
            "not a re-post page: {}",
            page.body
        );
        let response = hidden_field(&page.body, "SAMLResponse").unwrap();
        let relay_state = hidden_field(&page.body, "RelayState");
        let handle = hidden_field(&page.body, "reposted").unwrap();
        let mut fields = vec![
            ("SAMLResponse", response.as_str()),
            ("reposted", handle.as_str()),
        ];
        fields.extend(relay_state.as_deref().map(|value| ("RelayState", value)));
        self.post("/sso/acs", &fields).await
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(|kept| kept.value.as_str())
    }

    /// Loses a cookie.
    pub(crate) fn forget(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    /// Has a cookie that somebody put there.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        let (value, lax) = (value.to_owned(), false);
        self.cookies.insert(name.to_owned(), Kept { value, lax });
    }

    async fn send_form(
        &mut self,
        request: axum::http::request::Builder,
        fields: &[(&str, &str)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body)).await
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let mut request = request.header(header::HOST, &self.host);
        if let Some(address) = &self.address {
            let proxy = Peer("127.0.0.1:4711".parse().unwrap());
            request = request.header("x-forwarded-for", address).extension(proxy);
        }
        let request = request.body(body).unwrap();
        let answer = send(&self.router, request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.take(cookie.to_str().unwrap());
        }
        answer
    }

    fn take(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            let (value, lax) = (value.to_owned(), attributes.contains("SameSite=Lax"));
            self.cookies.insert(name.to_owned(), Kept { value, lax });
        }
    }

    fn cookie_header(&self, sent: impl Fn(&Kept) -> bool) -> String {
        let pairs = self.cookies.iter().filter(|(_, kept)| sent(kept));
        let pairs = pairs.map(|(name, kept)| format!("{name}={}", kept.value));
        pairs.collect::<Vec<_>>().join("; ")
    }
}

/// The value of a page's hidden field.
pub(crate) fn hidden_field(page: &str, name: &str) -> Option<String> {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split_once(start.as_str())?.1;
    Some(unescaped(rest.split_once('"')?.0))
}

/// Text of a page, as a browser reads it.
pub(crate) fn unescaped(text: &str) -> String {
    [
        ("&#38;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}
