//! Companies and connections.

use vestibule::domain::{Company, Contact};
use vestibule::store::Error;

use super::database::{Database, on_both};
use super::world::{NOW, World, company, connection};

on_both!(
    companies_are_kept_whole,
    a_host_name_leads_to_one_company,
    connections_are_kept_whole,
    a_stale_write_is_refused
);

async fn companies_are_kept_whole(database: &Database) {
    let store = database.open().await;
    let mut acme = company("https://acme.example.com");
    acme.aliases = vec![
        "https://sso.acme.example".parse().unwrap(),
        "http://127.0.0.2:8080".parse().unwrap(),
    ];
    acme.return_origins = vec!["https://app.example.com".parse().unwrap()];
    acme.landing = Some("/welcome".into());
    acme.contact = Some(Contact {
        name: None,
        email: "it@acme.example".into(),
    });
    store.add_company(&acme, NOW).await.unwrap();
    acme.revision = 1;
    assert_eq!(store.company(acme.id).await.unwrap().as_ref(), Some(&acme));
    assert_eq!(
        store.company_by_slug(&acme.slug).await.unwrap().as_ref(),
        Some(&acme)
    );
    let other = company("https://beta.example.com");
    store.add_company(&other, NOW).await.unwrap();
    assert_eq!(
        store
            .companies()
            .await
            .unwrap()
            .iter()
            .map(|company| company.slug.as_str())
            .collect::<Vec<_>>(),
        ["acme", "beta"]
    );

    acme.aliases.clear();
    acme.name = "Acme Corporation".into();
    assert!(store.update_company(&acme, NOW).await.unwrap());
    assert!(
        !store.update_company(&acme, NOW).await.unwrap(),
        "it changed since it was read"
    );
    let kept = store.company(acme.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.name.as_str(), kept.aliases.len(), kept.revision),
        ("Acme Corporation", 0, 3)
    );
}

async fn a_host_name_leads_to_one_company(database: &Database) {
    let store = database.open().await;
    store
        .add_company(&company("https://acme.example.com"), NOW)
        .await
        .unwrap();
    let same_slug = Company {
        slug: "acme".parse().unwrap(),
        ..company("https://other.example.com")
    };
    let taken = store.add_company(&same_slug, NOW).await;
    assert!(matches!(taken, Err(Error::Taken(what)) if what.contains("acme")));
    let same_host = Company {
        origin: "https://ACME.example.com".parse().unwrap(),
        ..company("https://beta.example.com")
    };
    let taken = store.add_company(&same_host, NOW).await;
    assert!(matches!(taken, Err(Error::Taken(what)) if what.contains("acme.example.com")));
    assert_eq!(
        store.companies().await.unwrap().len(),
        1,
        "nothing is left of what was refused"
    );
}

async fn connections_are_kept_whole(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut second = connection(world.company.id, "adfs");
    second.sort_order = -1;
    second.enabled = false;
    second.settings.saml_mut().unwrap().landing = Some("/welcome".into());
    world.store.add_connection(&second, NOW).await.unwrap();
    second.revision = 5;
    assert_eq!(
        world.store.connection(second.id).await.unwrap().as_ref(),
        Some(&second)
    );
    assert_eq!(
        world
            .store
            .connection_by_name(world.company.id, &second.name)
            .await
            .unwrap()
            .as_ref(),
        Some(&second)
    );
    let names: Vec<_> = world
        .store
        .connections(world.company.id)
        .await
        .unwrap()
        .iter()
        .map(|connection| connection.name.to_string())
        .collect();
    assert_eq!(names, ["adfs", "entra"]);
    let again = world
        .store
        .add_connection(&connection(world.company.id, "adfs"), NOW)
        .await;
    assert!(matches!(again, Err(Error::Taken(_))));
}

async fn a_stale_write_is_refused(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut mine = world
        .store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    let mut yours = mine.clone();
    mine.set("display_name", "Mine").unwrap();
    yours.enabled = false;
    assert!(world.store.update_connection(&mine, NOW).await.unwrap());
    assert!(!world.store.update_connection(&yours, NOW).await.unwrap());
    let kept = world
        .store
        .connection(world.connection.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kept.display_name.as_str(), kept.enabled), ("Mine", true));
}
