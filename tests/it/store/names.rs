//! Rules F1 and F2: what names an account, and what becomes of names.

use vestibule::domain::Creation;
use vestibule::store::LinkObstacle;

use super::database::{Database, on_both};
use super::world::{NOW, World, bar, profile, refused, signed_in};
use crate::support::people;

on_both!(
    what_names_an_account,
    two_names_of_two_users_are_refused,
    an_old_key_is_written_anew_at_the_next_sign_in,
    an_unlinked_user_is_known_again,
);

/// Rule F2: what proves an address, for which accounts.
async fn what_names_an_account(database: &Database) {
    let mut world = World::new(database.open().await).await;
    world.assign("contoso.com", &world.connection).await;
    let store = world.store.clone();
    let admins = super::world::group(
        world.company.id,
        "Admins",
        vestibule::domain::GroupKind::Administrator,
        false,
    );
    store.add_group(&admins, NOW).await.unwrap();
    let waiting = world
        .user("waiting@contoso.com", Creation::Administrator)
        .await;
    let local = world
        .user("local@contoso.com", Creation::Administrator)
        .await;
    people::set_password(&store, local.id, Some(b"sealed")).await;
    let admin = world
        .user("admin@contoso.com", Creation::Administrator)
        .await;
    let grant = people::by_hand(admin.id, &admins);
    people::grant(&store, grant).await;
    let claimed = |address: &str, name_id: Option<&str>| {
        let mut person = profile(&format!("oid:{address}"), address);
        person.name_id_email = name_id.map(|it| it.parse().unwrap());
        person
    };
    let other = "other@contoso.com";
    for trusted in [false, true] {
        world.connection.settings.trust_email_claim = trusted;
        for (address, alone, contradicted) in [
            (
                "local@contoso.com",
                LinkObstacle::HasPassword,
                LinkObstacle::HasPassword,
            ),
            (
                "admin@contoso.com",
                LinkObstacle::IsAdministrator,
                LinkObstacle::IsAdministrator,
            ),
        ] {
            let finished = world.sign_in(&claimed(address, None)).await;
            assert_eq!(bar(finished), alone);
            let finished = world.sign_in(&claimed(address, Some(other))).await;
            let expected = if trusted {
                contradicted
            } else {
                LinkObstacle::Contradicted(other.parse().unwrap())
            };
            assert_eq!(bar(finished), expected);
        }
    }
    world.connection.settings.trust_email_claim = false;
    let address = waiting.email.as_str();
    let finished = world.sign_in(&claimed(address, None)).await;
    assert_eq!(bar(finished), LinkObstacle::ClaimOnly);
    world.connection.settings.trust_email_claim = true;
    let (user, _) = signed_in(world.sign_in(&claimed(address, None)).await);
    assert_eq!(user.id, waiting.id);
    for (account, address) in [(&local, "local@contoso.com"), (&admin, "admin@contoso.com")] {
        let (user, _) = signed_in(world.sign_in(&claimed(address, Some(address))).await);
        assert_eq!(user.id, account.id);
    }
    // Single sign-on renames no account that has a password.
    let mut renamed = claimed("local@contoso.com", Some("new@contoso.com"));
    renamed.email = Some("new@contoso.com".parse().unwrap());
    let (user, _) = signed_in(world.sign_in(&renamed).await);
    assert_eq!(user.email.as_str(), "local@contoso.com");
}

async fn two_names_of_two_users_are_refused(database: &Database) {
    let world = World::new(database.open().await).await;
    signed_in(world.sign_in(&profile("oid:1", "a@contoso.com")).await);
    signed_in(
        world
            .sign_in(&profile(
                "name_id(emailAddress):b@contoso.com",
                "b@contoso.com",
            ))
            .await,
    );
    let mut both = profile("oid:1", "a@contoso.com");
    both.other_names = vec!["name_id(emailAddress):b@contoso.com".to_owned()];
    let refusal = refused(world.sign_in(&both).await);
    assert_eq!(refusal.rule(), "F1");
    for part in ["oid:1", "a@contoso.com", "b@contoso.com"] {
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

/// The forms in which a migration has put the keys of earlier versions.
async fn an_old_key_is_written_anew_at_the_next_sign_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let name = "name_id(persistent):7";
    for old in ["name_id(persistent;*):7", "name_id(*):7"] {
        let (user, _) = signed_in(world.sign_in(&profile(old, "a@contoso.com")).await);
        let mut person = profile(name, "a@contoso.com");
        person.old_names = vec!["name_id(persistent;*):7".into(), "name_id(*):7".into()];
        person.name_id_email = None;
        let (again, made) = signed_in(world.sign_in(&person).await);
        assert_eq!((again.id, made), (user.id, false));
        let names = world.store.identities_of(user.id).await.unwrap();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].subject, name);
        let mut tx = world.store.begin().await.unwrap();
        tx.unbind(user.id, world.connection.id, None).await.unwrap();
        tx.commit(NOW).await.unwrap();
    }
}

/// The advised cure is one: the next sign-in gets the account.
async fn an_unlinked_user_is_known_again(database: &Database) {
    let world = World::new(database.open().await).await;
    let (user, _) = signed_in(world.sign_in(&profile("oid:1", "a@contoso.com")).await);
    let finished = world.sign_in(&profile("oid:2", "a@contoso.com")).await;
    assert!(matches!(bar(finished), LinkObstacle::Bound { .. }));
    let mut tx = world.store.begin().await.unwrap();
    let gone = tx.unbind(user.id, world.connection.id, None).await.unwrap();
    assert_eq!(gone, ["oid:1"]);
    tx.commit(NOW).await.unwrap();
    let (again, _) = signed_in(world.sign_in(&profile("oid:2", "a@contoso.com")).await);
    assert_eq!(again.id, user.id);
}
