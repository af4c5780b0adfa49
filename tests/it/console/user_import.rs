//! Users from a file and to one.

use vestibule::domain::{ConnectionId, Grant, GrantSource, GroupKind};

use crate::support::console::{follow, post, upload};
use crate::support::{self, ADMIN, Answer, Browser, MEMBER, NOW, Office, hidden_field, people};

const PREVIEW: &str = "/admin/users/import";
const SAVE: &str = "/admin/users/import/save";

pub(super) async fn preview(browser: &mut Browser, content: &[u8]) -> Answer {
    upload(browser, PREVIEW, &[], &[("file", "users.csv", content)]).await
}

/// Presses the button of a preview.
pub(super) async fn save(browser: &mut Browser, page: &Answer) -> Answer {
    assert_eq!(page.status, 200, "{}", page.body);
    let field = |name| hidden_field(&page.body, name).unwrap();
    let (digest, content) = (field("digest"), field("content"));
    let mut fields = vec![
        ("digest", digest.as_str()),
        ("content", content.as_str()),
        ("name", "users.csv"),
    ];
    if page.body.contains("name=\"administrators\"") {
        fields.push(("administrators", "on"));
    }
    upload(browser, SAVE, &fields, &[]).await
}

async fn emails(world: &Office) -> Vec<String> {
    let users = world.app.store.users(world.acme.id).await.unwrap();
    users
        .into_iter()
        .map(|user| user.email.to_string())
        .collect()
}

#[tokio::test]
async fn a_file_is_shown_and_then_imported() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let file = "email,first_name,last_name,company,groups\n\
                c@acme.example,Carla,Cruz,Acme,Members\n\
                D@acme.example,'=cmd,\"O'Hara, D.\",,members; Administrators\n\
                b.simon@ACME.example,Britta,Simon,,Members\n";
    let page = preview(&mut browser, file.as_bytes()).await;
    for part in [
        "2 users to create",
        "1 user to change",
        "One of these users becomes an administrator: D@acme.example.",
        "=cmd",
        "O&#39;Hara, D.",
        "Britta",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let field = |name| hidden_field(&page.body, name).unwrap();
    let unticked = [
        ("digest", &*field("digest")),
        ("content", &*field("content")),
    ];
    let answer = upload(&mut browser, SAVE, &unticked, &[]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Tick the box"), "{}", answer.body);
    assert_eq!(emails(&world).await.len(), 2, "nothing is saved");
    assert!(world.audit().await.is_empty());
    let answer = save(&mut browser, &page).await;
    let told = follow(&mut browser, &answer).await.body;
    assert!(
        told.contains("Imported: 2 created, 1 changed, 0 left as they were."),
        "{told}"
    );
    let store = &world.app.store;
    let find = |email| store.user_by_email(world.acme.id, email);
    let carla = find("c@acme.example").await.unwrap().unwrap();
    assert_eq!(
        (carla.first_name.as_str(), carla.company_name.as_str()),
        ("Carla", "Acme")
    );
    let d = find("d@acme.example").await.unwrap().unwrap();
    assert_eq!(
        (d.first_name.as_str(), d.last_name.as_str()),
        ("=cmd", "O'Hara, D.")
    );
    let titles: Vec<String> = store
        .groups_of(d.id)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.title)
        .collect();
    assert_eq!(titles, ["Administrators", "Members"]);
    let simon = find(MEMBER).await.unwrap().unwrap();
    assert_eq!(
        (simon.first_name.as_str(), simon.email.as_str()),
        ("Britta", MEMBER)
    );
    let actions: Vec<String> = world
        .audit()
        .await
        .into_iter()
        .map(|it| it.action.to_string())
        .collect();
    for action in ["user.import", "user.add", "user.change"] {
        assert!(
            actions.iter().any(|it| it == action),
            "{action}: {actions:?}"
        );
    }
    // The same again does nothing.
    let again = preview(&mut browser, file.as_bytes()).await;
    assert!(
        again.body.contains("There is nothing to do"),
        "{}",
        again.body
    );
    let before = world.audit().await.len();
    let answer = save(&mut browser, &again).await;
    let told = follow(&mut browser, &answer).await.body;
    assert!(
        told.contains("Imported: 0 created, 0 changed, 3 left as they were."),
        "{told}"
    );
    assert_eq!(world.audit().await.len(), before);
}

