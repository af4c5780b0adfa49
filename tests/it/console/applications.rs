//! Applications: what a company's administrators see of them, and who of the company may use each.

use serde_json::json;
use vestibule::domain::{AllowedUsers, Application, Group, GroupKind};

use crate::support::console::{follow, post, version_of};
use crate::support::{ADMIN, Browser, Office, hidden_field};

const LIST: &str = "/admin/applications";
const CRM: &str = "/admin/applications/crm";

async fn allowed(world: &Office, application: &Application) -> AllowedUsers {
    let admin = world.admin_of(&world.acme);
    let it = admin.company_application(application.id).await.unwrap();
    it.allowed
}

/// Saves who may use crm: everybody, or these groups.
async fn say(browser: &mut Browser, version: &str, who: &str, groups: &[&Group]) -> (u16, String) {
    let ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
    let mut fields = vec![("version", version), ("who", who)];
    fields.extend(ids.iter().map(|id| ("group", id.as_str())));
    let answer = post(browser, CRM, &fields).await;
    if answer.status != 303 {
        return (answer.status, answer.body);
    }
    (303, follow(browser, &answer).await.body)
}

/// Reads the page before.
async fn say_now(browser: &mut Browser, who: &str, groups: &[&Group]) -> (u16, String) {
    let version = version_of(browser, CRM).await;
    say(browser, &version, who, groups).await
}

fn is_ticked(page: &str, value: &str) -> bool {
    page.contains(&format!("value=\"{value}\" checked"))
}

