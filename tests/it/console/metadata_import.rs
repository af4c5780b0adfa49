//! Metadata by file and by URL: what changes is shown, then saved.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use time::Duration;
use vestibule::domain::Settings;

use crate::support::{self, NOW, Office, hidden_field};

use super::trust::{CERTIFICATE, ENTRA, OKTA, at, confirm, import, save};
use crate::support::console::{follow, upload};

const NEW: &str = "/admin/connections/new";

/// Serves one document once; its address.
fn serve(document: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(document);
    });
    format!("http://{address}/metadata")
}

#[tokio::test]
async fn a_file_makes_a_connection() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let members = world.members.id.to_string();
    let fields = [
        ("display_name", "Acme Entra"),
        ("jit_group", members.as_str()),
    ];
    let files = [("file", "entra.xml", ENTRA)];
    let review = upload(&mut browser, NEW, &fields, &files).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for text in [
        "A33533A86D6933F8B680EAE64AFFD9BE22AD4725",
        "https://sts.windows.net/",
        "https://login.microsoftonline.com/",
        "Members",
        "Nothing is saved yet",
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    assert!(world.connections().await.is_empty());
    let answer = confirm(&mut browser, &review).await;
    let page = follow(&mut browser, &answer).await;
    assert!(page.body.contains("Identifier (Entity ID)"));
    let made = world.connections().await.remove(0);
    assert_eq!(made.display_name, "Acme Entra");
    assert_eq!(made.settings.jit, Some(world.members.id));
    assert!(!made.enabled);
    assert_eq!(world.audit().await[0].detail, "file entra.xml");
}

#[tokio::test]
async fn a_url_makes_a_connection() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let url = serve(ENTRA);
    let review = upload(&mut browser, NEW, &[("url", url.as_str())], &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    assert_eq!(world.connections().await.len(), 1);
    assert_eq!(world.audit().await[0].detail, url);
}

#[tokio::test]
async fn silent_addresses_keep_no_upload_out() {
    let world = Office::new().await;
    // Whoever asks is let in, and hears nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metadata", silent.local_addr().unwrap());
    let admin = world.admin().await;
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, url) = (admin.clone(), url.clone());
            tokio::spawn(
                async move { upload(&mut browser, NEW, &[("url", url.as_str())], &[]).await },
            )
        })
        .collect();
    // A company asks so many at once, and more are told.
    while asking.iter().filter(|one| one.is_finished()).count() < 4 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for mut browser in [world.admin().await, world.other_admin().await] {
        let files = [("file", "entra.xml", ENTRA)];
        let review = upload(&mut browser, NEW, &[], &files).await;
        assert_eq!(review.status, 200, "{}", review.body);
    }
    let mut other = world.other_admin().await;
    let review = upload(&mut other, NEW, &[("url", &serve(ENTRA))], &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for one in asking {
        if one.is_finished() {
            let answer = one.await.unwrap();
            assert_eq!(answer.status, 409, "{}", answer.body);
            let told = "Other addresses are being asked at this moment.";
            assert!(answer.body.contains(told), "{}", answer.body);
        } else {
            one.abort();
        }
    }
}

#[tokio::test]
async fn a_tenants_own_url_is_recognised() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let url = "https://login.microsoftonline.com/contoso.com/FederationMetadata/2007-06/FederationMetadata.xml";
    for path in [
        NEW.to_owned(),
        at(&world.add_connection("entra").await, "/metadata"),
    ] {
        let answer = upload(&mut browser, &path, &[("url", url)], &[]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("ends with ?appid="), "{}", answer.body);
        assert!(
            answer.body.contains(&format!("value=\"{url}\"")),
            "nothing is lost"
        );
    }
}

