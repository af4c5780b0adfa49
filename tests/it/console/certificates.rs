//! Update Certificate: shown first, saved by a second form; old and new overlap; an old one goes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use time::Duration;

use crate::support::{Office, hidden_field};

use super::trust::{
    CERTIFICATE, EXPIRED, OKTA, SECOND, WEAK, at, confirm, fields_of, form_of, save, stored,
    thumbprints,
};
use crate::support::console::{follow, post, upload};

/// Field, name and content.
type File<'f> = (&'f str, &'f str, &'f [u8]);

#[tokio::test]
async fn nothing_is_trusted_before_it_was_shown() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let page = browser.get(&at(&connection, "/certificates")).await.body;
    let (old_sha1, old_sha256) = thumbprints(CERTIFICATE);
    assert!(
        page.contains(&old_sha1) && page.contains(&old_sha256),
        "{page}"
    );
    assert!(page.contains("1 January 2020 to 1 January 2050"), "{page}");

    let (sha1, sha256) = thumbprints(SECOND);
    let path = at(&connection, "/certificates");
    let review = upload(&mut browser, &path, &[("certificate", SECOND)], &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for text in [
        sha1.as_str(),
        &sha256,
        &old_sha1,
        &old_sha256,
        "Vestibule test idp-second",
        "Will be trusted",
        "Stays trusted",
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    assert_eq!(world.connection(connection.id).await, connection);
    let answer = confirm(&mut browser, &review).await;
    let page = follow(&mut browser, &answer).await;
    assert!(page.body.contains("Saved."));
    let after = world.connection(connection.id).await;
    assert_eq!(
        after.settings.saml().certificates,
        [stored(CERTIFICATE), stored(SECOND)]
    );
    let log = world.audit().await;
    assert_eq!(log[0].action, "connection.certificates");
    let of = |value: &Option<serde_json::Value>| value.as_ref().unwrap()["certificates"].clone();
    assert_eq!(of(&log[0].before).as_array().unwrap().len(), 1);
    assert!(of(&log[0].after)[1].as_str().unwrap().contains(&sha1));
}

#[tokio::test]
async fn an_old_certificate_goes_after_it_was_shown() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/certificates");
    let review = upload(&mut browser, &path, &[("certificate", SECOND)], &[]).await;
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let remove = at(&connection, "/certificates/remove");
    let (sha1, sha256) = thumbprints(CERTIFICATE);
    let page = browser.get(&path).await.body;
    let fields = fields_of(form_of(&page, &remove));
    assert!(
        fields.contains(&("certificate".to_owned(), sha256.clone())),
        "{fields:?}"
    );
    let fields = [("certificate", sha256.as_str())];
    let review = post(&mut browser, &remove, &fields).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(review.body.contains("Will not be trusted any more"));
    assert!(review.body.contains(&sha1));
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates.len(), 2);
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates, [stored(SECOND)]);

    // The last one of an enabled connection stays, and the page says why before and after.
    let (_, second) = thumbprints(SECOND);
    let fields = [("certificate", second.as_str())];
    let review = post(&mut browser, &remove, &fields).await;
    assert!(
        review.body.contains("No certificate is left"),
        "{}",
        review.body
    );
    let answer = confirm(&mut browser, &review).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(world.connection(connection.id).await, now);
    // One that is not there.
    let answer = post(&mut browser, &remove, &[("certificate", "00")]).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn every_form_of_a_certificate_is_read() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let der = BASE64_STANDARD.decode(stored(SECOND)).unwrap();
    let bare = stored(SECOND);
    let windows = SECOND.replace('\n', "\r\n");
    let pasted: [(&str, &[File<'_>]); 4] = [
        (bare.as_str(), &[]),
        (windows.as_str(), &[]),
        ("", &[("certificate_file", "entra.cer", &der)]),
        ("", &[("certificate_file", "entra.pem", SECOND.as_bytes())]),
    ];
    for (number, (text, files)) in pasted.into_iter().enumerate() {
        let connection = world.add_connection(&format!("entra-{number}")).await;
        let path = at(&connection, "/certificates");
        let fields = [("certificate", text), ("mode", "replace")];
        let review = upload(&mut browser, &path, &fields, files).await;
        assert_eq!(review.status, 200, "{number}: {}", review.body);
        assert_eq!(confirm(&mut browser, &review).await.status, 303);
        let now = world.connection(connection.id).await;
        assert_eq!(
            now.settings.saml().certificates,
            [stored(SECOND)],
            "{number}"
        );
    }
}

#[tokio::test]
async fn several_are_shown_each() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let chain = format!("{CERTIFICATE}{SECOND}{EXPIRED}");
    let path = at(&connection, "/certificates");
    let review = upload(&mut browser, &path, &[("certificate", &chain)], &[]).await;
    assert!(
        review.body.contains("You gave 3 certificates"),
        "{}",
        review.body
    );
    for pem in [CERTIFICATE, SECOND, EXPIRED] {
        assert!(review.body.contains(&thumbprints(pem).0));
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_kept_in_the_form() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/certificates");
    let many = SECOND.repeat(30);
    for (text, says) in [
        ("", "Paste the certificate"),
        (
            "</textarea><script>alert(1)</script>",
            "holds no certificate",
        ),
        (WEAK, "1024 bits"),
        ("AAAA", "cannot be read"),
        (CERTIFICATE, "trusted already"),
        (many.as_str(), "30 certificates"),
    ] {
        let answer = upload(&mut browser, &path, &[("certificate", text)], &[]).await;
        assert_eq!(answer.status, 422, "{says}: {}", answer.body);
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
        assert!(!answer.body.contains("<script>alert"));
    }
    let garbage = [(
        "certificate_file",
        "x.cer",
        &[0x30, 0x82, 0xff, 0, 0xfe][..],
    )];
    let answer = upload(&mut browser, &path, &[], &garbage).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(world.connection(connection.id).await, connection);
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_is_said_so() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/certificates");
    let fields = [("certificate", EXPIRED), ("mode", "replace")];
    // Two days before its end.
    let review = upload(&mut browser, &path, &fields, &[]).await;
    assert!(review.body.contains("2 days left"), "{}", review.body);
    assert!(!review.body.contains("every sign-in is refused"));
    world.app.clock.step(Duration::days(4));
    let mut browser = world.admin().await;
    let review = upload(&mut browser, &path, &fields, &[]).await;
    for text in ["Expired", "every sign-in is refused", "has expired"] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    // It can be saved all the same: the administrator has seen it.
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let list = browser.get("/admin/connections").await.body;
    assert!(list.contains("every sign-in is refused"), "{list}");
}

#[tokio::test]
async fn a_review_of_a_connection_that_somebody_changed_is_shown_again() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut anna = world.admin().await;
    let mut zoe = world.second_admin().await;
    let path = at(&connection, "/certificates");
    let review = upload(&mut anna, &path, &[("certificate", SECOND)], &[]).await;
    let saved = save(&mut zoe, &connection, &[("clock_skew_seconds", "60")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let again = confirm(&mut anna, &review).await;
    assert_eq!(again.status, 409, "{}", again.body);
    for text in [
        "zoe.admin@acme.example changed this connection",
        "Clock skew",
        "Will be trusted",
    ] {
        assert!(again.body.contains(text), "{text}: {}", again.body);
    }
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates.len(), 1);
    assert_eq!(now.settings.clock_skew_seconds, 60);
    // What is shown now is what is saved.
    assert!(hidden_field(&again.body, "proposal").is_some());
    assert_eq!(confirm(&mut anna, &again).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates.len(), 2);
    assert_eq!(now.settings.clock_skew_seconds, 180, "as the review said");
}

#[tokio::test]
async fn what_a_review_warned_of_it_says_again() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    world.app.clock.step(Duration::days(4));
    let mut anna = world.admin().await;
    let mut zoe = world.second_admin().await;
    let path = at(&connection, "/certificates");
    let chain = format!("{SECOND}{EXPIRED}");
    let mut review = upload(&mut anna, &path, &[("certificate", &chain)], &[]).await;
    // Each of two times that somebody else was faster.
    for skew in ["60", "90"] {
        let changed = [("clock_skew_seconds", skew)];
        let saved = save(&mut zoe, &connection, &changed).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        review = confirm(&mut anna, &review).await;
        assert_eq!(review.status, 409, "{}", review.body);
        for text in ["You gave 2 certificates", "has expired"] {
            let times = review.body.matches(text).count();
            assert_eq!(times, 1, "{text}: {}", review.body);
        }
    }
    // So does one of metadata.
    let metadata = at(&connection, "/metadata");
    let files = [("file", "okta.xml", OKTA)];
    let review = upload(&mut anna, &metadata, &[], &files).await;
    let says = "This is another identity provider.";
    assert!(review.body.contains(says), "{}", review.body);
    let changed = [("clock_skew_seconds", "120")];
    assert_eq!(save(&mut zoe, &connection, &changed).await.status, 303);
    let again = confirm(&mut anna, &review).await;
    assert_eq!(again.status, 409, "{}", again.body);
    assert!(again.body.contains(says), "{}", again.body);
}

