//! What to write in a proxy's configuration, for each kind of proxy: the directives of `examples/proxies` and `docs/protect.md`.
//!
//! Invariant: each names the directive as it is written there.

use crate::policy::ProxyKind;

/// What is missing or wrong in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// The check itself.
    Check,
    /// The way to the check.
    Way,
    /// The probe's header is handed on.
    Probe,
    /// The key of the proxy.
    Key,
    /// The client's headers are handed on.
    HandOn,
    /// The client's address.
    Client,
    /// Names with `_` or `.` are dropped.
    Names,
    /// A `Connection` that names identity headers.
    Connection,
    /// The path as it came.
    Path,
    /// A browser is led to the sign-in.
    SignIn,
    /// A program is not.
    Program,
    /// The page of a refusal.
    Refusal,
    /// Our own addresses.
    Own,
    /// The check is nobody's to ask.
    Internal,
    /// Whatever is no success is none.
    Closed,
    /// The host and nothing else leads to the application.
    Host,
}

impl Directive {
    /// What to write.
    pub(super) const fn text(self, kind: ProxyKind) -> &'static str {
        match kind {
            ProxyKind::Nginx => self.of_nginx(),
            ProxyKind::Forwarded => self.of_forwarded(),
            ProxyKind::Envoy => self.of_envoy(),
            ProxyKind::BuiltIn => "",
        }
    }

    const fn of_nginx(self) -> &'static str {
        match self {
            Self::Check => "In the location of this page, write: auth_request /_vestibule_check;",
            Self::Way => {
                "Look at nginx's error log. In the check's location: proxy_pass to Vestibule's own address."
            }
            Self::Probe => {
                "In the check's location, leave out proxy_pass_request_headers off; and proxy_set_header X-Vestibule-Probe."
            }
            Self::Key => {
                "In the check's location, write: proxy_set_header Vestibule-Proxy-Key KEY;"
            }
            Self::HandOn => {
                "In the check's location, leave out proxy_pass_request_headers off; and every proxy_set_header of these names."
            }
            Self::Client => {
                "In the check's location, write: proxy_set_header X-Forwarded-For $remote_addr;"
            }
            Self::Names => {
                "Leave out underscores_in_headers on; and ignore_invalid_headers off; nginx drops such names by default."
            }
            Self::Connection => "nginx takes no header away by Connection.",
            Self::Path => {
                "Write $request_uri in X-Original-URL, never $uri, which is decoded; and proxy_pass http://application; without a path."
            }
            Self::SignIn => {
                "In the page's location, write: error_page 401 = @vestibule_sign_in; and there: return 302 $vestibule_location;"
            }
            Self::Program => {
                "In location @vestibule_sign_in, write before return 302: if ($vestibule_location = \"\") { return 401; }"
            }
            Self::Refusal => "In the page's location, write: error_page 403 /.vestibule/refused;",
            Self::Own => {
                "Write: location ^~ /.vestibule/ with proxy_pass to Vestibule, proxy_set_header Host $host; and no auth_request."
            }
            Self::Internal => "In the check's location, write: internal;",
            Self::Closed => {
                "In the page's location, leave out error_page with =200, satisfy any; and auth_request off;"
            }
            Self::Host => {
                "Let every other host end in a server of its own: listen … default_server; and return 444;"
            }
        }
    }

    const fn of_forwarded(self) -> &'static str {
        match self {
            Self::Check => {
                "Caddy: forward_auth before reverse_proxy, in one route { … }. Traefik: middlewares: [vestibule] at the router. HAProxy: \
                 http-request lua.vestibule unless is_own, and the line after it that denies."
            }
            Self::Way => {
                "Look at the proxy's log. Caddy: the address behind forward_auth. Traefik: address of forwardAuth. HAProxy: \
                 VESTIBULE_CHECK. It is Vestibule's own address."
            }
            Self::Probe => {
                "Caddy: no header_up -X-Vestibule-Probe in forward_auth. Traefik: leave out authRequestHeaders, or name \
                 X-Vestibule-Probe there. HAProxy: hand on every header of the client, as vestibule.lua does."
            }
            Self::Key => {
                "Caddy: header_up Vestibule-Proxy-Key KEY in forward_auth. HAProxy: setenv VESTIBULE_PROXY_KEY KEY. Traefik can send \
                 none: let it ask at checks.danger_listen."
            }
            Self::HandOn => {
                "Caddy: no header_up -NAME in forward_auth. Traefik: leave out authRequestHeaders, or name them there. HAProxy: hand on \
                 every header of the client, as vestibule.lua does."
            }
            Self::Client => {
                "Caddy: no trusted_proxies but proxies of yours. Traefik: forwardedHeaders.trustedIPs, never insecure. HAProxy: \
                 http-request set-header X-Forwarded-For %[src] before the action."
            }
            Self::Names => {
                "HAProxy: http-request deny deny_status 400 if { req.hdr_names -m sub _ . }, before the action. Traefik: \
                 underscoreHeadersStrategy: delete at the entry point. Caddy: 2.11.2 or later."
            }
            Self::Connection => {
                "HAProxy: http-request deny deny_status 400 if { req.hdr(connection) -m sub -i remote- vestibule- }, before the action. \
                 Caddy: @hides_identity header_regexp Connection (?i)(remote-|vestibule-) and respond @hides_identity 400, first in the \
                 route."
            }
            Self::Path => {
                "Ask before every rewrite. Caddy: forward_auth first in the route, no uri or rewrite before it. Traefik: the middleware \
                 first in the chain. HAProxy: X-Forwarded-Uri %[pathq] before http-request set-path."
            }
            Self::SignIn => {
                "Let the answer of the check through as it is, with its status and its Location. Caddy: no handle_response in \
                 forward_auth. HAProxy: txn:done(reply) in the action, as vestibule.lua has it."
            }
            Self::Program => {
                "Let the answer of the check through as it is: no redirect of your own for 401, and no errors middleware."
            }
            Self::Refusal => {
                "Let the answer of the check through as it is: no page of your own for 403."
            }
            Self::Own => {
                "Caddy: reverse_proxy /.vestibule/* to Vestibule, before forward_auth in the route. Traefik: a router for \
                 PathPrefix(`/.vestibule/`) with a higher priority and no middleware. HAProxy: use_backend vestibule if is_own, with \
                 acl is_own path_beg /.vestibule/."
            }
            Self::Internal => "Let no route of this host lead to /sso/check/.",
            Self::Closed => {
                "HAProxy: http-request deny deny_status 503 unless is_own or { var(txn.vestibule) -m int 200 }, after the action. \
                 Caddy: no handle_response in forward_auth. Traefik: no errors middleware that answers 200."
            }
            Self::Host => "Let every other host end in a site of its own, which leads nowhere.",
        }
    }

    const fn of_envoy(self) -> &'static str {
        match self {
            Self::Check => {
                "Envoy: envoy.filters.http.ext_authz before the router in http_filters, and no ExtAuthzPerRoute with disabled for \
                 this route."
            }
            Self::Way => {
                "Envoy: the cluster of http_service in ext_authz is Vestibule's own address."
            }
            Self::Probe => "Envoy: exact: x-vestibule-probe among allowed_headers of ext_authz.",
            Self::Key => {
                "Envoy: headers_to_add with Vestibule-Proxy-Key in authorization_request of ext_authz."
            }
            Self::HandOn => {
                "Envoy: each of them among allowed_headers of ext_authz, or prefix: sec-fetch- and prefix: sec-websocket-."
            }
            Self::Client => {
                "Envoy: use_remote_address: true in the connection manager, and exact: x-forwarded-for among allowed_headers."
            }
            Self::Names => "Envoy: headers_with_underscores_action: DROP_HEADER.",
            Self::Connection => "Envoy takes no header away by Connection.",
            Self::Path => {
                "Envoy: normalize_path, merge_slashes and path_with_escaped_slashes_action: REJECT_REQUEST, so that the application \
                 gets the path that the check is told."
            }
            Self::SignIn | Self::Program | Self::Refusal => {
                "Envoy: leave out allowed_client_headers, or name Location and WWW-Authenticate there."
            }
            Self::Own => {
                "Envoy: a route for /.vestibule/ to Vestibule, with ExtAuthzPerRoute disabled."
            }
            Self::Internal => "Let no route of this host lead to /sso/check/.",
            Self::Closed => "Envoy: leave out failure_mode_allow.",
            Self::Host => "Envoy: domains of the virtual host without *.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a kind of proxy, where its example has what is advised.
    const IN_EXAMPLES: [(ProxyKind, &str, Directive, &[&str]); 22] = [
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Check,
            &["auth_request /_vestibule_check;"],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Internal,
            &["internal;"],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::SignIn,
            &[
                "error_page 401 = @vestibule_sign_in;",
                "return 302 $vestibule_location;",
            ],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Refusal,
            &["error_page 403 /.vestibule/refused;"],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Client,
            &["proxy_set_header X-Forwarded-For $remote_addr;"],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Key,
            &["proxy_set_header Vestibule-Proxy-Key"],
        ),
        (
            ProxyKind::Nginx,
            "nginx/application.conf",
            Directive::Own,
            &["location ^~ /.vestibule/", "proxy_set_header Host $host;"],
        ),
        (
            ProxyKind::Forwarded,
            "haproxy/haproxy.cfg",
            Directive::Names,
            &["http-request deny deny_status 400 if { req.hdr_names -m sub _ . }"],
        ),
        (
            ProxyKind::Forwarded,
            "haproxy/haproxy.cfg",
            Directive::Connection,
            &[
                "http-request deny deny_status 400 if { req.hdr(connection) -m sub -i remote- vestibule- }",
            ],
        ),
        (
            ProxyKind::Forwarded,
            "haproxy/haproxy.cfg",
            Directive::Closed,
            &[
                "http-request deny deny_status 503 unless is_own or { var(txn.vestibule) -m int 200 }",
            ],
        ),
        (
            ProxyKind::Forwarded,
            "haproxy/haproxy.cfg",
            Directive::Own,
            &[
                "use_backend vestibule if is_own",
                "acl is_own path_beg /.vestibule/",
            ],
        ),
        (
            ProxyKind::Forwarded,
            "haproxy/haproxy.cfg",
            Directive::Client,
            &["http-request set-header X-Forwarded-For %[src]"],
        ),
        (
            ProxyKind::Forwarded,
            "caddy/Caddyfile",
            Directive::Connection,
            &[
                "@hides_identity header_regexp Connection (?i)(remote-|vestibule-)",
                "respond @hides_identity 400",
            ],
        ),
        (
            ProxyKind::Forwarded,
            "caddy/Caddyfile",
            Directive::Key,
            &["header_up Vestibule-Proxy-Key"],
        ),
        (
            ProxyKind::Forwarded,
            "caddy/Caddyfile",
            Directive::Own,
            &["reverse_proxy /.vestibule/*"],
        ),
        (
            ProxyKind::Forwarded,
            "traefik/dynamic.yaml",
            Directive::Check,
            &["middlewares: [vestibule]"],
        ),
        (
            ProxyKind::Forwarded,
            "traefik/traefik.yaml",
            Directive::Names,
            &["underscoreHeadersStrategy: delete"],
        ),
        (
            ProxyKind::Envoy,
            "envoy/envoy.yaml",
            Directive::Probe,
            &["exact: x-vestibule-probe"],
        ),
        (
            ProxyKind::Envoy,
            "envoy/envoy.yaml",
            Directive::Names,
            &["headers_with_underscores_action: DROP_HEADER"],
        ),
        (
            ProxyKind::Envoy,
            "envoy/envoy.yaml",
            Directive::Path,
            &["path_with_escaped_slashes_action: REJECT_REQUEST"],
        ),
        (
            ProxyKind::Envoy,
            "envoy/envoy.yaml",
            Directive::Client,
            &["use_remote_address: true"],
        ),
        (
            ProxyKind::Envoy,
            "envoy/envoy.yaml",
            Directive::HandOn,
            &["prefix: sec-fetch-", "prefix: sec-websocket-"],
        ),
    ];

    // Q66: what is advised is what the examples have.
    #[test]
    fn a_directive_is_the_one_of_the_examples() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/proxies");
        let example = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        for (kind, file, directive, parts) in IN_EXAMPLES {
            let (example, text) = (example(file), directive.text(kind));
            for part in parts {
                assert!(example.contains(part), "{file}: {part}");
                assert!(
                    text.contains(part),
                    "{directive:?}: {part} is not in {text}"
                );
            }
        }
    }
}
