//! Versions of trust: kept, compared, restored, read.

use super::trust::{
    CERTIFICATE, ENTRA, SECOND, at, confirm, form_at, import, save, send, stored, thumbprints,
};
use crate::support::console::{follow, post, upload};
use crate::support::{NOW, Office};

#[tokio::test]
async fn each_change_of_trust_is_a_version() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let connection = import(&world, &mut browser, ENTRA).await;
    let versions = world.versions(connection.id).await;
    assert_eq!(versions.len(), 1);
    assert_eq!(versions[0].settings, connection.settings);
    assert_eq!(versions[0].actor, "anna.admin@acme.example");
    // Its name is none.
    let changed = [("display_name", "Other")];
    assert_eq!(save(&mut browser, &connection, &changed).await.status, 303);
    assert_eq!(world.versions(connection.id).await.len(), 1);
    for (number, page, changed) in [
        (2, "", ("required_signature", "both")),
        (3, "", ("extra_audiences", "urn:x")),
        (4, "", ("landing", "/welcome")),
        (5, "", ("slo_url", "https://idp.example/slo")),
        (6, "/claims", ("attributes.first_name", "first")),
    ] {
        let path = at(&connection, page);
        let fields = form_at(&mut browser, &path, &[changed]).await;
        assert_eq!(send(&mut browser, &path, &fields).await.status, 303);
        let versions = world.versions(connection.id).await;
        assert_eq!(versions[0].number, number);
    }
    let page = browser.get(&at(&connection, "/versions")).await.body;
    for text in ["From version 5 to version 6", "first", "In force"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let path = at(&connection, "/versions?older=1&newer=3");
    let page = browser.get(&path).await.body;
    assert!(page.contains("From version 1 to version 3"), "{page}");
    for text in ["Required signature", "Further audiences", "urn:x"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    for query in ["?newer=9", "?older=8&newer=2", "?newer=x", "?newer=-1"] {
        let answer = browser
            .get(&at(&connection, &format!("/versions{query}")))
            .await;
        assert_eq!(answer.status, 404, "{query}");
    }
}

#[tokio::test]
async fn a_connection_older_than_its_versions_begins_with_what_it_was() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let page = browser.get(&at(&connection, "/versions")).await;
    assert!(page.body.contains("No version yet"), "{}", page.body);
    let changed = [("required_signature", "both")];
    assert_eq!(save(&mut browser, &connection, &changed).await.status, 303);
    let versions = world.versions(connection.id).await;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].settings, connection.settings);
    assert_eq!(versions[1].actor, "before versions were kept");
}

#[tokio::test]
async fn what_changed_without_a_version_is_told_apart() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let connection = import(&world, &mut browser, ENTRA).await;
    // As an earlier release saved it: changed, and no version of it.
    let mut older = world.connection(connection.id).await;
    older.settings.saml_mut().unwrap().landing = Some("/welcome".to_owned());
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(tx.update_connection(&older, NOW).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let now = world.connection(connection.id).await;
    let changed = [("extra_audiences", "urn:x")];
    assert_eq!(save(&mut browser, &now, &changed).await.status, 303);
    let versions = world.versions(connection.id).await;
    assert_eq!(versions.len(), 3);
    assert_eq!(versions[1].settings, now.settings);
    assert_eq!(versions[1].actor, "before versions were kept");
    assert_eq!(versions[0].actor, "anna.admin@acme.example");
}