#[tokio::test]
async fn hostile_documents_and_addresses_are_refused() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let laughs = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>";
    let foreign =
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"<script>\"/>";
    let javascript = String::from_utf8(ENTRA.to_vec()).unwrap();
    let javascript = javascript.replace("Location=\"https://", "Location=\"javascript:https://");
    for path in [NEW.to_owned(), at(&connection, "/metadata")] {
        for (file, says) in [
            (&b""[..], "Choose the metadata file"),
            (b"not xml", "a text file, not SAML metadata"),
            (b"\x89PNG\r\n\x1a\n", "a picture (PNG), not SAML metadata"),
            (
                b"{\"issuer\": \"https://idp.example\"}",
                "JSON, not SAML metadata",
            ),
            (laughs, "not usable XML"),
            (b"<html/>", "a web page, not SAML metadata"),
            (
                b"\n<!DOCTYPE html><p>Sign in",
                "a web page, not SAML metadata",
            ),
            (foreign.as_bytes(), "not usable XML"),
            (CERTIFICATE.as_bytes(), "a certificate, not metadata"),
            (javascript.as_bytes(), "no sign-on address"),
            (&[0xff; 64], "not usable XML"),
        ] {
            let files = [("file", "<b>.xml", file)];
            let answer = upload(&mut browser, &path, &[], &files).await;
            assert_eq!(answer.status, 422, "{says}: {}", answer.body);
            assert!(answer.body.contains(says), "{says}: {}", answer.body);
            assert!(!answer.body.contains("<script>\""));
        }
        for (url, says) in [
            ("http://idp.example/metadata", "https"),
            ("javascript:alert(1)", "absolute"),
            ("https://me:pw@idp.example/metadata", "credentials"),
            ("file:///etc/passwd", "metadata URL cannot be used"),
        ] {
            let answer = upload(&mut browser, &path, &[("url", url)], &[]).await;
            assert_eq!(answer.status, 422, "{url}");
            assert!(answer.body.contains(says), "{url}: {}", answer.body);
        }
    }
    assert_eq!(world.connections().await, [connection]);
}

