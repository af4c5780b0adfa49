//! Key pairs in the place of a client secret, on the connection's page (rule N3).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use vestibule::domain::{ClientAuthMethod, Connection};
use vestibule::oidc::Issuer;

use crate::support::console::post;
use crate::support::{MEMBER, Office};

/// A connection to a provider that nobody asks, not enabled.
async fn draft(world: &Office) -> Connection {
    let admin = world.admin_of(&world.acme);
    let issuer = Issuer::named("https://login.example.com");
    let name = "keys".parse().unwrap();
    let draft = admin.provider_draft(name, "Keys".to_owned(), issuer, "acme");
    let added = admin.add_connection(&draft.await.unwrap(), "test").await;
    world.app.catch_up().await.unwrap();
    added.unwrap()
}

#[tokio::test]
async fn a_key_pair_is_made_downloaded_used_and_deleted() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let path = format!("/admin/connections/{}", draft(&world).await.id);
    let keys = format!("{path}/keys");
    let stored = async || {
        let connection = world.connections().await.remove(0);
        connection.settings.oidc().unwrap().clone()
    };
    for _ in 0..2 {
        assert_eq!(post(&mut browser, &keys, &[]).await.status, 303);
    }
    let [first, second] = &stored().await.client_keys[..] else {
        panic!("two key pairs");
    };
    let page = browser.get(&path).await.body;
    for pair in [first, second] {
        assert!(page.contains(&pair.sha1), "{page}");
        assert!(!page.contains(&pair.sealed), "{page}");
    }
    assert!(!page.contains(">Make a key pair<"), "two are the most");
    for (ending, kind, begins) in [
        (
            "pem",
            "application/x-pem-file",
            "-----BEGIN CERTIFICATE-----",
        ),
        ("jwk", "application/jwk+json", "{"),
    ] {
        let file = browser
            .get(&format!("{keys}/{}.{ending}", first.sha1))
            .await;
        assert_eq!((file.status, file.header("content-type")), (200, kind));
        assert!(file.header("content-disposition").contains(ending));
        assert!(file.body.starts_with(begins), "{}", file.body);
        assert!(!file.body.contains("PRIVATE"), "{}", file.body);
    }
    let admin = world.admin_of(&world.acme);
    let connection = world.connections().await.remove(0);
    let files = admin.public_key_files(&connection, &first.sha1).unwrap();
    let der = BASE64_STANDARD.decode(&first.certificate).unwrap();
    assert_eq!(files.der, der);
    let none = browser.get(&format!("{keys}/{}.key", first.sha1)).await;
    assert_eq!(none.status, 404);
    let using = format!("{keys}/{}/use", second.sha1);
    let used = post(&mut browser, &using, &[("kid", "theirs")]).await;
    assert_eq!(used.status, 303, "{}", used.body);
    let now = stored().await;
    assert_eq!(now.client_authentication, ClientAuthMethod::PrivateKey);
    assert_eq!(now.client_keys[0].sha1, second.sha1);
    assert_eq!(now.client_keys[0].kid.as_deref(), Some("theirs"));
    let page = browser.get(&path).await.body;
    assert!(page.contains("In use") && page.contains("theirs"), "{page}");
    let own = post(&mut browser, &format!("{keys}/{}/delete", second.sha1), &[]).await;
    assert_eq!(own.status, 409, "{}", own.body);
    let gone = post(&mut browser, &format!("{keys}/{}/delete", first.sha1), &[]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert_eq!(stored().await.client_keys.len(), 1);
    let mut member = world.browser().signed_in(MEMBER).await;
    let file = format!("{keys}/{}.pem", second.sha1);
    assert_eq!(member.get(&file).await.status, 403);
}