#[tokio::test]
async fn every_fault_is_named_by_its_line_and_nothing_is_imported() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let file = "email,groups\n\
                good@acme.example,Members\n\
                no address,\n\
                other@acme.example,Nobodies\n\
                GOOD@acme.example,\n\
                ,Members\n\
                x@acme.example,Members,more\n";
    let page = preview(&mut browser, file.as_bytes()).await;
    assert_eq!(page.status, 422);
    for part in [
        "Line 3</span> &#34;no address&#34;: Write one e-mail address",
        "Line 4</span> There is no permission group &#34;Nobodies&#34;.",
        "Line 5</span> GOOD@acme.example is in line 2 already.",
        "Line 6</span> The e-mail address is empty.",
        "Line 7</span> The line has 3 cells",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("Line 2<"), "{}", page.body);
    assert!(hidden_field(&page.body, "digest").is_none());
    let content = base64(file.as_bytes());
    let forced = [("digest", "x"), ("content", content.as_str())];
    let answer = upload(&mut browser, SAVE, &forced, &[]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(emails(&world).await.len(), 2);
    for (file, told) in [
        (&b""[..], "Choose a file"),
        (b"\xff\xfee\0", "not text in UTF-8"),
        (b"name\nx\n", "one of them &#34;email&#34;"),
        (b"email\n", "only a header"),
    ] {
        let page = preview(&mut browser, file).await;
        assert_eq!(page.status, 422, "{told}");
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
}

#[tokio::test]
async fn what_was_not_shown_is_not_done() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let page = preview(
        &mut browser,
        b"email,first_name\nb.simon@acme.example,Britta\nn@acme.example,N\n",
    )
    .await;
    // Meanwhile somebody makes one of the users.
    world.add_user("n@acme.example", &[]).await;
    let answer = save(&mut browser, &page).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("changed since you looked"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("2 users to change"), "{}", answer.body);
    let store = &world.app.store;
    let simon = store
        .user_by_email(world.acme.id, MEMBER)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(simon.first_name, "");
    let content = base64(b"email\nother@acme.example\n");
    let digest = hidden_field(&page.body, "digest").unwrap();
    for (digest, content) in [
        (digest.as_str(), content.as_str()),
        ("", &content),
        (&digest, "%%"),
    ] {
        let answer = upload(
            &mut browser,
            SAVE,
            &[("digest", digest), ("content", content)],
            &[],
        )
        .await;
        assert!(matches!(answer.status, 400 | 409), "{}", answer.body);
    }
    assert_eq!(emails(&world).await.len(), 3);
}

#[tokio::test]
async fn an_import_does_not_shut_the_last_way_in() {
    let world = Office::new().await;
    let sso = support::group(world.acme.id, "SSO Basic", GroupKind::Member, true);
    world.app.store.add_group(&sso, NOW).await.unwrap();
    let mut browser = world.admin().await;
    let file = format!("email,groups\nnew@acme.example,\n{ADMIN},SSO Basic\n");
    let page = preview(&mut browser, file.as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("last administrator"),
        "{}",
        answer.body
    );
    assert_eq!(emails(&world).await.len(), 2, "all or nothing");
}

