//! The page of claims and groups: what it saves, and that it leaves the other settings alone, as they leave it.

use vestibule::domain::GroupMapping;

use super::provider::Provider;
use super::trust::{at, form_at, save, send};
use crate::support::identity_provider::claim;
use crate::support::{Office, unescaped};

#[tokio::test]
async fn groups_are_mapped() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/claims");
    let (members, admins) = (world.members.id.to_string(), world.admins.id.to_string());
    let mut fields = form_at(&mut browser, &path, &[]).await;
    fields.retain(|(name, _)| !name.starts_with("mapping_"));
    for (name, value) in [
        ("mapping_value", "d5f5<b>"),
        ("mapping_group", members.as_str()),
        ("mapping_value", ""),
        ("mapping_group", ""),
        ("mapping_value", "CN=Admins,OU=Groups"),
        ("mapping_group", admins.as_str()),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let answer = send(&mut browser, &path, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    let mapped = |value: &str, group_id| GroupMapping {
        value: value.to_owned(),
        group_id,
    };
    assert_eq!(
        now.settings.group_mapping,
        [
            mapped("d5f5<b>", world.members.id),
            mapped("CN=Admins,OU=Groups", world.admins.id)
        ]
    );
    assert!(browser.get(&path).await.body.contains("d5f5&#60;b&#62;"));
    assert_eq!(save(&mut browser, &now, &[]).await.status, 303);
    assert_eq!(world.connection(connection.id).await, now);
    // A value without a group.
    let mut fields = form_at(&mut browser, &path, &[]).await;
    fields.retain(|(name, _)| !name.starts_with("mapping_"));
    fields.push(("mapping_value".to_owned(), "abc".to_owned()));
    fields.push(("mapping_group".to_owned(), String::new()));
    let answer = send(&mut browser, &path, &fields).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Choose a permission group for abc"),
        "{}",
        answer.body
    );
    assert_eq!(world.connection(connection.id).await, now);
}

#[tokio::test]
async fn claims_and_settings_are_saved_apart() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let settings = [("force_authn", "on"), ("single_logout", "on")];
    assert_eq!(save(&mut browser, &connection, &settings).await.status, 303);
    let path = at(&connection, "/claims");
    let changed = [
        ("attributes.email", "mail\nupn"),
        ("attributes.groups", "roles"),
    ];
    let fields = form_at(&mut browser, &path, &changed).await;
    assert!(fields.iter().all(|(name, _)| name != "force_authn"));
    let answer = send(&mut browser, &path, &fields).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, path.as_str())
    );
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.attributes.email, ["mail", "upn"]);
    assert_eq!(now.settings.attributes.groups, ["roles"]);
    assert!(now.settings.force_authn && now.settings.single_logout);
    // The form of the settings does not bring them, and keeps them.
    assert_eq!(
        save(&mut browser, &now, &[("force_authn", "(off)")])
            .await
            .status,
        303
    );
    let after = world.connection(connection.id).await.settings;
    assert!(!after.force_authn);
    assert_eq!(after.attributes, now.settings.attributes);
    // Who saves the claims of before is told.
    let answer = send(&mut browser, &path, &fields).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("Nothing of yours is saved"),
        "{}",
        answer.body
    );
    assert_eq!(world.connection(connection.id).await.settings, after);
}