#[tokio::test]
async fn what_serves_the_company_is_listed() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let empty = browser.get(LIST).await.body;
    for part in [
        "No application serves your company yet",
        "The operator of this server adds them.",
        "aria-current=\"page\"",
    ] {
        assert!(empty.contains(part), "{part}: {empty}");
    }
    world.add_application("crm", Some(&world.acme)).await;
    world.add_application("mail", None).await;
    world.add_application("wiki", Some(&world.beta)).await;
    let list = browser.get(LIST).await.body;
    for part in [
        "CRM",
        "What crm is for",
        "https://acme.crm.example.com",
        "MAIL",
        "Everybody",
        CRM,
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    for part in ["WIKI", "{company}", "Nobody"] {
        assert!(!list.contains(part), "{part}: {list}");
    }
    let page = browser.get(CRM).await.body;
    for part in [
        "CRM",
        "What crm is for",
        "https://acme.crm.example.com",
        "https://crm.example.com",
        "Remote-User",
        "Vestibule-Identity",
        "SSO Basic",
        "urn:crm",
        "Members",
        "Administrators (administrators)",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(is_ticked(&page, "everybody") && !is_ticked(&page, "groups"));
    assert!(!is_ticked(&page, &world.members.id.to_string()), "{page}");
}

#[tokio::test]
async fn the_set_is_made_exactly_so() {
    let world = Office::new().await;
    let crm = world.add_application("crm", None).await;
    let mut browser = world.admin().await;
    let (status, page) = say_now(&mut browser, "groups", &[&world.members]).await;
    assert_eq!(status, 303);
    assert!(page.contains("Saved."), "{page}");
    assert!(is_ticked(&page, "groups") && is_ticked(&page, &world.members.id.to_string()));
    assert!(!is_ticked(&page, &world.admins.id.to_string()), "{page}");
    let list = browser.get(LIST).await.body;
    assert!(list.contains("<span>Members</span>"), "{list}");

    say_now(&mut browser, "groups", &[&world.admins]).await;
    let only_admins = AllowedUsers::Groups(vec![world.admins.id]);
    assert_eq!(allowed(&world, &crm).await, only_admins);
    // The same once more is no change.
    say_now(&mut browser, "groups", &[&world.admins, &world.admins]).await;
    say_now(&mut browser, "groups", &[]).await;
    assert!(browser.get(LIST).await.body.contains("Nobody"));
    // What is ticked counts for groups only.
    say_now(&mut browser, "everybody", &[&world.members]).await;
    assert_eq!(allowed(&world, &crm).await, AllowedUsers::Everybody);

    let mut events = world.audit().await;
    events.reverse();
    let told: Vec<_> = events
        .iter()
        .map(|it| (it.action.as_str(), it.before.clone(), it.after.clone()))
        .collect();
    let who = |it: serde_json::Value| Some(json!({ "allowed": it }));
    let expected = [
        ("application.deny", json!("everybody"), json!(["Members"])),
        ("application.deny", json!(["Members"]), json!("nobody")),
        (
            "application.allow",
            json!("nobody"),
            json!(["Administrators"]),
        ),
        (
            "application.deny",
            json!(["Administrators"]),
            json!("nobody"),
        ),
        ("application.allow", json!("nobody"), json!("everybody")),
    ];
    let expected = expected.map(|(action, before, after)| (action, who(before), who(after)));
    assert_eq!(told, expected);
    assert!(
        events
            .iter()
            .all(|it| it.actor == ADMIN && it.subject == "crm")
    );
    let log = browser.get("/admin/audit?noun=application").await.body;
    for part in [
        "Let users use the application",
        "Took the application <span class=\"subject\">crm</span> from users",
        "Who may use it",
        "<del>everybody</del>",
        "<ins>Members</ins>",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[tokio::test]
async fn the_later_of_two_administrators_is_told() {
    let world = Office::new().await;
    let crm = world.add_application("crm", None).await;
    let mut browser = world.admin().await;
    let read = version_of(&mut browser, CRM).await;
    say(&mut browser, &read, "groups", &[&world.admins]).await;
    let (status, page) = say(&mut browser, &read, "groups", &[&world.members]).await;
    assert_eq!(status, 409);
    for part in [
        "anna.admin@acme.example changed who may use this application",
        "It is for Administrators now.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The form holds what was chosen.
    assert!(is_ticked(&page, &world.members.id.to_string()), "{page}");
    assert!(!is_ticked(&page, &world.admins.id.to_string()), "{page}");
    let only_admins = AllowedUsers::Groups(vec![world.admins.id]);
    assert_eq!(allowed(&world, &crm).await, only_admins);
    let version = hidden_field(&page, "version").unwrap();
    let (status, _) = say(&mut browser, &version, "groups", &[&world.members]).await;
    assert_eq!(status, 303);
    let only_members = AllowedUsers::Groups(vec![world.members.id]);
    assert_eq!(allowed(&world, &crm).await, only_members);
}

#[tokio::test]
async fn a_group_that_is_none_of_the_company_is_refused() {
    let world = Office::new().await;
    let crm = world.add_application("crm", None).await;
    let mut browser = world.admin().await;
    let (status, page) = say_now(&mut browser, "groups", &[&world.members, &world.others]).await;
    assert_eq!(status, 422);
    for part in ["id=\"groups-error\"", "not there any more"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(is_ticked(&page, &world.members.id.to_string()), "{page}");
    let version = version_of(&mut browser, CRM).await;
    for (who, group, status) in [("some", "", 400), ("groups", "nonsense", 404)] {
        let mut fields = vec![("version", version.as_str()), ("who", who)];
        fields.extend((!group.is_empty()).then_some(("group", group)));
        let answer = post(&mut browser, CRM, &fields).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!(allowed(&world, &crm).await, AllowedUsers::Everybody);
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn the_last_group_that_goes_leaves_nobody_and_is_asked_about() {
    let world = Office::new().await;
    let crm = world.add_application("crm", None).await;
    let mut browser = world.admin().await;
    let staff = world
        .add_group_to(&world.acme, "Staff", GroupKind::Member, false)
        .await;
    let delete = format!("/admin/groups/{}/delete", staff.id);
    say_now(&mut browser, "groups", &[&staff, &world.members]).await;
    let page = browser.get(&delete).await.body;
    assert!(!page.contains("could use CRM"), "{page}");
    say_now(&mut browser, "groups", &[&staff]).await;
    let page = browser.get(&delete).await.body;
    assert!(
        page.contains("Nobody of your company could use CRM any more"),
        "{page}"
    );
    let stale = version_of(&mut browser, CRM).await;
    let answer = post(&mut browser, &delete, &[]).await;
    assert!(follow(&mut browser, &answer).await.body.contains("Deleted"));
    let nobody = AllowedUsers::Groups(vec![]);
    assert_eq!(allowed(&world, &crm).await, nobody);
    assert!(browser.get(LIST).await.body.contains("Nobody"));
    // Whoever has read it before learns of it.
    let (status, _) = say(&mut browser, &stale, "groups", &[&world.members]).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn who_may_not_see_it_changes_nothing() {
    let world = Office::new().await;
    let crm = world.add_application("crm", Some(&world.acme)).await;
    let mut other = world.other_admin().await;
    let fields = [("version", "0-0"), ("who", "groups")];
    for path in [
        CRM,
        "/admin/applications/none",
        "/admin/applications/No%20name",
    ] {
        assert_eq!(other.get(path).await.status, 404, "{path}");
        let answer = post(&mut other, path, &fields).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    assert!(!other.get(LIST).await.body.contains("CRM"));
    let mut member = world.member().await;
    for path in [LIST, CRM] {
        assert_eq!(member.get(path).await.status, 403, "{path}");
    }
    assert_eq!(member.post(CRM, &fields).await.status, 403);
    let mut browser = world.admin().await;
    // Without the token of the form.
    assert_eq!(browser.post(CRM, &fields).await.status, 403);
    assert_eq!(allowed(&world, &crm).await, AllowedUsers::Everybody);
    assert!(world.audit().await.is_empty());
    // Two companies' words are two.
    let mail = world.add_application("mail", None).await;
    let id = mail.id;
    let beta = world.admin_of(&world.beta);
    assert!(beta.allow_nobody(id).await.unwrap());
    assert_eq!(allowed(&world, &mail).await, AllowedUsers::Everybody);
}
