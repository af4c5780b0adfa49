//! A request as it goes out, and the page that it is about.
//!
//! Invariant: each is one request with one `Host` and one `Connection`, and says itself which question it is.

use crate::policy::{PROBE_COOKIE, PROBE_HEADER, PROBE_LATE, RequestOrigin};

/// The page that is asked for.
#[derive(Debug, Clone)]
pub(super) struct AskedPage {
    pub(super) origin: RequestOrigin,
    /// Path and query, as they were typed.
    pub(super) uri: String,
}

/// A request before it is octets.
#[derive(Debug, Clone)]
pub(super) struct WrittenRequest {
    pub(super) method: String,
    /// What stands in the first line.
    pub(super) target: String,
    host: String,
    lines: Vec<(String, String)>,
    is_late: bool,
}

impl AskedPage {
    /// `app.example.com:8443`.
    pub(super) fn authority(&self) -> &str {
        let text = self.origin.as_str();
        text.split_once("://").map_or(text, |(_, rest)| rest)
    }

    /// Where to connect to.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        let host = self.origin.host().to_owned();
        let port = self.authority().strip_prefix(host.as_str());
        let port = port.and_then(|rest| rest.strip_prefix(':')?.parse().ok());
        let usual = if self.origin.is_https() { 443 } else { 80 };
        (host, port.unwrap_or(usual))
    }

    /// The path up to its last slash.
    pub(super) fn folder(&self) -> &str {
        let path = self.uri.split(['?', '#']).next().unwrap_or("/");
        path.rfind('/').map_or("/", |slash| &path[..=slash])
    }
}

impl WrittenRequest {
    /// A browser that opens the page.
    pub(super) fn browser(page: &AskedPage) -> Self {
        let fetch = [
            ("Sec-Fetch-Site", "none"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-User", "?1"),
            ("Sec-Fetch-Dest", "document"),
        ];
        let request = Self {
            method: "GET".to_owned(),
            target: page.uri.clone(),
            host: page.authority().to_owned(),
            lines: Vec::new(),
            is_late: false,
        };
        request
            .with(&[
                ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
                (
                    "User-Agent",
                    concat!("vestibule-doctor/", env!("CARGO_PKG_VERSION")),
                ),
            ])
            .with(&fetch)
    }

    pub(super) fn program(self) -> Self {
        self.without_fetch().with(&[
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
        ])
    }

    pub(super) fn form(self, site: &str) -> Self {
        self.without_fetch().with_method("POST").with(&[
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", "0"),
        ])
    }

    /// The same, which wants the answer of the check to come late.
    pub(super) fn late(mut self) -> Self {
        self.is_late = true;
        self
    }

    pub(super) fn without_fetch(mut self) -> Self {
        self.lines
            .retain(|(name, _)| !name.starts_with("Sec-Fetch-"));
        self
    }

    pub(super) fn with(mut self, lines: &[(&str, &str)]) -> Self {
        let lines = lines.iter();
        self.lines
            .extend(lines.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    pub(super) fn with_method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(super) fn with_target(mut self, target: String) -> Self {
        self.target = target;
        self
    }

    pub(super) fn with_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// As it goes out, with a probe's token and the number of the question.
    pub(super) fn octets(&self, token: &str, number: u16) -> Vec<u8> {
        let Self {
            method,
            target,
            host,
            lines,
            is_late,
        } = self;
        let late = if *is_late { PROBE_LATE } else { "" };
        let mut text = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{PROBE_HEADER}: {token}.{number}{late}\r\nCookie: {PROBE_COOKIE}={number}\r\n"
        );
        // One list, so that no proxy looks at the first only.
        let named = lines.iter().filter(|(name, _)| name == "Connection");
        let connection: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
        text.push_str("Connection: close");
        for named in connection {
            text.push_str(", ");
            text.push_str(named);
        }
        text.push_str("\r\n");
        for (name, value) in lines.iter().filter(|(name, _)| name != "Connection") {
            text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}