/// What a mapping makes of the claims of the last test is shown before it is saved (seeds 001-27 and 001-28).
#[tokio::test]
async fn a_mapping_is_looked_at_before_it_is_saved() {
    let world = Office::new().await;
    let provider = Provider::with(&world, |_| {}).await;
    let mut browser = world.admin().await;
    let connection = provider.connection.clone();
    let path = at(&connection, "/claims");
    let before = browser.get(&path).await.body;
    assert!(
        before.contains("see here what the mapping makes"),
        "{before}"
    );
    let groups = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
    let seen = "33333333-0000-4000-8000-000000000001";
    let with_group = |spec: &mut _| claim(spec, groups, &[seen]);
    provider.test_with(&world, &mut browser, with_group).await;
    // Seed 000-43: what came is offered where it is mapped.
    let page = browser.get(&path).await.body;
    let offered = format!("<option value=\"{seen}\">");
    assert!(page.contains(&offered), "{page}");
    let stored = world.connection(connection.id).await;
    let typed = [
        (
            "attributes.first_name",
            "before@(http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress)\n=Nobody",
        ),
        ("attributes.company", "=Acme, Inc."),
    ];
    let mut fields = form_at(&mut browser, &path, &typed).await;
    fields.push(("preview".to_owned(), "on".to_owned()));
    let page = send(&mut browser, &path, &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = unescaped(&page.body);
    for part in [
        "<td>b.simon</td>",
        "<td>Acme, Inc.</td>",
        "comes too late: <code>=Nobody</code>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(world.connection(connection.id).await, stored);
    // The same form saves it.
    fields.retain(|(name, _)| name != "preview");
    assert_eq!(send(&mut browser, &path, &fields).await.status, 303);
    let saved = world.connection(connection.id).await;
    assert_eq!(saved.settings.attributes.company, ["=Acme, Inc."]);
    // Rule R2: nobody's address is made up.
    for wrong in ["=a@contoso.com", "after@(upn)"] {
        let fields = form_at(&mut browser, &path, &[("attributes.email", wrong)]).await;
        let answer = send(&mut browser, &path, &fields).await;
        assert_eq!(answer.status, 422);
        let text = unescaped(&answer.body);
        assert!(text.contains("nobody's address"), "{text}");
    }
}

/// The rows of the form with these in the place of the further attributes.
fn with_rows(fields: &[(String, String)], rows: &[(&str, &str)]) -> Vec<(String, String)> {
    let others = fields
        .iter()
        .filter(|(name, _)| !name.starts_with("further_"));
    let mut fields: Vec<(String, String)> = others.cloned().collect();
    for (name, sources) in rows {
        fields.push(("further_name".to_owned(), (*name).to_owned()));
        fields.push(("further_sources".to_owned(), (*sources).to_owned()));
    }
    fields
}

/// Seed 001-25: an administrator names further attributes; what cannot be one is told and changes nothing.
#[tokio::test]
async fn further_attributes_are_mapped() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "/claims");
    let fields = form_at(&mut browser, &path, &[]).await;
    let rows = [
        ("department", "urn:dept\n=None, so far"),
        ("", "left"),
        ("employee_number", "employee"),
    ];
    let answer = send(&mut browser, &path, &with_rows(&fields, &rows)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    let mapped = |name| now.value(&format!("attributes.further.{name}")).unwrap();
    assert_eq!(mapped("department"), "urn:dept,=None\\, so far");
    assert_eq!(mapped("employee_number"), "employee");
    let log = world.audit().await;
    assert!(
        log[0].detail.contains("attributes.further: none"),
        "{log:?}"
    );
    // A form that nobody touched changes nothing, and neither does the one of the settings.
    let fields = form_at(&mut browser, &path, &[]).await;
    assert_eq!(send(&mut browser, &path, &fields).await.status, 303);
    assert_eq!(save(&mut browser, &now, &[]).await.status, 303);
    assert_eq!(world.connection(connection.id).await, now);
    let many: Vec<String> = (1..=17).map(|number| format!("a{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (&**name, "x")).collect();
    for (rows, says) in [
        (
            &[("Dept<b>", "x")][..],
            "Dept<b> does not fit. Use a name of 1 to 32",
        ),
        (&[("email", "x")], "has a meaning of its own"),
        (&[("a", "x"), ("a", "y")], "a is there twice"),
        (&[("a", "")], "Say which claims a comes from"),
        (&[("a", "lower(")], "a does not fit. Use a claim's name"),
        (&many, "at most 16"),
    ] {
        let answer = send(&mut browser, &path, &with_rows(&fields, rows)).await;
        assert_eq!(answer.status, 422, "{rows:?}");
        let text = unescaped(&answer.body);
        assert!(text.contains(says), "{says}: {text}");
        assert!(!answer.body.contains("Dept<b>"), "{}", answer.body);
    }
    assert_eq!(world.connection(connection.id).await, now);
    let one_less = with_rows(&fields, &many[..16]);
    assert_eq!(send(&mut browser, &path, &one_less).await.status, 303);
    let fields = form_at(&mut browser, &path, &[]).await;
    let none = with_rows(&fields, &[]);
    assert_eq!(send(&mut browser, &path, &none).await.status, 303);
    let now = world.connection(connection.id).await;
    assert!(now.settings.attributes.further.is_empty());
}

/// What the last test brought for them is shown, and what of it could not be kept.
#[tokio::test]
async fn further_attributes_are_looked_at() {
    let world = Office::new().await;
    let provider = Provider::with(&world, |_| {}).await;
    let mut browser = world.admin().await;
    let path = at(&provider.connection, "/claims");
    let long = "x".repeat(257);
    let with_claims = |spec: &mut _| {
        claim(spec, "dept", &["R & D"]);
        claim(spec, "long", &[&long]);
    };
    provider.test_with(&world, &mut browser, with_claims).await;
    let fields = form_at(&mut browser, &path, &[]).await;
    let mut fields = with_rows(&fields, &[("department", "dept"), ("remark", "long")]);
    fields.push(("preview".to_owned(), "on".to_owned()));
    let page = send(&mut browser, &path, &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let text = unescaped(&page.body);
    for part in ["department</th><td>R & D</td>", "left out: longer than 256"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