#[tokio::test]
async fn the_operators_private_network_is_not_reached_from_the_internet() {
    let world = Office::new().await;
    let mut browser = world.admin_on_the_internet().await;
    for url in [
        "http://127.0.0.1:9/metadata",
        "https://localhost:9/metadata",
        "https://10.0.0.1/metadata",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/metadata",
    ] {
        let answer = upload(&mut browser, NEW, &[("url", url)], &[]).await;
        assert_eq!(answer.status, 422, "{url}");
        assert!(
            answer.body.contains("private network"),
            "{url}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn an_import_shows_what_changes() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let connection = import(&world, &mut browser, ENTRA).await;
    let path = at(&connection, "/metadata");
    let files = [("file", "entra.xml", ENTRA)];
    let answer = upload(&mut browser, &path, &[], &files).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Nothing would change"));
    // What an administrator chose stays.
    let changed = [
        ("clock_skew_seconds", "60"),
        ("login_url", "https://old.example/saml2"),
    ];
    assert_eq!(save(&mut browser, &connection, &changed).await.status, 303);
    world.app.clock.step(Duration::seconds(1));
    let before = world.connection(connection.id).await;
    let review = upload(&mut browser, &path, &[], &files).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for text in [
        "https://old.example/saml2",
        "https://login.microsoftonline.com/",
        "Stays trusted",
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    assert!(!review.body.contains("Clock skew"), "{}", review.body);
    assert_eq!(world.connection(connection.id).await, before);
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.clock_skew_seconds, 60);
    assert_eq!(
        now.settings.saml().sso_post_url,
        connection.settings.saml().sso_post_url
    );
    assert_eq!(world.audit().await[0].action, "connection.import");
}

#[tokio::test]
async fn another_identity_providers_metadata_is_said_to_be_one() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let connection = import(&world, &mut browser, ENTRA).await;
    let path = at(&connection, "/metadata");
    let review = upload(&mut browser, &path, &[], &[("file", "okta.xml", OKTA)]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for text in [
        "This is another identity provider",
        "Will not be trusted any more",
        "50A69BDA716BB89D0F980CA5B8545E6C3AF71360",
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    assert_eq!(world.connection(connection.id).await, connection);
}

#[tokio::test]
async fn one_of_several_identity_providers_is_picked() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let federation = include_bytes!("../../../metadata/swamid-test.xml");
    let files = [("file", "swamid.xml", &federation[..])];
    // A URL that stands there as well is not asked, now or with the choice.
    let beside = [("url", "https://nowhere.example/metadata")];
    let answer = upload(&mut browser, NEW, &beside, &files).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains("nowhere.example"), "{}", answer.body);
    assert!(
        answer.body.contains("This document has several"),
        "{}",
        answer.body
    );
    let picked = "https://idp.umu.se/saml2/idp/metadata.php";
    let option = format!("<option value=\"{picked}\">");
    assert!(answer.body.contains(&option), "{}", answer.body);
    // The file comes back with the choice, once more as long as nothing is chosen, and need not be chosen again.
    let document = hidden_field(&answer.body, "document").unwrap();
    let document = document.as_str();
    let kept = [("document", document), ("document_name", "swamid.xml")];
    let answer = upload(&mut browser, NEW, &kept, &[]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(document), "{}", answer.body);
    let kept = [kept[0], kept[1], ("entity_id", picked)];
    let review = upload(&mut browser, NEW, &kept, &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(review.body.contains(picked), "{}", review.body);
    // Another file goes before it, and what has not come back whole is said to be so.
    let okta = [("file", "okta.xml", OKTA)];
    let review = upload(&mut browser, NEW, &kept[..2], &okta).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(!review.body.contains("umu.se"), "{}", review.body);
    let cut = [("document", "PD94bWw$")];
    let refused = upload(&mut browser, NEW, &cut, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("has not come back whole"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn metadata_fills_a_connection_that_waits_for_it() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut empty = support::connection(world.acme.id, "empty", Settings::default());
    empty.enabled = false;
    world.app.store.add_connection(&empty, NOW).await.unwrap();
    let path = at(&empty, "/metadata");
    let review = upload(&mut browser, &path, &[], &[("file", "okta.xml", OKTA)]).await;
    assert!(
        !review.body.contains("This is another identity provider"),
        "{}",
        review.body
    );
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let now = world.connection(empty.id).await;
    assert!(!now.settings.saml().idp_entity_id.is_empty());
}

/// From the review back to the form, with what was given: an address as it was, a file by its name.
#[tokio::test]
async fn a_review_of_metadata_leads_back_to_what_was_given() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/metadata");
    let change = at(&connection, "/metadata/change");
    let url = serve(OKTA);
    for (fields, files, shown) in [
        (
            vec![("url", url.as_str())],
            vec![],
            format!("value=\"{url}\""),
        ),
        (
            vec![],
            vec![("file", "okta <1>.xml", OKTA)],
            "You gave the file okta &#60;1&#62;.xml. Choose it once more, or another one."
                .to_owned(),
        ),
    ] {
        let review = upload(&mut browser, &path, &fields, &files).await;
        assert_eq!(review.status, 200, "{}", review.body);
        let button = format!("formaction=\"{change}\"");
        assert!(review.body.contains(&button), "{}", review.body);
        let proposal = hidden_field(&review.body, "proposal").unwrap();
        let csrf = hidden_field(&review.body, "csrf").unwrap();
        let sent = [("csrf", csrf.as_str()), ("proposal", proposal.as_str())];
        let form = browser.post(&change, &sent).await;
        assert_eq!(form.status, 200, "{}", form.body);
        assert!(form.body.contains(&shown), "{shown}: {}", form.body);
        assert!(form.body.contains(&format!("action=\"{path}\"")));
        let forged = [("csrf", csrf.as_str()), ("proposal", "x.y")];
        assert_eq!(browser.post(&change, &forged).await.status, 409);
    }
    let other = world.add_connection("other").await;
    let review = upload(&mut browser, &path, &[], &[("file", "okta.xml", OKTA)]).await;
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let csrf = hidden_field(&review.body, "csrf").unwrap();
    let sent = [("csrf", csrf.as_str()), ("proposal", proposal.as_str())];
    let foreign = browser.post(&at(&other, "/metadata/change"), &sent).await;
    assert_eq!(foreign.status, 404, "it is about another connection");
    assert_eq!(world.connection(connection.id).await, connection);
}
