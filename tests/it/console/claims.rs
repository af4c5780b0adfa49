//! The page of claims and groups: what it saves, and that it leaves the other settings alone, as they leave it.

use vestibule::domain::GroupMapping;

use super::trust::{at, form_at, save, send};
use crate::support::Office;

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
