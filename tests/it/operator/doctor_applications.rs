//! What `doctor` says of applications.

use crate::support::Installation;

const ADD: &str =
    "application add crm --display-name CRM --origin https://app.example.com --kind nginx";

#[test]
fn a_proxy_that_nobody_trusts_and_tokens_with_several_issuers_are_found() {
    let installation = Installation::with_company();
    installation.run(ADD).succeeds();
    let said = installation.run("doctor");
    assert!(
        said.out.contains("crm: its proxy is answered nothing"),
        "{}",
        said.out
    );
    assert!(said.out.contains("trusted_proxies"), "{}", said.out);

    let installation = installation.trusting_local_proxies();
    let said = installation.run("doctor");
    assert!(
        said.out.contains("crm: serves 1 of the companies"),
        "{}",
        said.out
    );
    installation
        .run("company add beta --name Beta --origin http://beta.localhost:8080")
        .succeeds();
    let said = installation.run("doctor");
    assert!(
        said.out
            .contains("crm: it serves 2 companies and there is no hub"),
        "{}",
        said.out
    );
    installation
        .run("application set crm companies=acme")
        .succeeds();
    let said = installation.run("doctor");
    assert!(
        said.out.contains("crm: serves 1 of the companies"),
        "{}",
        said.out
    );
}

#[test]
fn an_application_that_our_own_proxy_cannot_reach_is_found() {
    let installation = Installation::with_company();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    installation
        .run(&format!(
            "application add crm --display-name CRM --origin https://app.example.com --upstream http://{address} --company acme"
        ))
        .succeeds();
    let said = installation.run("doctor").out;
    assert!(
        said.contains(&format!("crm: http://{address} can be reached")),
        "{said}"
    );
    assert!(!said.contains("trusted_proxies"), "{said}");
    drop(listener);
    let said = installation.run("doctor").out;
    assert!(
        said.contains(&format!("crm: http://{address}: it cannot be connected to")),
        "{said}"
    );
    assert!(
        said.contains("vestibule application set crm upstreams=URL"),
        "{said}"
    );
}