#[tokio::test]
async fn a_version_is_restored_after_it_was_shown() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/certificates");
    let fields = [("certificate", SECOND), ("mode", "replace")];
    let review = upload(&mut browser, &path, &fields, &[]).await;
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let convenient = [("landing", "/welcome"), ("display_name", "Other")];
    let answer = save(&mut browser, &connection, &convenient).await;
    assert_eq!(answer.status, 303);

    world.app.clock.step(time::Duration::seconds(1));
    let restore = at(&connection, "/versions/restore");
    let review = post(&mut browser, &restore, &[("number", "1")]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    let (sha1, _) = thumbprints(CERTIFICATE);
    for text in [
        "Restore version 1",
        "Will be trusted",
        "Will not be trusted any more",
        &sha1,
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates, [stored(SECOND)]);
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.saml().certificates, [stored(CERTIFICATE)]);
    // Where users are led is trust like the certificates; the name is none.
    assert_eq!(now.settings.saml().landing, None);
    assert_eq!(now.display_name, "Other");
    let versions = world.versions(connection.id).await;
    assert_eq!(versions[0].number, 4);
    let log = world.audit().await;
    assert_eq!(
        (log[0].action.as_str(), log[0].detail.as_str()),
        ("connection.restore", "version 1")
    );
    // What is in force already, and what is not there.
    let answer = post(&mut browser, &restore, &[("number", "4")]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let answer = post(&mut browser, &restore, &[("number", "5")]).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn others_see_a_banner_until_they_have_read_it() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut anna = world.admin().await;
    let mut zoe = world.second_admin().await;
    let banner = "changed what ENTRA trusts";
    assert!(!zoe.get("/admin/account").await.body.contains(banner));
    let changed = [("required_signature", "both")];
    assert_eq!(save(&mut anna, &connection, &changed).await.status, 303);
    // The pages of whoever did it do not tell.
    assert!(!anna.get("/admin/account").await.body.contains(banner));
    let page = zoe.get("/admin/account").await.body;
    assert!(
        page.contains("anna.admin@acme.example changed what ENTRA trusts"),
        "{page}"
    );
    // A look is not a word.
    let path = at(&connection, "/versions");
    let page = zoe.get(&path).await.body;
    assert!(
        page.contains("I have read it") && page.contains("Required signature"),
        "{page}"
    );
    assert!(zoe.get("/admin/account").await.body.contains(banner));
    let read = at(&connection, "/versions/read");
    let answer = post(&mut zoe, &read, &[("number", "9")]).await;
    assert_eq!(answer.status, 404);
    let answer = post(&mut zoe, &read, &[("number", "2")]).await;
    let page = follow(&mut zoe, &answer).await;
    assert!(page.body.contains("Noted."));
    assert!(!zoe.get("/admin/account").await.body.contains(banner));
    // The next change is told again.
    let changed = [("required_signature", "response")];
    assert_eq!(save(&mut anna, &connection, &changed).await.status, 303);
    assert!(zoe.get("/admin/account").await.body.contains(banner));
    // Nobody of another company hears of it.
    let mut other = world.other_admin().await;
    assert!(!other.get("/admin/account").await.body.contains(banner));
}

#[tokio::test]
async fn many_versions_have_pages() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let connection = import(&world, &mut browser, ENTRA).await;
    let mut tx = world.app.store.begin().await.unwrap();
    let first = world.versions(connection.id).await.remove(0);
    for _ in 2..=45 {
        tx.add_trust_version(&first).await.unwrap();
    }
    tx.commit(NOW).await.unwrap();
    let listed = |page: &str| -> Vec<i64> {
        let cells = page.split("<td data-label=\"Version\">").skip(1);
        cells
            .map(|cell| cell.split_once("\">").unwrap().1.split_once('<').unwrap().0)
            .map(|number| number.parse().unwrap())
            .collect()
    };
    let path = at(&connection, "/versions");
    let page = browser.get(&path).await.body;
    assert_eq!(listed(&page), (26..=45).rev().collect::<Vec<_>>());
    for text in [
        "1–20 of 45",
        "versions?from=25\"",
        "From version 44 to version 45",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains(">Previous<"), "{page}");
    let page = browser.get(&format!("{path}?from=25")).await.body;
    assert_eq!(listed(&page), (6..=25).rev().collect::<Vec<_>>());
    for text in [
        "21–40 of 45",
        "versions?from=5\"",
        "name=\"from\" value=\"25\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(
        page.contains(&format!("rel=\"prev\" href=\"{path}\"")),
        "{page}"
    );
    // Those that are compared can be chosen on every page.
    for value in ["45", "44", "6"] {
        assert!(
            page.contains(&format!("<option value=\"{value}\"")),
            "{page}"
        );
    }
    assert!(!page.contains("<option value=\"30\""), "{page}");
    let page = browser.get(&format!("{path}?from=5")).await.body;
    assert_eq!(listed(&page), [5, 4, 3, 2, 1]);
    assert!(
        page.contains("41–45 of 45") && !page.contains(">Next<"),
        "{page}"
    );
    for wrong in ["0", "-3"] {
        let answer = browser.get(&format!("{path}?from={wrong}")).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
}
