//! `doctor gate` with the proxies themselves: of the examples as they stand it has nothing to say, and of one in which a directive is
//! missing it says which (rule Q66).

use super::proxy::Proxy;

/// What the command finds of an example with changes: its exit code, and what it said.
async fn asked(proxy: Proxy, changes: &[(&str, &str)]) -> (i32, String) {
    let change = |example: String| {
        changes.iter().fold(example, |text, (from, to)| {
            assert!(text.contains(from), "{from:?} is not in {text}");
            text.replace(from, to)
        })
    };
    let (proxied, _running) = proxy.start_changed(&change).await;
    let line = format!("doctor gate http://app.localhost:{}/orders", proxied.port);
    let installation = &proxied.deployment.installation;
    let said = tokio::task::block_in_place(|| installation.run(&line));
    assert_eq!(said.err, "");
    (said.code, said.out)
}

/// The command says every one of `texts` in a line that is an error or a warning.
async fn finds(proxy: Proxy, changes: &[(&str, &str)], code: i32, texts: &[&str]) {
    let (exit, said) = asked(proxy, changes).await;
    assert_eq!(exit, code, "{said}");
    let complaints: Vec<&str> = said.lines().filter(|line| !line.starts_with('✓')).collect();
    let complaints = complaints.join("\n");
    for text in texts {
        assert!(complaints.contains(text), "{text:?} is not in {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_as_it_stands() {
    let (code, said) = asked(Proxy::Nginx, &[]).await;
    eprintln!("{said}");
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with("All is well.\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn caddy_as_it_stands() {
    let (code, said) = asked(Proxy::Caddy, &[]).await;
    eprintln!("{said}");
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with("All is well.\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_as_it_stands() {
    let (code, said) = asked(Proxy::Haproxy, &[]).await;
    eprintln!("{said}");
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with("All is well.\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_without_a_directive() {
    for (from, to, rule, texts) in [
        (
            "auth_request /_vestibule_check;",
            "",
            "Q15",
            &[
                "THE PAGE IS NOT PROTECTED",
                "auth_request /_vestibule_check;",
            ][..],
        ),
        (
            "internal;",
            "",
            "Q15",
            &["/_vestibule_check leads from outside", "internal;"],
        ),
        (
            "proxy_set_header X-Original-URL $scheme://$host$request_uri;",
            "",
            "Q13",
            &[
                "X-Original-URL did not come",
                "proxy_set_header X-Original-URL $scheme://$host$request_uri;",
                "A client's X-Original-URL is believed",
            ],
        ),
        (
            "proxy_set_header X-Original-Method $request_method;",
            "",
            "Q13",
            &[
                "X-Original-Method did not come",
                "proxy_set_header X-Original-Method $request_method;",
            ],
        ),
        (
            "proxy_set_header Vestibule-Proxy-Key PROXY_KEY;",
            "",
            "Q15",
            &[
                "without a key that counts",
                "proxy_set_header Vestibule-Proxy-Key KEY;",
            ],
        ),
        (
            "$request_uri;",
            "$uri;",
            "Q50",
            &["$request_uri in X-Original-URL"],
        ),
        (
            "error_page 401 = @vestibule_sign_in;",
            "",
            "Q22",
            &["error_page 401 = @vestibule_sign_in;"],
        ),
        (
            "error_page 403 /.vestibule/refused;",
            "",
            "Q24",
            &["error_page 403 /.vestibule/refused;"],
        ),
        (
            "location ^~ /.vestibule/ {",
            "location ^~ /.elsewhere/ {",
            "Q28",
            &["in a circle", "location ^~ /.vestibule/"],
        ),
        (
            "proxy_set_header X-Original-Method $request_method;",
            "proxy_set_header X-Original-Method $request_method;\n proxy_set_header Cookie \"\";",
            "Q41",
            &["No cookie reaches the check"],
        ),
        ("underscores_in_headers", "", "", &[]),
    ] {
        if rule.is_empty() {
            continue;
        }
        eprintln!("--- {from}");
        let code = i32::from(rule != "Q24");
        let mut texts = texts.to_vec();
        texts.push(rule);
        finds(Proxy::Nginx, &[(from, to)], code, &texts).await;
    }
}
