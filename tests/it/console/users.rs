//! Users & Permissions: the list, and everything that is done to one user.

use serde_json::json;
use vestibule::domain::{
    ConnectionId, Grant, GrantSource, Group, GroupKind, Settings, User, UserId,
};

use crate::support::{self, ADMIN, Browser, MEMBER, NOW, Office, PASSWORD, hidden_field, people};

use super::trust::{fields_of, form_of};
use crate::support::console::{follow, post, version_of};

/// Everything that a form of a user's page does, with fields that would do it.
fn actions(group: &Group) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let group = group.id.to_string();
    let connection = vestibule::domain::ConnectionId::from_bytes([9; 16]).to_string();
    vec![
        (
            "",
            vec![
                ("version", "0-0".into()),
                ("email", "x@acme.example".into()),
            ],
        ),
        ("/deactivate", vec![]),
        ("/activate", vec![]),
        ("/sign-out", vec![]),
        ("/password", vec![("password", "a long password".into())]),
        ("/password/remove", vec![]),
        ("/groups", vec![("group", group.clone())]),
        ("/groups/remove", vec![("group", group)]),
        ("/unlink", vec![("connection", connection)]),
    ]
}

async fn act(browser: &mut Browser, user: &User, action: &str, fields: &[(&str, &str)]) -> String {
    let answer = post(
        browser,
        &format!("/admin/users/{}{action}", user.id),
        fields,
    )
    .await;
    follow(browser, &answer).await.body
}

async fn stored(world: &Office, id: UserId) -> User {
    world.app.store.user(id).await.unwrap().unwrap()
}

async fn found(world: &Office, email: &str) -> User {
    let store = &world.app.store;
    let user = store.user_by_email(world.acme.id, email).await.unwrap();
    user.unwrap()
}

async fn grant(world: &Office, user: &User, group: &Group, source: GrantSource) {
    let grant = Grant {
        user_id: user.id,
        group_id: group.id,
        source,
    };
    assert!(people::grant(&world.app.store, grant).await);
}

