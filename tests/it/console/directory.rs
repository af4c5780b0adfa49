//! The page "Directory", "Add from directory" and what a synchronisation shows (seeds 001-29 to 001-36, 004).

use vestibule::demo_idp::{DemoGroup, DemoPerson};
use vestibule::domain::{Creation, DirectoryCredential, GroupKind, GroupMapping};

use crate::support::console::{follow, post};
use crate::support::tenant::{BOTH, LOOK_UP, LOOK_UP_SECRET, Tenant};
use crate::support::{Answer, Browser, NOW};

const SALES: &str = "11111111-0000-4000-8000-000000000001";
const NORTH: &str = "11111111-0000-4000-8000-000000000002";
const PERSON: &str = "22222222-0000-4000-8000-000000000001";

async fn save(world: &Tenant, browser: &mut Browser, changed: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("credential", "own"),
        ("client_id", LOOK_UP),
        ("client_secret", LOOK_UP_SECRET),
        ("cloud", "global"),
        ("every_minutes", "30"),
    ];
    fields.retain(|(key, _)| changed.iter().all(|(other, _)| other != key));
    fields.extend_from_slice(changed);
    post(browser, &world.page(), &fields).await
}

/// Seed 004-2, -4, -6, -8, -9, -11: three values under Entra's own labels, and a guide that names what to tick.
#[tokio::test]
async fn seed_004_2_three_values_make_a_directory() {
    let world = Tenant::new().await;
    let mut browser = world.office.admin().await;
    let settings = format!("/admin/connections/{}", world.connection.id);
    let page = browser.get(&settings).await.body;
    assert!(page.contains(&world.page()), "{page}");
    let page = browser.get(&world.page()).await.body;
    for text in [
        "Application (client) ID",
        "Directory (tenant) ID",
        "Client secret Value",
        "Redirect URI: leave this blank",
        "6 months",
        "24 are possible",
        "the Value, not the Secret ID",
        "<code>User.Read.All</code>",
        "<code>GroupMember.Read.All</code>",
        "Grant admin consent",
        "directory look-up",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let saved = save(&world, &mut browser, &[("expires_on", "2099-06-30")]).await;
    let page = follow(&mut browser, &saved).await.body;
    assert!(page.contains("The directory is saved."), "{page}");
    // Of two administrators the later one is told, and loses nothing that was typed.
    let stale = [("revision", "0"), ("every_minutes", "45")];
    let told = save(&world, &mut browser, &stale).await;
    assert_eq!(told.status, 409);
    assert!(told.body.contains("changed this connection at"));
    assert!(told.body.contains("value=\"45\""), "{}", told.body);
    let kept = world.stored().await.settings.directory.unwrap();
    assert_eq!(kept.every_minutes, 30);
    // Rule N6: it is shown nowhere, and sealed where it is kept.
    assert!(!page.contains(LOOK_UP_SECRET));
    let directory = world.stored().await.settings.directory.unwrap();
    assert_eq!(directory.tenant.as_str(), world.idp.tenant().id);
    let DirectoryCredential::Own {
        client_id,
        client_secrets,
    } = &directory.credential
    else {
        panic!("{directory:?}");
    };
    assert_eq!(client_id, LOOK_UP);
    assert!(!client_secrets[0].sealed.contains(LOOK_UP_SECRET));
    assert!(client_secrets[0].expires_at.is_some());
    assert_eq!(world.office.actions().await, ["directory.set"]);
    // Another one is tried first, and the one before it stays (rule N1).
    let again = save(&world, &mut browser, &[("client_secret", "another~1")]).await;
    follow(&mut browser, &again).await;
    let retired = post(
        &mut browser,
        &format!("{}/secret/retire", world.page()),
        &[],
    )
    .await;
    let page = follow(&mut browser, &retired).await.body;
    assert!(
        page.contains("The old client secret is forgotten."),
        "{page}"
    );
    // It is a version of the connection's settings.
    let versions = browser.get(&format!("{settings}/versions")).await.body;
    assert!(versions.contains("Directory"), "{versions}");
}

/// Seed 001-9 and 004-9: an ID where the Value belongs is refused beside its field, and nothing is saved.
#[tokio::test]
async fn seed_001_9_a_secret_id_is_no_secret() {
    let world = Tenant::new().await;
    let mut browser = world.office.admin().await;
    for (field, value, says) in [
        ("client_secret", SALES, "This is the Secret ID"),
        ("client_id", "acme", "Paste the Application (client) ID"),
        ("tenant", "contoso.com", "Paste the Directory (tenant) ID"),
        ("every_minutes", "4", "from 5 to 1440"),
        ("every_minutes", "often", "from 5 to 1440"),
        ("expires_on", "soon", "Write a day such as"),
        ("expires_on", "2001-01-01", "has expired already"),
        ("cloud", "moon", "Use global"),
    ] {
        let answer = save(&world, &mut browser, &[(field, value)]).await;
        assert_eq!(answer.status, 422, "{field}={value}");
        assert!(answer.body.contains(says), "{says}: {}", answer.body);
        assert!(!answer.body.contains(LOOK_UP_SECRET));
    }
    assert!(world.stored().await.settings.directory.is_none());
}

/// Seed 001-18 and -30, graph 11: each missing permission by its exact name; consent is believed to a token alone.
#[tokio::test]
async fn seed_001_30_the_test_names_the_permission_that_is_missing() {
    let world = Tenant::new().await;
    let mut browser = world.office.admin().await;
    let saved = save(&world, &mut browser, &[]).await;
    follow(&mut browser, &saved).await;
    let check = format!("{}/check", world.page());
    world.idp.grant(LOOK_UP, &["User.Read.All"]);
    let page = post(&mut browser, &check, &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Missing"), "{}", page.body);
    assert!(
        page.body
            .contains("Permission: <code>GroupMember.Read.All</code>"),
        "{}",
        page.body
    );
    // What the page of consent says is not believed.
    let consented = format!(
        "{}/directory/consented?admin_consent=True&tenant={}&state=consent",
        format_args!("/admin/connections/{}", world.connection.id),
        world.idp.tenant().id
    );
    let page = browser.get(&consented).await;
    assert!(page.body.contains("GroupMember.Read.All</code>"));
    assert!(!page.body.contains("The directory can be read."));
    world.idp.grant(LOOK_UP, &BOTH);
    let page = browser.get(&consented).await;
    assert!(
        page.body.contains("The directory can be read."),
        "{}",
        page.body
    );
    assert!(page.body.contains("/adminconsent?client_id="));
}

/// Seeds 001-31 to -36: preview, start, banner, groups with their object IDs.
#[tokio::test]
async fn seed_001_31_groups_are_synchronised_after_their_preview() {
    let world = Tenant::new().await;
    let mut browser = world.office.admin().await;
    world.idp.grant(LOOK_UP, &BOTH);
    let directory = world.idp.directory();
    directory.put_group(DemoGroup::new(SALES, "Members"));
    directory.put_group(DemoGroup::new(NORTH, "North"));
    directory.put_person(DemoPerson::new(PERSON, "nobody@contoso.com", "No Body"));
    directory.change_person(PERSON, |it| it.mail = None);
    let saved = save(&world, &mut browser, &[("synchronise", "on")]).await;
    follow(&mut browser, &saved).await;
    assert_eq!(world.office.app.synchronise_once().await.unwrap(), 1);
    let page = browser.get("/admin/groups").await.body;
    for text in [
        "Preview",
        "Start the synchronisation",
        "North",
        NORTH,
        "A permission group of the same title is here",
        "Read, not applied",
        "No Body",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let start = format!(
        "/admin/groups/directory/{}/synchronise",
        world.connection.id
    );
    let started = post(&mut browser, &start, &[("adopt", SALES)]).await;
    // Seed 001-33: the banner, on any page, with its link; it is the database's word.
    let page = follow(&mut browser, &started).await.body;
    assert!(page.contains("begins within moments"), "{page}");
    let elsewhere = browser.get("/admin/sessions").await.body;
    assert!(
        elsewhere.contains("is being synchronised") && elsewhere.contains("User groups"),
        "{elsewhere}"
    );
    assert_eq!(world.office.app.synchronise_once().await.unwrap(), 1);
    let elsewhere = browser.get("/admin/sessions").await.body;
    assert!(!elsewhere.contains("is being synchronised"), "{elsewhere}");
    let page = browser.get("/admin/groups").await.body;
    for text in [
        "Made by the directory",
        "Taken over",
        SALES,
        NORTH,
        "Synchronize Groups",
        "Last synchronisation",
        "Next synchronisation",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let titles = world.office.app.store.groups(world.office.acme.id).await;
    assert!(titles.unwrap().iter().any(|it| it.title == "North"));
    // Seed 000-44: the group mapping says beside an Object ID what the directory calls it.
    let mut mapped = world.stored().await;
    mapped.settings.group_mapping.push(GroupMapping {
        value: NORTH.to_owned(),
        group_id: world.office.members.id,
    });
    let store = &world.office.app.store;
    assert!(store.update_connection(&mapped, NOW).await.unwrap());
    world.office.app.catch_up().await.unwrap();
    let claims = format!("/admin/connections/{}/claims", world.connection.id);
    let page = browser.get(&claims).await.body;
    assert!(page.contains("In the directory: North"), "{page}");
    // Off: what it gave goes, the groups stay.
    let off = post(&mut browser, &format!("{}/off", world.page()), &[]).await;
    follow(&mut browser, &off).await;
    assert!(world.stored().await.settings.directory.is_none());
    let state = world.office.app.store.sync_state(world.connection.id).await;
    assert!(state.unwrap().is_none());
    let titles = world.office.app.store.groups(world.office.acme.id).await;
    assert!(titles.unwrap().iter().any(|it| it.title == "North"));
}

/// Seed 004-14: search, choose, permission group; disabled people and guests are shown as such.
#[tokio::test]
async fn seed_004_14_a_user_is_made_of_somebody_in_the_directory() {
    let world = Tenant::new().await;
    let mut browser = world.office.admin().await;
    let users = browser.get("/admin/users").await.body;
    assert!(!users.contains("Add from directory"));
    world.idp.grant(LOOK_UP, &["User.Read.All"]);
    world
        .idp
        .directory()
        .put_person(DemoPerson::new(PERSON, "n.ova@contoso.com", "Nina Ova"));
    let saved = save(&world, &mut browser, &[]).await;
    follow(&mut browser, &saved).await;
    let users = browser.get("/admin/users").await.body;
    assert!(users.contains("href=\"/admin/users/directory\""), "{users}");
    let page = browser.get("/admin/users/directory?q=Nina").await.body;
    assert!(
        page.contains("Nina Ova") && page.contains("n.ova@contoso.com"),
        "{page}"
    );
    let nobody = browser.get("/admin/users/directory?q=Zzyzx").await.body;
    assert!(nobody.contains("Nobody found"), "{nobody}");
    let connection = world.connection.id.to_string();
    let group = world.office.members.id.to_string();
    let mut fields = vec![("connection", &*connection), ("q", "Nina")];
    let answer = post(&mut browser, "/admin/users/directory", &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Choose somebody."), "{}", answer.body);
    fields.extend([("person", PERSON), ("group", &group)]);
    let answer = post(&mut browser, "/admin/users/directory", &fields).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("Created n.ova@contoso.com"), "{page}");
    let store = &world.office.app.store;
    let found = store.user_by_email(world.office.acme.id, "n.ova@contoso.com");
    let user = found.await;
    let user = user.unwrap().unwrap();
    assert_eq!(user.created_by, Creation::Directory);
    let groups = store.groups_of(user.id).await.unwrap();
    assert!(groups.iter().all(|it| it.kind == GroupKind::Member));
    // Disabled people are shown, and cannot be chosen.
    world
        .idp
        .directory()
        .change_person(PERSON, |it| it.is_enabled = false);
    let page = browser.get("/admin/users/directory?q=Nina").await.body;
    assert!(page.contains("Disabled"), "{page}");
}
