//! `doctor gate` with the proxies themselves: of the examples as they stand it has nothing to say, and of one in which a directive is
//! missing it says which (rule Q66).

use super::proxied::Proxied;
use super::proxy::Proxy;
use crate::store::database::{Database, on_both};
use crate::support::Installation;

on_both!(of_an_example_as_it_stands_there_is_nothing_to_say);

async fn of_an_example_as_it_stands_there_is_nothing_to_say(database: &Database) {
    let url = database.url();
    for proxy in [Proxy::Nginx, Proxy::Caddy, Proxy::Haproxy] {
        let installation = Installation::with_settings(&format!("[database]\nurl = \"{url}\"\n"));
        let installation = installation.trusting_local_proxies();
        let (proxied, _running) = proxy.start_on(installation, &|example| example).await;
        let (code, said) = asked(&proxied, &[]).await;
        assert_eq!(code, 0, "{proxy:?}: {said}");
        assert!(said.ends_with("All is well.\n"), "{proxy:?}: {said}");
        for rule in ["Q12", "Q14", "Q15", "Q16", "Q20", "Q36", "Q41", "Q50"] {
            assert!(said.contains(&format!("✓ {rule} ")), "{proxy:?}: {said}");
        }
        let json = asked(&proxied, &["--json"]).await.1;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["ok"], true);
        assert!(json["findings"].as_array().unwrap().len() > 10, "{json}");
        // The probes have gone with the commands.
        let store = database.open().await;
        assert!(store.applications().await.unwrap().len() == 1);
        store.close().await;
        let left = database.rows().await;
        assert!(!left.iter().any(|row| row.starts_with("gate_")), "{left:?}");
        let installation = &proxied.deployment.installation;
        installation.run("application remove crm").succeeds();
        installation.run("company suspend acme --yes").succeeds();
        installation.run("company delete acme --yes").succeeds();
    }
}

#[tokio::test]
async fn of_nginx_the_missing_directive_is_named() {
    let url = "proxy_set_header X-Original-URL $scheme://$host$request_uri;";
    let method = "proxy_set_header X-Original-Method $request_method;";
    let key = "proxy_set_header Vestibule-Proxy-Key PROXY_KEY;";
    let no_cookie = format!("{method} proxy_set_header Cookie \"\";");
    let client = "        proxy_set_header X-Forwarded-For $remote_addr;\n        proxy_set_header Vestibule-Proxy-Key PROXY_KEY;";
    for (from, to, texts) in [
        (
            "auth_request /_vestibule_check;",
            "",
            &[
                "✗ Q15",
                "The page is not protected",
                "auth_request /_vestibule_check;",
            ][..],
        ),
        (
            "internal;",
            "",
            &[
                "✗ Q15",
                "/_vestibule_check leads from outside to the check",
                "write: internal;",
            ],
        ),
        (
            url,
            "",
            &[
                "✗ Q13",
                "X-Original-URL did not come",
                url,
                "✗ Q12",
                "A client's X-Original-URL is believed",
            ],
        ),
        (
            method,
            "",
            &[
                "✗ Q13",
                "X-Original-Method did not come",
                method,
                "A client's X-Original-Method is believed",
            ],
        ),
        (
            key,
            "",
            &[
                "✗ Q15",
                "without a key that counts",
                "proxy_set_header Vestibule-Proxy-Key KEY;",
            ],
        ),
        (
            "$request_uri;",
            "$uri;",
            &["✗ Q12", "$request_uri in X-Original-URL"],
        ),
        (
            method,
            &no_cookie,
            &["✗ Q41", "No cookie reaches the check"],
        ),
        (
            client,
            key,
            &["✗ Q16", "proxy_set_header X-Forwarded-For $remote_addr;"],
        ),
    ] {
        finds(Proxy::Nginx, from, to, texts).await;
    }
}

