//! Permission groups: made, edited, filled, deleted.

use serde_json::json;
use vestibule::domain::{Grant, GrantSource, Group, GroupId, GroupKind, GroupMapping, Settings};

use crate::support::console::{follow, post, version_of};
use crate::support::{self, ADMIN, MEMBER, NOW, Office, PASSWORD, hidden_field, people};

async fn by_title(world: &Office, title: &str) -> Option<Group> {
    let store = &world.app.store;
    store.group_by_title(world.acme.id, title).await.unwrap()
}

#[tokio::test]
async fn the_tutorials_permission_is_created() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let form = browser.get("/admin/groups/new").await.body;
    for part in [
        "Create New Permission",
        "Permission title",
        "Permission Type",
        "Single Sign On Settings",
        "This group can only sign in via single sign-on",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let fields = [
        ("title", " SSO Basic "),
        ("kind", "member"),
        ("sso_only", "on"),
    ];
    let answer = post(&mut browser, "/admin/groups/new", &fields).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(
        page.contains("Created the permission group &#34;SSO Basic&#34;."),
        "{page}"
    );
    let group = by_title(&world, "SSO Basic").await.unwrap();
    assert_eq!((group.kind, group.sso_only), (GroupKind::Member, true));
    let events = world.audit().await;
    assert_eq!(
        (events[0].action.as_str(), events[0].actor.as_str()),
        ("group.add", ADMIN)
    );
    let list = browser.get("/admin/groups").await.body;
    assert!(
        list.contains("SSO Basic") && list.contains("Single sign-on only"),
        "{list}"
    );

    for (title, told) in [
        ("SSO Basic", "already"),
        ("sso basic", "differs in upper and lower case only"),
        ("  ", "Write a title"),
    ] {
        let fields = [("title", title), ("kind", "member")];
        let answer = post(&mut browser, "/admin/groups/new", &fields).await;
        assert_eq!(answer.status, 422, "{title}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
    let fields = [("title", "X"), ("kind", "owner")];
    assert_eq!(
        post(&mut browser, "/admin/groups/new", &fields)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_group_is_edited_and_the_second_editor_is_told() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let href = format!("/admin/groups/{}", world.members.id);
    let version = version_of(&mut browser, &href).await;
    let first = [
        ("version", version.as_str()),
        ("title", "Staff"),
        ("kind", "member"),
        ("sso_only", "on"),
    ];
    let answer = post(&mut browser, &href, &first).await;
    assert!(follow(&mut browser, &answer).await.body.contains("Saved."));
    let group = by_title(&world, "Staff").await.unwrap();
    assert!(group.sso_only);
    let event = &world.audit().await[0];
    assert_eq!(
        event.before,
        Some(json!({"title": "Members", "sso_only": false}))
    );
    assert_eq!(
        event.after,
        Some(json!({"title": "Staff", "sso_only": true}))
    );
    // Rule F6: from now on no password of a member is accepted.
    let answer = world.browser().sign_in(MEMBER, PASSWORD, "").await;
    assert_eq!(answer.status, 403);

    let second = [
        ("version", version.as_str()),
        ("title", "Everyone"),
        ("kind", "member"),
    ];
    let stale = post(&mut browser, &href, &second).await;
    assert_eq!(stale.status, 409);
    for part in [
        "anna.admin@acme.example changed this group",
        "value=\"Everyone\"",
        "Staff",
    ] {
        assert!(stale.body.contains(part), "{part}: {}", stale.body);
    }
    let version = hidden_field(&stale.body, "version").unwrap();
    let second = [
        ("version", version.as_str()),
        ("title", "Everyone"),
        ("kind", "member"),
    ];
    assert_eq!(post(&mut browser, &href, &second).await.status, 303);
    assert!(!by_title(&world, "Everyone").await.unwrap().sso_only);
    let taken = version_of(&mut browser, &href).await;
    let taken = [
        ("version", taken.as_str()),
        ("title", "administrators"),
        ("kind", "member"),
    ];
    assert_eq!(post(&mut browser, &href, &taken).await.status, 422);
}

#[tokio::test]
async fn the_last_way_in_is_kept_by_its_groups_too() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let href = format!("/admin/groups/{}", world.admins.id);
    let version = version_of(&mut browser, &href).await;
    for change in [
        vec![
            ("title", "Administrators"),
            ("kind", "administrator"),
            ("sso_only", "on"),
        ],
        vec![("title", "Administrators"), ("kind", "member")],
    ] {
        let mut fields = vec![("version", version.as_str())];
        fields.extend(change);
        let answer = post(&mut browser, &href, &fields).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(
            answer
                .body
                .contains("last administrator who can sign in without single sign-on"),
            "{}",
            answer.body
        );
    }
    let answer = post(&mut browser, &format!("{href}/delete"), &[]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(
        by_title(&world, "Administrators").await.as_ref(),
        Some(&world.admins)
    );
    assert!(world.audit().await.is_empty());
    // With another one beside it the group's end is still the end of one's own administration.
    let spare = support::group(world.acme.id, "Spare", GroupKind::Administrator, false);
    world.app.store.add_group(&spare, NOW).await.unwrap();
    let other = world.add_user("spare@acme.example", &[&spare]).await;
    world.give_password(&other).await;
    let answer = post(&mut browser, &format!("{href}/delete"), &[]).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("Ask another administrator"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_group_with_members_is_asked_about_before_they_become_administrators() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let href = format!("/admin/groups/{}", world.members.id);
    let version = version_of(&mut browser, &href).await;
    let change = [
        ("version", version.as_str()),
        ("title", "Chiefs"),
        ("kind", "administrator"),
        ("sso_only", "on"),
    ];
    let asked = post(&mut browser, &href, &change).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(
        asked.body.contains("Make its member an administrator?"),
        "{}",
        asked.body
    );
    assert_eq!(
        by_title(&world, "Members").await.as_ref(),
        Some(&world.members)
    );
    let fields = ["version", "title", "kind", "sso_only", "sure"];
    let meant = fields.map(|name| (name, hidden_field(&asked.body, name).unwrap()));
    let meant: Vec<_> = meant
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(post(&mut browser, &href, &meant).await.status, 303);
    let now = by_title(&world, "Chiefs").await.unwrap();
    assert_eq!((now.kind, now.sso_only), (GroupKind::Administrator, true));
    // Nobody is in this one yet.
    let empty = [("title", "Empty"), ("kind", "member")];
    let made = post(&mut browser, "/admin/groups/new", &empty).await;
    let href = made.header("location").to_owned();
    let version = version_of(&mut browser, &href).await;
    let change = [
        ("version", version.as_str()),
        ("title", "Empty"),
        ("kind", "administrator"),
    ];
    assert_eq!(post(&mut browser, &href, &change).await.status, 303);
}

#[tokio::test]
async fn members_come_and_go() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let entra = support::connection(world.acme.id, "entra", Settings::default());
    world.app.store.add_connection(&entra, NOW).await.unwrap();
    world.app.catch_up().await.unwrap();
    let guest = world.add_user("guest@acme.example", &[]).await;
    let grant = Grant {
        user_id: guest.id,
        group_id: world.members.id,
        source: GrantSource::Jit(entra.id),
    };
    assert!(people::grant(&world.app.store, grant).await);
    let href = format!("/admin/groups/{}", world.members.id);
    let page = browser.get(&href).await.body;
    for part in [
        "2 members",
        MEMBER,
        "guest@acme.example",
        "When ENTRA made the account",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Remove guest@"), "{page}");
    let answer = post(
        &mut browser,
        &format!("{href}/members"),
        &[("email", " Anna.admin@acme.example ")],
    )
    .await;
    assert!(
        follow(&mut browser, &answer)
            .await
            .body
            .contains("3 members")
    );
    for email in ["nobody@acme.example", "", "otto.admin@beta.example"] {
        let answer = post(
            &mut browser,
            &format!("{href}/members"),
            &[("email", email)],
        )
        .await;
        assert_eq!(answer.status, 422, "{email}");
        assert!(
            answer.body.contains("id=\"email-error\""),
            "{}",
            answer.body
        );
    }
    let store = &world.app.store;
    let anna = store
        .user_by_email(world.acme.id, ADMIN)
        .await
        .unwrap()
        .unwrap();
    let id = anna.id.to_string();
    let answer = post(
        &mut browser,
        &format!("{href}/members/remove"),
        &[("user", &id)],
    )
    .await;
    assert!(
        follow(&mut browser, &answer)
            .await
            .body
            .contains("2 members")
    );
}

#[tokio::test]
async fn a_group_that_a_connection_uses_stays() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let basic = support::group(world.acme.id, "SSO Basic", GroupKind::Member, true);
    world.app.store.add_group(&basic, NOW).await.unwrap();
    let settings = Settings {
        jit: Some(basic.id),
        group_mapping: vec![GroupMapping {
            value: "a-b-c".into(),
            group_id: world.members.id,
        }],
        ..Settings::default()
    };
    let mut entra = support::connection(world.acme.id, "entra", settings);
    world.app.store.add_connection(&entra, NOW).await.unwrap();
    for (group, told) in [
        (&basic, "Just-In-Time User Provisioning"),
        (&world.members, "group claim"),
    ] {
        let href = format!("/admin/groups/{}/delete", group.id);
        let page = browser.get(&href).await.body;
        assert!(page.contains(told) && page.contains("ENTRA"), "{page}");
        assert!(
            !page.contains("<button type=\"submit\" class=\"danger\""),
            "{page}"
        );
        let answer = post(&mut browser, &href, &[]).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(answer.body.contains("cannot be deleted"), "{}", answer.body);
        assert!(by_title(&world, &group.title).await.is_some());
    }
    entra = world.app.store.connection(entra.id).await.unwrap().unwrap();
    entra.settings.group_mapping.clear();
    assert!(
        world
            .app
            .store
            .update_connection(&entra, NOW)
            .await
            .unwrap()
    );
    let href = format!("/admin/groups/{}/delete", world.members.id);
    let page = browser.get(&href).await.body;
    for part in [
        "1 member loses",
        MEMBER,
        "One of them is in no other group.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let answer = post(&mut browser, &href, &[]).await;
    assert!(follow(&mut browser, &answer).await.body.contains("Deleted"));
    assert!(by_title(&world, "Members").await.is_none());
    assert_eq!(world.audit().await[0].detail, "1 member");
}

#[tokio::test]
async fn a_group_of_another_company_is_not_there() {
    let world = Office::new().await;
    let mut browser = world.other_admin().await;
    let nobody = GroupId::from_bytes([1; 16]).to_string();
    for id in [world.members.id.to_string(), nobody, "nonsense".to_owned()] {
        for path in ["", "/delete"] {
            let page = browser.get(&format!("/admin/groups/{id}{path}")).await;
            assert_eq!(page.status, 404, "{id}{path}");
        }
        let fields = [
            ("version", "0-0"),
            ("title", "Mine"),
            ("kind", "member"),
            ("email", "otto.admin@beta.example"),
            ("user", "00000000000000000000000001"),
        ];
        for path in ["", "/delete", "/members", "/members/remove"] {
            let answer = post(&mut browser, &format!("/admin/groups/{id}{path}"), &fields).await;
            assert_eq!(answer.status, 404, "{id}{path}: {}", answer.body);
        }
    }
    assert_eq!(
        by_title(&world, "Members").await.as_ref(),
        Some(&world.members)
    );
    let mut browser = world.admin().await;
    for path in ["", "/delete", "/members", "/members/remove"] {
        let path = format!("/admin/groups/{}{path}", world.members.id);
        assert_eq!(browser.post(&path, &[]).await.status, 403, "{path}");
    }
    assert_eq!(browser.post("/admin/groups/new", &[]).await.status, 403);
}