#[tokio::test]
async fn a_private_key_goes_into_no_page_and_no_record() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let key = include_str!("../../vectors/keys/idp.key");
    let secret = key.lines().nth(2).unwrap();
    let both = format!("{CERTIFICATE}{key}");
    let bare: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(&bare).unwrap();
    let pages = [
        at(&connection, "/certificates"),
        at(&connection, "/metadata"),
        "/admin/connections/new".to_owned(),
        "/admin/connections/new/manual".to_owned(),
    ];
    let entries = world.audit().await.len();
    for path in &pages {
        for text in [key, both.as_str(), bare.as_str()] {
            // Pasted where a certificate belongs, and where none does.
            for field in [
                "certificate",
                "url",
                "entity_id",
                "display_name",
                "idp_entity_id",
            ] {
                let answer = upload(&mut browser, path, &[(field, text)], &[]).await;
                assert_eq!(answer.status, 422, "{path} {field}: {}", answer.body);
                assert!(
                    !answer.body.contains(secret),
                    "{path} {field}: {}",
                    answer.body
                );
                assert!(!answer.body.contains(&bare[64..128]), "{path} {field}");
                if field == "certificate" && path.ends_with("/certificates") {
                    assert!(answer.body.contains("a private key"), "{}", answer.body);
                    assert!(
                        !answer.body.contains("BEGIN PRIVATE KEY"),
                        "{}",
                        answer.body
                    );
                }
            }
        }
        for content in [key.as_bytes(), both.as_bytes(), bare.as_bytes(), &der] {
            let field = if path.ends_with("/certificates") || path.ends_with("manual") {
                "certificate_file"
            } else {
                "file"
            };
            let answer = upload(&mut browser, path, &[], &[(field, "key.pem", content)]).await;
            assert_eq!(answer.status, 422, "{path}: {}", answer.body);
            assert!(
                answer.body.contains("a private key"),
                "{path}: {}",
                answer.body
            );
            assert!(answer.body.contains("not kept"), "{path}: {}", answer.body);
            assert!(!answer.body.contains(secret), "{path}: {}", answer.body);
        }
    }
    assert_eq!(world.connection(connection.id).await, connection);
    assert_eq!(world.audit().await.len(), entries);
}