#[tokio::test]
async fn of_nginx_what_visitors_are_told_is_named() {
    let away = "if ($vestibule_location = \"\") {\n            return 401;\n        }";
    for (from, to, texts) in [
        (
            "error_page 401 = @vestibule_sign_in;",
            "",
            &["✗ Q22", "error_page 401 = @vestibule_sign_in;"][..],
        ),
        (away, "", &["✗ Q23", "return 401;"]),
        (
            "error_page 403 /.vestibule/refused;",
            "",
            &["! Q24", "error_page 403 /.vestibule/refused;"],
        ),
        (
            "location ^~ /.vestibule/ {",
            "location ^~ /.elsewhere/ {",
            &["✗ Q28", "in a circle", "location ^~ /.vestibule/"],
        ),
        (
            "proxy_set_header Host $host;",
            "",
            &["✗ Q28", "another Host", "proxy_set_header Host $host;"],
        ),
        (
            "server {\n    listen",
            "underscores_in_headers on; ignore_invalid_headers off;\nserver {\n    listen",
            &["✗ Q36", "underscores_in_headers on;"],
        ),
        (
            "    location @vestibule_sign_in {",
            "    location /orders/doctor { proxy_pass http://application; }\n    location @vestibule_sign_in {",
            &[],
        ),
        (
            "sso/check/crm;",
            "sso/check/shop;",
            &["✗ Q11", "\"shop\"", "/sso/check/crm"],
        ),
    ] {
        finds(Proxy::Nginx, from, to, texts).await;
    }
}

#[tokio::test]
async fn of_haproxy_the_missing_directive_is_named() {
    let names = "http-request deny deny_status 400 if { req.hdr_names -m sub _ . }";
    let connection =
        "http-request deny deny_status 400 if { req.hdr(connection) -m sub -i remote- vestibule- }";
    let asks = "    http-request lua.vestibule unless is_own\n";
    let asks_and_denies = format!(
        "{asks}    # Without this line a check that failed would let the request pass.\n    http-request deny deny_status 503 unless is_own or {{ var(txn.vestibule) -m int 200 }}\n"
    );
    for (from, to, texts) in [
        (
            names,
            "",
            &["✗ Q36", "Remote_User", "Remote.User", names][..],
        ),
        (connection, "", &["✗ Q37", connection]),
        (
            asks_and_denies.as_str(),
            "",
            &[
                "✗ Q15",
                "The page is not protected",
                "http-request lua.vestibule unless is_own",
            ],
        ),
        (asks, "", &["✗ Q25", "503", "VESTIBULE_CHECK"]),
        (
            "http-request set-header X-Forwarded-Uri %[pathq]",
            "",
            &[
                "✗ Q13",
                "http-request set-header X-Forwarded-Uri %[pathq]",
                "A client's X-Forwarded-Uri is believed",
            ],
        ),
        (
            "set-header X-Forwarded-Method %[method]",
            "add-header X-Forwarded-Method %[method]",
            &[
                "✗ Q13",
                "beside the proxy's",
                "X-Forwarded-Method %[method]",
            ],
        ),
        (
            "http-request set-header X-Forwarded-For %[src]",
            "",
            &["✗ Q16", "http-request set-header X-Forwarded-For %[src]"],
        ),
        (
            "%[pathq]",
            "%[pathq,url_dec]",
            &["✗ Q50", "X-Forwarded-Uri %[pathq]"],
        ),
        (
            "use_backend vestibule if is_own",
            "",
            &["✗ Q28", "use_backend vestibule if is_own"],
        ),
        (
            "PROXY_KEY PROXY_KEY",
            "PROXY_KEY another",
            &["✗ Q15", "setenv VESTIBULE_PROXY_KEY KEY"],
        ),
    ] {
        finds(Proxy::Haproxy, from, to, texts).await;
    }
}