#[tokio::test]
async fn the_tutorials_user_is_created() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let form = browser.get("/admin/users/new").await.body;
    for label in [
        "Create SSO User",
        "Email",
        "First Name",
        "Last Name",
        "Company",
    ] {
        assert!(form.contains(label), "{label}: {form}");
    }
    let group = world.members.id.to_string();
    let fields = [
        ("email", "B.Simon@contoso.com"),
        ("first_name", "B."),
        ("last_name", "Simon"),
        ("company_name", "Contoso"),
        ("group", group.as_str()),
    ];
    let answer = post(&mut browser, "/admin/users/new", &fields).await;
    let page = follow(&mut browser, &answer).await.body;
    for part in [
        "B. Simon",
        "Created B.Simon@contoso.com.",
        "Members",
        "By an administrator",
        "Nobody has signed in with this account yet.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let user = found(&world, "b.simon@contoso.com").await;
    assert_eq!((user.first_name.as_str(), user.has_password), ("B.", false));
    let events = world.audit().await;
    assert_eq!(
        (events[0].action.as_str(), events[0].actor.as_str()),
        ("user.add", ADMIN)
    );
    assert_eq!(
        events[0].after.as_ref().unwrap()["groups"],
        json!(["Members"])
    );

    let again = post(&mut browser, "/admin/users/new", &fields).await;
    assert_eq!(again.status, 422);
    assert!(
        again.body.contains("Another user has the address"),
        "{}",
        again.body
    );
    assert!(again.body.contains("value=\"Simon\""), "{}", again.body);
    let wrong = post(&mut browser, "/admin/users/new", &[("email", "no address")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("id=\"email-error\""), "{}", wrong.body);
    let strange = [
        ("email", "c@contoso.com"),
        ("group", "00000000000000000000000001"),
    ];
    let strange = post(&mut browser, "/admin/users/new", &strange).await;
    assert_eq!(strange.status, 422, "{}", strange.body);
}

#[tokio::test]
async fn the_list_is_searched_and_filtered() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    for (email, first, last) in [
        ("ozgur@acme.example", "Özgür", "Çelik"),
        ("percent@acme.example", "100%", "Under_score"),
    ] {
        let fields = [("email", email), ("first_name", first), ("last_name", last)];
        let answer = post(&mut browser, "/admin/users/new", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let gone = world.add_user("gone@acme.example", &[]).await;
    world
        .admin_of(&world.acme)
        .deactivate_user(gone.id)
        .await
        .unwrap();
    let members = world.members.id;
    for (query, some, none) in [
        ("q=simon", &[MEMBER][..], &[ADMIN][..]),
        ("q=SIMON+acme", &[MEMBER], &[ADMIN]),
        ("q=%C3%B6zg%C3%BCr", &["ozgur@"], &[MEMBER]),
        ("q=%C3%96ZG%C3%9CR", &["ozgur@"], &[MEMBER]),
        ("q=%C3%A7elik", &["ozgur@"], &[MEMBER]),
        ("q=100%25", &["percent@"], &[MEMBER]),
        ("q=under_s", &["percent@"], &[MEMBER]),
        ("q=u_der", &["No user fits"], &["percent@"]),
        ("q=%00%0a", &[MEMBER, ADMIN], &[]),
        ("state=deactivated", &["gone@"], &[MEMBER]),
        ("state=active", &[MEMBER], &["gone@"]),
        ("way=password", &[MEMBER, ADMIN], &["gone@"]),
        ("way=waiting", &["gone@"], &[MEMBER]),
        ("way=sso", &["No user fits"], &[MEMBER]),
        ("made=jit", &["No user fits"], &[MEMBER]),
        ("made=administrator", &[MEMBER], &[]),
        ("page=7", &["No user on this page"], &[MEMBER]),
        ("page=-1&state=nonsense", &[MEMBER], &[]),
        (&format!("group={members}"), &[MEMBER], &["gone@"]),
    ] {
        let page = browser.get(&format!("/admin/users?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let body = page
            .body
            .replace(&format!("<span class=\"email\">{ADMIN}"), "");
        for part in some {
            assert!(body.contains(part), "{query}: {part} is not there: {body}");
        }
        for part in none {
            assert!(!body.contains(part), "{query}: {part} is there: {body}");
        }
    }
    for query in ["group=nonsense", "group=00000000000000000000000001"] {
        let page = browser.get(&format!("/admin/users?{query}")).await;
        assert_eq!(page.status, 404, "{query}");
    }
}

#[tokio::test]
async fn many_users_have_many_pages() {
    let world = Office::new().await;
    for place in 0..120 {
        world
            .add_user(&format!("u{place:03}@acme.example"), &[])
            .await;
    }
    let mut browser = world.admin().await;
    let mut next = "/admin/users".to_owned();
    let (mut seen, mut pages) = (0, 0);
    loop {
        let page = browser.get(&next).await.body;
        seen += page.matches("class=\"main\"").count();
        pages += 1;
        assert!(page.contains("of 122"), "{page}");
        let Some((_, rest)) = page.split_once("rel=\"next\" href=\"") else {
            break;
        };
        next = support::unescaped(rest.split_once('"').unwrap().0);
    }
    assert_eq!((seen, pages), (122, 3));
}

#[tokio::test]
async fn a_user_is_edited_and_the_second_editor_is_told() {
    let world = Office::new().await;
    let user = found(&world, MEMBER).await;
    let href = format!("/admin/users/{}", user.id);
    let other = world.add_user("eve@acme.example", &[&world.admins]).await;
    world.give_password(&other).await;
    let mut anna = world.admin().await;
    let mut eve = world.browser().signed_in("eve@acme.example").await;
    let version = hidden_field(&anna.get(&href).await.body, "version").unwrap();
    let fields = |first: &'static str, version: &str| {
        let version = version.to_owned();
        move |email: &'static str| {
            vec![
                ("version", version.clone()),
                ("email", email.to_owned()),
                ("first_name", first.to_owned()),
                ("last_name", "Simon".to_owned()),
            ]
        }
    };
    let eves = fields("Britta", &version)("b.simon@acme.example");
    let eves: Vec<(&str, &str)> = eves.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = post(&mut eve, &href, &eves).await;
    assert!(follow(&mut eve, &page).await.body.contains("Saved."));

    let annas = fields("Bea", &version)("bea@acme.example");
    let annas: Vec<(&str, &str)> = annas.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let stale = post(&mut anna, &href, &annas).await;
    assert_eq!(stale.status, 409);
    for part in [
        "eve@acme.example changed this user",
        "value=\"Bea\"",
        "value=\"bea@acme.example\"",
        "There now: Britta",
        "There now: b.simon@acme.example",
    ] {
        assert!(stale.body.contains(part), "{part}: {}", stale.body);
    }
    assert_eq!(stored(&world, user.id).await.first_name, "Britta");

    let version = hidden_field(&stale.body, "version").unwrap();
    let annas = fields("Bea", &version)("bea@acme.example");
    let annas: Vec<(&str, &str)> = annas.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let answer = post(&mut anna, &href, &annas).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = stored(&world, user.id).await;
    assert_eq!(
        (now.first_name.as_str(), now.email.as_str()),
        ("Bea", "bea@acme.example")
    );
    let events = world.audit().await;
    let annas = events.iter().find(|event| event.actor == ADMIN).unwrap();
    let before = annas.before.as_ref().unwrap();
    assert_eq!(before["email"], json!("b.simon@acme.example"));
    // The password goes with the account, not with the address.
    let answer = world
        .browser()
        .sign_in("bea@acme.example", PASSWORD, "")
        .await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn an_address_is_changed_to_a_free_one_only() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let user = found(&world, MEMBER).await;
    let href = format!("/admin/users/{}", user.id);
    let version = version_of(&mut browser, &href).await;
    for (email, told) in [
        ("Anna.Admin@ACME.example", "Another user has the address"),
        ("nonsense", "Write one e-mail address"),
        ("", "Write one e-mail address"),
    ] {
        let fields = [("version", version.as_str()), ("email", email)];
        let answer = post(&mut browser, &href, &fields).await;
        assert_eq!(answer.status, 422, "{email}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
    // The same address in other letters is the user's own.
    let fields = [
        ("version", version.as_str()),
        ("email", "B.Simon@Acme.example"),
    ];
    let answer = post(&mut browser, &href, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        stored(&world, user.id).await.email.as_str(),
        "B.Simon@Acme.example"
    );
}

#[tokio::test]
async fn a_user_is_deactivated_and_activated() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut member = world.member().await;
    let user = found(&world, MEMBER).await;
    let page = act(&mut browser, &user, "/deactivate", &[]).await;
    assert!(page.contains("Deactivated. 1 session ended."), "{page}");
    assert_eq!(member.get("/sso/session").await.status, 401);
    assert_eq!(
        world.browser().sign_in(MEMBER, PASSWORD, "").await.status,
        403
    );
    let page = act(&mut browser, &user, "/activate", &[]).await;
    assert!(page.contains("Activated."), "{page}");
    world.browser().signed_in(MEMBER).await;
    let mut actions: Vec<String> = world
        .audit()
        .await
        .into_iter()
        .map(|it| it.action.to_string())
        .collect();
    actions.sort_unstable();
    assert_eq!(actions, ["user.activate", "user.deactivate"]);
}

#[tokio::test]
async fn the_last_way_in_is_kept_whatever_is_tried() {
    let world = Office::new().await;
    // Another administrator, who signs in via single sign-on only.
    let mut browser = world.admin().await;
    let anna = found(&world, ADMIN).await;
    let sso = support::group(world.acme.id, "SSO Basic", GroupKind::Member, true);
    world.app.store.add_group(&sso, NOW).await.unwrap();
    let group = |group: &Group| group.id.to_string();
    let (sso, admins) = (group(&sso), group(&world.admins));
    for (action, field) in [
        ("/deactivate", ("none", "")),
        ("/password/remove", ("none", "")),
        ("/groups", ("group", sso.as_str())),
        ("/groups/remove", ("group", admins.as_str())),
    ] {
        let path = format!("/admin/users/{}{action}", anna.id);
        let answer = post(&mut browser, &path, &[field]).await;
        assert_eq!(answer.status, 409, "{action}: {}", answer.body);
        assert!(answer.body.contains("class=\"console\""));
    }
    assert!(world.audit().await.is_empty());
    world.browser().signed_in(ADMIN).await;
}

#[tokio::test]
async fn nobody_takes_their_own_administration_away() {
    let world = Office::new().await;
    let spare = world.add_user("spare@acme.example", &[&world.admins]).await;
    world.give_password(&spare).await;
    let mut browser = world.admin().await;
    let anna = found(&world, ADMIN).await;
    let admins = world.admins.id.to_string();
    for (action, fields) in [
        ("/deactivate", vec![]),
        ("/groups/remove", vec![("group", admins.as_str())]),
    ] {
        let path = format!("/admin/users/{}{action}", anna.id);
        let answer = post(&mut browser, &path, &fields).await;
        assert_eq!(answer.status, 409, "{action}");
        assert!(
            answer.body.contains("Ask another administrator"),
            "{}",
            answer.body
        );
    }
    let page = act(
        &mut browser,
        &spare,
        "/groups/remove",
        &[("group", &admins)],
    )
    .await;
    assert!(page.contains("Removed from the group."), "{page}");
}

#[tokio::test]
async fn passwords_are_set_where_the_groups_allow_it() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let user = world
        .add_user("local@acme.example", &[&world.members])
        .await;
    let href = format!("/admin/users/{}/password", user.id);
    let short = post(&mut browser, &href, &[("password", "elevenchars")]).await;
    assert_eq!(short.status, 422);
    assert!(
        short.body.contains("at least 15 characters"),
        "{}",
        short.body
    );
    assert!(!short.body.contains("elevenchars"));
    let page = act(&mut browser, &user, "/password", &[("password", PASSWORD)]).await;
    assert!(page.contains("A password is set."), "{page}");
    let page = act(&mut browser, &user, "/password/remove", &[]).await;
    assert!(page.contains("Removed the password."), "{page}");

    let sso = support::group(world.acme.id, "SSO Basic", GroupKind::Member, true);
    world.app.store.add_group(&sso, NOW).await.unwrap();
    grant(
        &world,
        &user,
        &sso,
        GrantSource::Directory(ConnectionId::from_bytes([7; 16])),
    )
    .await;
    let page = browser.get(&format!("/admin/users/{}", user.id)).await.body;
    assert!(
        page.contains("can only sign in via single sign-on"),
        "{page}"
    );
    let refused = post(&mut browser, &href, &[("password", PASSWORD)]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(!stored(&world, user.id).await.has_password);
    let log = serde_json::to_string(
        &world
            .audit()
            .await
            .iter()
            .map(|it| (&it.before, &it.after, &it.detail))
            .collect::<Vec<_>>(),
    );
    assert!(!log.unwrap().contains(PASSWORD));
}

#[tokio::test]
async fn memberships_show_who_gave_them() {
    let world = Office::new().await;
    let entra = support::connection(world.acme.id, "entra", Settings::default());
    world.app.store.add_connection(&entra, NOW).await.unwrap();
    support::assign(&world.app.store, &entra, "acme.example").await;
    world.app.catch_up().await.unwrap();
    let user = world.add_user("c@acme.example", &[]).await;
    grant(&world, &user, &world.members, GrantSource::Idp(entra.id)).await;
    let mut browser = world.admin().await;
    let members = world.members.id.to_string();
    let page = browser.get(&format!("/admin/users/{}", user.id)).await.body;
    assert!(page.contains("By the group claim of ENTRA"), "{page}");
    assert!(!page.contains("Remove from Members"), "{page}");
    let page = act(
        &mut browser,
        &user,
        "/groups/remove",
        &[("group", &members)],
    )
    .await;
    assert!(
        page.contains("No administrator had put it into the group."),
        "{page}"
    );
    let page = act(&mut browser, &user, "/groups", &[("group", &members)]).await;
    assert!(page.contains("By an administrator"), "{page}");
    assert!(page.contains("By the group claim of ENTRA"), "{page}");
    let page = act(
        &mut browser,
        &user,
        "/groups/remove",
        &[("group", &members)],
    )
    .await;
    assert!(page.contains("By the group claim of ENTRA"), "{page}");
    assert!(!page.contains("By an administrator<"), "{page}");
    let none = post(
        &mut browser,
        &format!("/admin/users/{}/groups", user.id),
        &[],
    )
    .await;
    assert_eq!(none.status, 422);
}

#[tokio::test]
async fn an_administrator_is_not_made_by_one_click() {
    let world = Office::new().await;
    let user = world.add_user("c@acme.example", &[&world.members]).await;
    let (admins, members) = (world.admins.id.to_string(), world.members.id.to_string());
    let mut browser = world.admin().await;
    let href = format!("/admin/users/{}", user.id);
    let page = browser.get(&href).await.body;
    assert!(page.contains("<option value=\"\" selected>Choose a group</option>"));
    assert!(page.contains("Administrators (administrators)"), "{page}");
    let path = format!("{href}/groups");
    let none = post(&mut browser, &path, &[("group", "")]).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("Choose a group first."), "{}", none.body);
    let email = user.email.as_str();
    let new = [("email", "d@acme.example"), ("group", admins.as_str())];
    let members_of_admins = format!("/admin/groups/{admins}/members");
    for (path, fields, who) in [
        (path.as_str(), &[("group", admins.as_str())][..], email),
        (&members_of_admins, &[("email", email)], email),
        ("/admin/users/new", &new, "d@acme.example"),
    ] {
        let asked = post(&mut browser, path, fields).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        let title = format!("Make {who} an administrator?");
        assert!(asked.body.contains(&title), "{}", asked.body);
        for (name, value) in fields {
            assert_eq!(hidden_field(&asked.body, name).as_deref(), Some(*value));
        }
    }
    let grants = people::grants_of(&world.app.store, user.company_id, user.id).await;
    assert_eq!(grants.len(), 1, "nothing was done");
    assert!(world.audit().await.is_empty());
    let sure = [("group", admins.as_str()), ("sure", "on")];
    assert_eq!(post(&mut browser, &path, &sure).await.status, 303);
    let sure = [new[0], new[1], ("sure", "on")];
    let made = post(&mut browser, "/admin/users/new", &sure).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(
        people::grants_of(&world.app.store, user.company_id, user.id)
            .await
            .len(),
        2
    );
    // Members, and those who are administrators already, are not asked about.
    let free = [("group", members.as_str())];
    let made = found(&world, "d@acme.example").await;
    let path = format!("/admin/users/{}/groups", made.id);
    assert_eq!(post(&mut browser, &path, &free).await.status, 303);
}

#[tokio::test]
async fn a_user_of_another_company_is_not_there() {
    let world = Office::new().await;
    let stranger = world.add_other_user("stranger@beta.example").await;
    let mut browser = world.admin().await;
    let nobody = UserId::from_bytes([1; 16]).to_string();
    for id in [
        stranger.id.to_string(),
        nobody,
        "nonsense".to_owned(),
        "%00".to_owned(),
    ] {
        let page = browser.get(&format!("/admin/users/{id}")).await;
        assert_eq!(page.status, 404, "{id}");
        assert!(!page.body.contains("stranger"), "{}", page.body);
        for (action, fields) in actions(&world.members) {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let path = format!("/admin/users/{id}{action}");
            let answer = post(&mut browser, &path, &fields).await;
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        }
    }
    assert_eq!(stored(&world, stranger.id).await, stranger);
    let listed = browser.get("/admin/users?q=stranger").await.body;
    assert!(listed.contains("No user fits"), "{listed}");
    // Nor is our group the other's.
    let mut other = world.other_admin().await;
    let members = world.members.id.to_string();
    let path = format!("/admin/users/{}/groups", stranger.id);
    let answer = post(&mut other, &path, &[("group", &members)]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        people::grants_of(&world.app.store, stranger.company_id, stranger.id).await,
        []
    );
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn a_form_without_its_token_does_nothing() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let user = found(&world, MEMBER).await;
    let mut paths: Vec<String> = actions(&world.members)
        .iter()
        .map(|(action, _)| format!("/admin/users/{}{action}", user.id))
        .collect();
    paths.extend(["/admin/users/new", "/admin/users/export"].map(str::to_owned));
    for path in paths {
        let answer = browser.post(&path, &[("csrf", "wrong")]).await;
        assert_eq!(answer.status, 403, "{path}");
        let answer = browser.post_from_elsewhere(&path, &[]).await;
        assert!(matches!(answer.status, 403), "{path}");
    }
    assert_eq!(stored(&world, user.id).await, user);
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn names_are_text_on_every_page() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let hostile = "<script>alert(1)</script>";
    let members = world.members.id.to_string();
    let fields = [
        ("email", "h'\"{{}}@acme.example"),
        ("first_name", hostile),
        ("last_name", "\"><img src=x onerror=alert(2)>"),
        ("company_name", hostile),
        ("group", members.as_str()),
    ];
    let refused = post(&mut browser, "/admin/users/new", &fields).await;
    let fields = [
        ("email", "h'{x}@acme.example"),
        fields[1],
        fields[2],
        fields[3],
        fields[4],
    ];
    let answer = post(&mut browser, "/admin/users/new", &fields).await;
    let user = found(&world, "h'{x}@acme.example").await;
    let mut pages = vec![refused.body, follow(&mut browser, &answer).await.body];
    for path in [
        format!("/admin/users/{}", user.id),
        "/admin/users?q=%3Cscript%3E".to_owned(),
        "/admin/users?q=%22%3E%3Cscript%3Ealert(1)".to_owned(),
        format!("/admin/groups/{members}"),
        format!("/admin/groups/{members}/delete"),
        "/admin/sessions".to_owned(),
    ] {
        pages.push(browser.get(&path).await.body);
    }
    for page in pages {
        for bad in ["<script>alert", "<img", "\"><img"] {
            assert!(!page.contains(bad), "{bad}: {page}");
        }
    }
}

#[tokio::test]
async fn an_identity_is_unlinked_on_the_page() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let email = "simon@acme.example";
    let simon = world.add_user(email, &[]).await;
    world.sign_in_through(&connection, email).await;
    let mut browser = world.admin().await;
    let href = format!("/admin/users/{}", simon.id);
    let path = format!("{href}/unlink");
    let page = browser.get(&href).await.body;
    assert!(
        page.contains("ENTRA will not know this user any more."),
        "{page}"
    );
    // Another connection that gets the domain gets the account as well, and the page says that both do.
    let okta = world.add_connection("okta").await;
    support::assign(&world.app.store, &okta, "acme.example").await;
    world.app.catch_up().await.unwrap();
    let page = browser.get(&href).await.body;
    for told in [
        "Whoever signs in through OKTA with the address simon@acme.example gets this account.",
        "ENTRA knows this user, too: who comes through it gets in until you unlink it here.",
        "A sign-in through ENTRA with the address simon@acme.example is refused from then on, because acme.example is assigned to OKTA.",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let fields = fields_of(form_of(&page, &path));
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = browser.post(&path, &fields).await;
    let page = follow(&mut browser, &answer).await.body;
    assert!(page.contains("Unlinked."), "{page}");
    // It waited for ENTRA again, if its domain were not OKTA's.
    let told =
        "Whoever is the first to sign in through OKTA with the address simon@acme.example gets it.";
    assert!(page.contains(told), "{page}");
    assert!(!page.contains(&path), "{page}");
    let store = &world.app.store;
    assert!(store.identities_of(simon.id).await.unwrap().is_empty());
    assert!(store.sessions_of(simon.id, NOW).await.unwrap().is_empty());
    let log = world.audit().await;
    let unlinked = log.iter().find(|entry| entry.action == "user.unlink");
    assert_eq!(unlinked.unwrap().subject, email);
    // Once more, and one that never was.
    let other = okta.id.to_string();
    let again = browser.post(&path, &fields).await;
    assert_eq!(again.status, 404, "{}", again.body);
    let never = post(&mut browser, &path, &[("connection", other.as_str())]).await;
    assert_eq!(never.status, 404, "{}", never.body);
    assert_eq!(world.audit().await.len(), log.len());
}

/// Seed 001-25: what the directory says beside stands on the user's page, to be read.
#[tokio::test]
async fn further_attributes_stand_on_the_page() {
    let world = Office::new().await;
    let user = User {
        attributes: [("department".parse().unwrap(), "R & <b>".to_owned())].into(),
        ..support::user(world.acme.id, "d@acme.example")
    };
    let mut tx = world.app.store.begin().await.unwrap();
    assert!(tx.add_user(&user).await.unwrap());
    tx.commit(NOW).await.unwrap();
    let mut browser = world.admin().await;
    let page = browser.get(&format!("/admin/users/{}", user.id)).await.body;
    for part in [
        "From the directory, for applications.",
        "<dt><code>department</code></dt><dd>R &#38; &#60;b&#62;</dd>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let other = format!("/admin/users/{}", world.member.id);
    let page = browser.get(&other).await.body;
    assert!(!page.contains("From the directory"), "{page}");
}
