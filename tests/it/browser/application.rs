//! From the tile, through nginx or our own proxy into an application, and out of it again.

use super::looks::look;
use super::{Chromium, Demo, ONE_AT_A_TIME, sign_in_at_idp};
use crate::gate::proxied::recording;
use crate::gate::proxy::{Behind, Proxy};
use crate::support::free_port;

#[tokio::test]
async fn a_person_goes_through_nginx_into_an_application_and_out_of_it() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let (port, application) = (free_port(), recording().await);
    let origin = format!("http://app.localhost:{port}");
    let added = demo.installation.json(&format!(
        "application add crm --display-name CRM --origin {origin} --kind nginx --company acme --json"
    ));
    let words = [
        "application",
        "set",
        "crm",
        "launch_url=/page",
        "description=Customers and orders",
    ];
    demo.installation.run_words(&words, "").succeeds();
    let key = added["proxy_key"].as_str().unwrap();
    let server = demo.origin.replace("http://acme.localhost", "127.0.0.1");
    let _nginx = Proxy::Nginx.run(&Behind {
        installation: &demo.installation,
        application: &application,
        server: &server,
        key,
        port,
    });
    // What a command changes takes effect within two seconds, and no page shows when.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    // My Apps of the identity provider, acme's site, the only application there, the page.
    browser.open(&format!("{}/myapps", demo.idp)).await;
    sign_in_at_idp(&browser).await;
    browser.click("a.tile").await;
    browser.arrive(&format!("{origin}/page")).await;
    assert_eq!(browser.text("h1").await, "Hello, B. Simon of acme");

    // By its own address, in a browser that is signed in already, to exactly the page that was asked for.
    browser
        .open(&format!("{origin}/page?order=7&note=a%20b"))
        .await;
    browser
        .arrive(&format!("{origin}/page?order=7&note=a%20b"))
        .await;

    // Out, everywhere.
    browser.click("#sign-out").await;
    browser.read("You are signed out").await;
    browser.open(&format!("{}/sso/session", demo.origin)).await;
    assert!(browser.text("body").await.contains("Not signed in"));

    // Who may not use it is told so, at the application's host.
    browser.open(&format!("{origin}/page")).await;
    browser.arrive(&format!("{origin}/page")).await;
    demo.installation
        .run("application deny crm --company acme --everybody")
        .succeeds();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    browser.open(&format!("{origin}/page")).await;
    browser.read("You may not use this application").await;
    look(&browser, "application-refused").await;
    browser.open(&format!("{origin}/.vestibule/sign-out")).await;
    browser.read("Sign out?").await;
    look(&browser, "application-sign-out").await;
    browser.press("Sign out").await;
    browser.read("You are signed out").await;
    browser.quit().await;
}

// Q57, Q60: the demo's own application, and one with a WebSocket.
#[tokio::test]
async fn a_person_goes_through_our_own_proxy_and_is_cut_off_when_the_session_ends() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let (demo, browser) = (Demo::start(), Chromium::start().await);
    let port = demo.origin.rsplit_once(':').unwrap().1;
    let notes = format!("http://notes.localhost:{port}");
    browser.open(&format!("{}/myapps", demo.idp)).await;
    sign_in_at_idp(&browser).await;
    browser.click("a.tile[href*=northwind]").await;
    browser.arrive(&format!("{notes}/")).await;
    assert_eq!(browser.text("h1").await, "Hello, B. Simon of northwind");
    browser.read("Connected for 1 s.").await;
    look(&browser, "demo-application").await;
    browser.click("#sign-out").await;
    browser.read("You are signed out").await;
    let northwind = format!("http://northwind.localhost:{port}");
    browser.open(&format!("{northwind}/sso/session")).await;
    assert!(browser.text("body").await.contains("Not signed in"));

    let origin = format!("http://crm.localhost:{port}");
    let application = recording().await;
    demo.installation
        .run(&format!(
            "application add crm --display-name CRM --origin {origin} --upstream http://{application} --company acme"
        ))
        .succeeds();
    // What a command changes takes effect within two seconds, and no page shows when.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    browser.open(&format!("{origin}/page")).await;
    browser.arrive(&format!("{origin}/page")).await;
    assert_eq!(browser.text("h1").await, "Hello, B. Simon of acme");
    browser.read("The socket is open.").await;
    demo.installation
        .run("user sign-out --company acme --email b.simon@contoso.com")
        .succeeds();
    browser.read("The socket is closed.").await;
    browser.quit().await;
}