#[tokio::test]
async fn of_caddy_the_missing_directive_is_named() {
    let key = "header_up Vestibule-Proxy-Key PROXY_KEY";
    for (from, to, texts) in [
        (
            "respond @hides_identity 400",
            "",
            &[
                "✗ Q37",
                "@hides_identity header_regexp Connection (?i)(remote-|vestibule-)",
            ][..],
        ),
        (
            key,
            "",
            &["✗ Q15", "header_up Vestibule-Proxy-Key KEY in forward_auth"],
        ),
        (
            "reverse_proxy /.vestibule/* 127.0.0.1:8080",
            "",
            &["✗ Q28", "reverse_proxy /.vestibule/* to Vestibule"],
        ),
        (
            key,
            "header_up Vestibule-Proxy-Key PROXY_KEY\n header_up -Cookie",
            &["✗ Q41", "No cookie reaches the check", "header_up -NAME"],
        ),
        (
            key,
            "header_up Vestibule-Proxy-Key PROXY_KEY\n header_up -Sec-Fetch-Mode\n header_up -Origin",
            &["✗ Q41", "origin", "sec-fetch-mode"],
        ),
        (
            key,
            "header_up Vestibule-Proxy-Key PROXY_KEY\n header_up X-Forwarded-Uri {http.request.header.X-Forwarded-Uri}",
            &["✗ Q13", "A client's X-Forwarded-Uri is believed"],
        ),
        (
            "route {",
            "route {\n reverse_proxy /orders 127.0.0.1:3000\n",
            &[
                "✗ Q15",
                "The page is not protected",
                "forward_auth before reverse_proxy",
            ],
        ),
        (
            key,
            "header_up Vestibule-Proxy-Key PROXY_KEY\n @no status 401 403\n handle_response @no {\n respond \"welcome\" 200\n }",
            &[
                "✗ Q20",
                "The check is not obeyed",
                "no handle_response in forward_auth",
            ],
        ),
        (
            "route {",
            "route {\n reverse_proxy /sso/* 127.0.0.1:8080\n",
            &["! Q15", "/sso/check/crm leads from outside", "Let no route"],
        ),
    ] {
        finds(Proxy::Caddy, from, to, texts).await;
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_told() {
    let proxied = Proxied::new("nginx").await;
    let installation = &proxied.deployment.installation;
    installation
        .run("doctor gate http://other.localhost:9000/")
        .fails(
            1,
            &["No application is at http://other.localhost:9000", "(crm)"],
        );
    installation
        .run("doctor gate app.localhost")
        .fails(2, &["is no address"]);
    // Nobody listens there yet.
    let (code, said) = asked(&proxied, &[]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("could not be asked"), "{said}");
    installation
        .run("application set crm kind=built-in upstreams=http://127.0.0.1:9")
        .succeeds();
    let (code, said) = asked(&proxied, &[]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Vestibule's own proxy"), "{said}");
}

/// Asks about a page; the exit code, and what was said.
async fn asked(proxied: &Proxied, options: &[&str]) -> (i32, String) {
    let mut command = proxied.deployment.installation.command();
    command.args(["--config", "vestibule.toml", "doctor", "gate"]);
    command.arg(format!("http://app.localhost:{}/orders", proxied.port));
    command.args(options);
    // What the proxy leads to is in this process.
    let said = tokio::task::spawn_blocking(move || command.output().unwrap());
    let said = said.await.unwrap();
    let out = String::from_utf8(said.stdout).unwrap();
    (said.status.code().unwrap(), out)
}

/// Of an example with a change every one of `texts` is said, among what is no good news; and nothing where there are none.
async fn finds(proxy: Proxy, from: &str, to: &str, texts: &[&str]) {
    let change = |example: String| {
        assert!(example.contains(from), "{from:?} is not in {example}");
        example.replace(from, to)
    };
    let (proxied, _running) = proxy.start_changed(&change).await;
    let (code, out) = asked(&proxied, &[]).await;
    let is_bad = texts.iter().any(|text| text.starts_with('✗'));
    assert_eq!(code, i32::from(is_bad), "{from}: {out}");
    let complaints: Vec<&str> = out.lines().filter(|line| !line.starts_with('✓')).collect();
    let complaints = complaints.join("\n");
    for text in texts {
        assert!(
            complaints.contains(text),
            "{from}: {text:?} is not in {out}"
        );
    }
    assert!(
        !texts.is_empty() || complaints.trim() == "All is well.",
        "{out}"
    );
}
