//! Copy into Entra, the files, and the guides.

use super::trust::at;
use crate::support::Office;

#[tokio::test]
async fn each_address_stands_under_the_name_of_its_field() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let page = browser.get(&at(&connection, "/copy")).await.body;
    for (label, value) in [
        (
            "Identifier (Entity ID)",
            "http://acme.localhost:8080/sso/metadata",
        ),
        (
            "Reply URL (Assertion Consumer Service URL)",
            "http://acme.localhost:8080/sso/acs",
        ),
        ("Sign on URL", "http://acme.localhost:8080/"),
        (
            "Logout Url (Optional)",
            "http://acme.localhost:8080/sso/slo",
        ),
    ] {
        let (_, rest) = page.split_once(&format!(">{label}</span>")).unwrap();
        let (_, code) = rest.split_once("<code").unwrap();
        let (_, code) = code.split_once('>').unwrap();
        assert_eq!(code.split_once("</code>").unwrap().0, value, "{label}");
    }
    assert!(!page.contains("straight to this connection"));
    // With a second one enabled, users would be asked to choose.
    world.add_connection("second").await;
    let page = browser.get(&at(&connection, "/copy")).await.body;
    assert!(
        page.contains("http://acme.localhost:8080/sso/login?connection=entra"),
        "{page}"
    );
}

#[tokio::test]
async fn files_are_downloaded() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let metadata = browser.get("/admin/service-provider/metadata.xml").await;
    assert_eq!(metadata.status, 200);
    assert_eq!(
        metadata.header("content-type"),
        "application/samlmetadata+xml"
    );
    assert_eq!(
        metadata.header("content-disposition"),
        "attachment; filename=\"acme-metadata.xml\""
    );
    assert_eq!(metadata.body, browser.get("/sso/metadata").await.body);
    for file in ["signing.cer", "encryption.cer"] {
        let answer = browser
            .get(&format!("/admin/service-provider/{file}"))
            .await;
        let certificate = vestibule::import::certificate(answer.body.as_bytes()).unwrap();
        assert!(metadata.body.contains(&certificate), "{file}");
        openssl::x509::X509::from_pem(answer.body.as_bytes()).unwrap();
    }
    for file in ["instance.key", "signing.key", "..%2fsigning.key", ""] {
        let answer = browser
            .get(&format!("/admin/service-provider/{file}"))
            .await;
        assert_eq!(answer.status, 404, "{file}");
    }
}

#[tokio::test]
async fn every_guide_has_the_addresses_of_this_company() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let list = browser.get("/admin/guides").await.body;
    for (guide, says) in [
        ("entra", "Reply URL (Assertion Consumer Service URL)"),
        ("okta", "Audience URI (SP Entity ID)"),
        ("google", "ACS URL"),
        ("adfs", "Relying Party Trust"),
        ("keycloak", "Valid redirect URIs"),
    ] {
        let path = format!("/admin/guides/{guide}");
        assert!(list.contains(&format!("href=\"{path}\"")), "{guide}");
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200);
        for text in [
            says,
            "http://acme.localhost:8080/sso/acs",
            "http://acme.localhost:8080/sso/metadata",
        ] {
            assert!(page.body.contains(text), "{guide}: {text}");
        }
    }
    // Whichever guides there are, each says what to do about encryption.
    let guides: Vec<&str> = list
        .split("href=\"/admin/guides/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(guides.len() >= 5, "{guides:?}");
    for guide in guides {
        let page = browser.get(&format!("/admin/guides/{guide}")).await;
        assert!(page.body.contains("ncrypt"), "{guide}");
    }
    assert_eq!(browser.get("/admin/guides/nobody").await.status, 404);
}
