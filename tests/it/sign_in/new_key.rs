//! A sign-in that an unknown key signed: its record says when the key is in the identity provider's metadata now.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vestibule::admin::SignInDetail;
use vestibule::domain::{LoginAttempt, NewKey};
use vestibule::login::look_for_new_keys;

use crate::support::Federation;

/// Serves a document, and counts how often.
fn serve(document: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metadata", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(document.as_bytes());
        }
    });
    (url, asked)
}

/// The connection has the key of somebody else, and knows an address of metadata.
async fn with_another_key(world: &Federation, url: Option<&str>) {
    let other = world.beta_idp.signing_key().certificate_base64();
    world
        .change(|entra| {
            entra.settings.saml_mut().unwrap().certificates = vec![other];
            entra.settings.saml_mut().unwrap().metadata_url = url.map(str::to_owned);
        })
        .await;
}

async fn refused(world: &Federation) -> LoginAttempt {
    let answer = world.sign_in_with(&mut world.browser(), |_| {}).await;
    world.assert_refused(&answer, "B3").await
}

async fn detail(world: &Federation, attempt: &LoginAttempt) -> SignInDetail {
    let admin = world.admin_of(&world.acme);
    admin.sign_in_detail(&attempt.code).await.unwrap()
}

async fn found(world: &Federation, attempt: &LoginAttempt) -> Option<NewKey> {
    for _ in 0..200 {
        if let Some(key) = detail(world, attempt).await.new_key {
            return Some(key);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    None
}

#[tokio::test]
async fn the_record_says_that_the_unknown_key_is_in_the_metadata_now() {
    let world = Federation::new().await;
    let (url, asked) = serve(world.idp.metadata_xml().unwrap());
    let looking = tokio::spawn({
        let app = Arc::clone(&world.app);
        async move { look_for_new_keys(&app).await }
    });
    // Without an address nobody is asked.
    with_another_key(&world, None).await;
    let without = refused(&world).await;
    with_another_key(&world, Some(&url)).await;
    let first = refused(&world).await;
    let key = found(&world, &first).await.expect("the key is found");
    assert_eq!(key.url, url);
    let told = detail(&world, &first).await.attempt.record.advice;
    assert!(
        told[0].contains(&key.sha1) && told[0].contains(&url),
        "{told:?}"
    );
    // Asked once, however many sign-ins are refused in five minutes.
    let second = refused(&world).await;
    assert_eq!(found(&world, &second).await, Some(key));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(detail(&world, &without).await.new_key, None);
    // Nothing is trusted by it, and a connection that has the key needs no advice.
    refused(&world).await;
    let own = world.idp.signing_key().certificate_base64();
    world
        .change(|entra| entra.settings.saml_mut().unwrap().certificates.push(own))
        .await;
    assert_eq!(detail(&world, &first).await.new_key, None);
    looking.abort();
}

/// It makes no difference whether the Response was asked for.
#[tokio::test]
async fn the_key_of_a_response_that_nobody_asked_for_is_looked_for_too() {
    let world = Federation::new().await;
    let (url, asked) = serve(world.idp.metadata_xml().unwrap());
    let looking = tokio::spawn({
        let app = Arc::clone(&world.app);
        async move { look_for_new_keys(&app).await }
    });
    with_another_key(&world, Some(&url)).await;
    let post = async || {
        let response = world.encoded(&world.spec(&vestibule::demo_idp::IdpUser::b_simon()));
        let mut browser = world.browser();
        let fields = [("SAMLResponse", response.as_str())];
        browser.post_from_elsewhere("/sso/acs", &fields).await
    };
    // What is not read is not looked for.
    for policy in ["bounce", "refuse"] {
        world.set(&[("unsolicited", policy)]).await;
        post().await;
    }
    world.set(&[("unsolicited", "accept")]).await;
    let attempt = world.assert_refused(&post().await, "B3").await;
    let key = found(&world, &attempt).await.expect("the key is found");
    assert_eq!((key.url, asked.load(Ordering::SeqCst)), (url, 1));
    looking.abort();
}

#[tokio::test]
async fn a_key_that_is_not_in_the_metadata_is_not_said_to_be() {
    let world = Federation::new().await;
    // The metadata of the same identity provider, with the key that the connection has already.
    let metadata = world.idp.metadata_xml().unwrap();
    let own = world.idp.signing_key().certificate_base64();
    let other = world.beta_idp.signing_key().certificate_base64();
    let (url, asked) = serve(metadata.replace(&own, &other));
    let looking = tokio::spawn({
        let app = Arc::clone(&world.app);
        async move { look_for_new_keys(&app).await }
    });
    with_another_key(&world, Some(&url)).await;
    let attempt = refused(&world).await;
    for _ in 0..200 {
        if asked.load(Ordering::SeqCst) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let detail = detail(&world, &attempt).await;
    assert_eq!(detail.new_key, None);
    assert!(!detail.attempt.record.advice[0].contains("has a new key"));
    looking.abort();
}