#[tokio::test]
async fn an_export_of_any_size_has_everyone_once() {
    let world = Office::new().await;
    let store = &world.app.store;
    let mut groups = Vec::new();
    for number in 0..45 {
        let group = support::group(
            world.acme.id,
            &format!("Group {number:02}"),
            GroupKind::Member,
            true,
        );
        store.add_group(&group, NOW).await.unwrap();
        groups.push(group);
    }
    // Parts are cut by users, and where these are in many groups, by memberships.
    let mut tx = store.begin().await.unwrap();
    for number in 0..1_300_usize {
        let email = format!("person.{number:04}@acme.example");
        let user = support::user(world.acme.id, &email);
        assert!(tx.add_user(&user).await.unwrap());
        let of = if (600..800).contains(&number) { 45 } else { 1 };
        for group in &groups[..of] {
            let grant = people::by_hand(user.id, group);
            assert!(tx.grant(grant, NOW).await.unwrap());
        }
    }
    tx.commit(NOW).await.unwrap();
    let mut browser = world.admin().await;
    let export = post(&mut browser, "/admin/users/export", &[]).await;
    let mut reader = csv::Reader::from_reader(export.body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let people = rows.iter().filter(|row| row[0].starts_with("person."));
    for (number, row) in people.clone().enumerate() {
        assert_eq!(row[0], format!("person.{number:04}@acme.example"));
        let of = if (600..800).contains(&number) { 45 } else { 1 };
        let titles: Vec<String> = (0..of).map(|it| format!("Group {it:02}")).collect();
        assert_eq!(row[4], titles.join("; "));
    }
    assert_eq!((people.count(), rows.len()), (1_300, 1_302));
    let log = world.audit().await;
    let entry = log.iter().find(|it| it.action == "user.export").unwrap();
    assert_eq!(entry.detail, "1302 users");
}

#[tokio::test]
async fn an_export_is_harmless_and_can_be_imported_again() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let odd = support::group(world.acme.id, "=A; B\\C", GroupKind::Member, true);
    world.app.store.add_group(&odd, NOW).await.unwrap();
    for (email, first, last) in [
        ("=1+1@acme.example", "=HYPERLINK(\"x\")", "+1"),
        ("at@acme.example", "@SUM(1)", "-1"),
        ("quote@acme.example", "'=1", "O'Hara"),
        ("comma@acme.example", "a,b", "c\"d"),
    ] {
        let group = odd.id.to_string();
        let fields = [
            ("email", email),
            ("first_name", first),
            ("last_name", last),
            ("group", group.as_str()),
        ];
        let answer = post(&mut browser, "/admin/users/new", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let store = &world.app.store;
    let simon = store
        .user_by_email(world.acme.id, MEMBER)
        .await
        .unwrap()
        .unwrap();
    let grant = Grant {
        user_id: simon.id,
        group_id: world.admins.id,
        source: GrantSource::Directory(ConnectionId::from_bytes([7; 16])),
    };
    assert!(people::grant(store, grant).await);
    let export = post(&mut browser, "/admin/users/export", &[]).await;
    assert_eq!(export.status, 200);
    assert!(export.header("content-type").starts_with("text/csv"));
    assert!(
        export
            .header("content-disposition")
            .contains("users-acme.csv")
    );
    let mut reader = csv::Reader::from_reader(export.body.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        rows += 1;
        for cell in &record.unwrap() {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
                "{cell}"
            );
        }
    }
    assert_eq!(rows, 6);
    let page = preview(&mut browser, export.body.as_bytes()).await;
    assert!(
        page.body.contains("There is nothing to do"),
        "{}",
        page.body
    );
    assert!(
        !page.body.contains("Columns that are not read"),
        "{}",
        page.body
    );
    // What a directory gave is told, and does not become an administrator's word.
    assert!(export.body.contains("Administrators"));
    assert!(
        people::grants_of(store, simon.company_id, simon.id)
            .await
            .iter()
            .all(|it| {
                it.group_id != world.admins.id
                    || it.source == GrantSource::Directory(ConnectionId::from_bytes([7; 16]))
            })
    );
    // Into a company that has none of them.
    let mut other = world.other_admin().await;
    for title in ["=A; B\\C", "Members"] {
        let fields = [("title", title), ("kind", GroupKind::Member.as_str())];
        assert_eq!(
            post(&mut other, "/admin/groups/new", &fields).await.status,
            303
        );
    }
    let page = preview(&mut other, export.body.as_bytes()).await;
    let answer = save(&mut other, &page).await;
    assert!(follow(&mut other, &answer).await.body.contains("6 created"));
    let users = store.users(world.beta.id).await.unwrap();
    let came = users
        .iter()
        .find(|it| it.email.as_str() == "=1+1@acme.example")
        .unwrap();
    assert_eq!(
        (came.first_name.as_str(), came.last_name.as_str()),
        ("=HYPERLINK(\"x\")", "+1")
    );
    assert_eq!(store.groups_of(came.id).await.unwrap()[0].title, "=A; B\\C");
}

#[tokio::test]
async fn a_file_of_another_sender_is_not_read() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let content = base64(b"email\nx@acme.example\n");
    for path in [PREVIEW, SAVE] {
        let answer = browser.upload(path, &[("content", &content)], &[]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    let hostile = "email,first_name,<script>alert(1)</script>\nh@acme.example,<script>alert(1)</script>,x\n<script>alert(1)</script>,,\n";
    let page = upload(
        &mut browser,
        PREVIEW,
        &[],
        &[("file", "<script>alert(1).csv", hostile.as_bytes())],
    )
    .await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
}

fn base64(content: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(content)
}

/// Who waits for a first sign-in waits for a connection: a column of the file says which.
#[tokio::test]
async fn a_file_says_through_which_connection_users_come() {
    let world = Office::new().await;
    let entra = world.add_connection("entra").await;
    let okta = world.add_connection("okta").await;
    for mut open in [entra, okta.clone()] {
        open.settings.guests = true;
        assert!(world.app.store.update_connection(&open, NOW).await.unwrap());
    }
    let mut browser = world.admin().await;
    let file = "email,connection\n\
                a@acme.example,okta\n\
                b@acme.example,octa\n\
                c@acme.example,\n";
    let page = preview(&mut browser, file.as_bytes()).await;
    assert_eq!(page.status, 422, "{}", page.body);
    for part in [
        "Line 3</span> There is no connection &#34;octa&#34;. There are: entra, okta.",
        "Line 4</span> Several connections are enabled. Choose the one",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("Line 2<"), "{}", page.body);
    // By its short name, or by that of the sign-in page; or by the address's domain.
    support::assign(&world.app.store, &okta, "okta.example").await;
    let file = "email,connection\n\
                a@acme.example,okta\n\
                b@acme.example,ENTRA\n\
                c@okta.example,\n";
    let page = preview(&mut browser, file.as_bytes()).await;
    let answer = save(&mut browser, &page).await;
    let told = follow(&mut browser, &answer).await.body;
    assert!(told.contains("Imported: 3 created"), "{told}");
    for (email, name) in [
        ("a@acme.example", "okta"),
        ("b@acme.example", "entra"),
        ("c@okta.example", "okta"),
    ] {
        let store = &world.app.store;
        let user = store.user_by_email(world.acme.id, email).await.unwrap();
        let id = user.unwrap().waits_for.unwrap();
        let connection = store.connection(id).await.unwrap().unwrap();
        assert_eq!(connection.name.as_str(), name, "{email}");
    }
    // The domain decides, and not the file.
    let page = preview(&mut browser, b"email,connection\nd@okta.example,entra\n").await;
    let told = "Line 2</span> Addresses in okta.example come through OKTA";
    assert_eq!(page.status, 422);
    assert!(page.body.contains(told), "{}", page.body);
}
