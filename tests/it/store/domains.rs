//! The domains of companies.

use vestibule::domain::{CompanyDomain, CompanyId, DomainName, Verified, VerifiedBy};
use vestibule::store::Store;

use super::database::{Database, on_both};
use super::world::{NOW, World, company, connection};

on_both!(
    a_domain_is_kept_whole,
    a_domain_is_assigned_to_a_connection_of_its_company,
    a_domain_is_verified_for_one_company,
    a_domain_outlives_its_connection,
    a_domain_that_only_leads_somewhere_is_no_word_of_the_company,
);

pub(super) fn name(text: &str) -> DomainName {
    text.parse().unwrap()
}

pub(super) fn domain(company_id: CompanyId, text: &str) -> CompanyDomain {
    CompanyDomain {
        company_id,
        name: name(text),
        connection_id: None,
        links: true,
        verified: None,
        created_at: NOW,
    }
}

const BY_DNS: Verified = Verified {
    at: NOW,
    by: VerifiedBy::Dns,
};

async fn add(store: &Store, domain: &CompanyDomain) -> bool {
    let mut tx = store.begin().await.unwrap();
    let added = tx.add_domain(domain).await.unwrap();
    tx.commit(NOW).await.unwrap();
    added
}

async fn a_domain_is_kept_whole(database: &Database) {
    let world = World::new(database.open().await).await;
    let full = CompanyDomain {
        connection_id: Some(world.connection.id),
        verified: Some(BY_DNS),
        ..domain(world.company.id, "contoso.com")
    };
    assert!(add(&world.store, &full).await);
    let bare = CompanyDomain {
        links: false,
        ..domain(world.company.id, "a.contoso.com")
    };
    assert!(add(&world.store, &bare).await);
    assert!(!add(&world.store, &full).await, "it is there");
    let all = world.store.domains(world.company.id).await.unwrap();
    assert_eq!(all, [bare.clone(), full.clone()]);
    let found = world.store.domain(world.company.id, &full.name).await;
    assert_eq!(found.unwrap(), Some(full.clone()));

    // Running servers see that the company changed.
    let before = world.store.changes_since(0).await.unwrap().revision;
    let mut tx = world.store.begin().await.unwrap();
    let removed = tx.remove_domain(world.company.id, &full.name).await;
    assert!(removed.unwrap());
    tx.commit(NOW).await.unwrap();
    let changes = world.store.changes_since(before).await.unwrap();
    assert_eq!(changes.companies, [world.company.id]);
    let all = world.store.domains(world.company.id).await.unwrap();
    assert_eq!(all, [bare]);
}

async fn a_domain_is_assigned_to_a_connection_of_its_company(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, id) = (&world.store, world.company.id);
    let beta = company("https://beta.example.com");
    store.add_company(&beta, NOW).await.unwrap();
    let theirs = connection(beta.id, "theirs");
    store.add_connection(&theirs, NOW).await.unwrap();
    let only_leads = CompanyDomain {
        links: false,
        ..domain(id, "contoso.com")
    };
    add(store, &only_leads).await;

    let mut tx = store.begin().await.unwrap();
    let contoso = name("contoso.com");
    assert!(
        !tx.assign_domain(id, &contoso, Some(theirs.id))
            .await
            .unwrap()
    );
    assert!(
        !tx.assign_domain(id, &name("other.example"), Some(world.connection.id))
            .await
            .unwrap()
    );
    assert!(
        tx.assign_domain(id, &contoso, Some(world.connection.id))
            .await
            .unwrap()
    );
    let found = tx.domain(id, &contoso).await.unwrap().unwrap();
    assert_eq!(
        (found.connection_id, found.links),
        (Some(world.connection.id), true)
    );
    assert!(tx.assign_domain(id, &contoso, None).await.unwrap());
    let found = tx.domain(id, &contoso).await.unwrap().unwrap();
    assert_eq!((found.connection_id, found.links), (None, true));
    assert_eq!(tx.domain(beta.id, &contoso).await.unwrap(), None);
}

async fn a_domain_is_verified_for_one_company(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, acme) = (&world.store, world.company.id);
    let beta = company("https://beta.example.com");
    store.add_company(&beta, NOW).await.unwrap();
    add(store, &domain(acme, "contoso.com")).await;
    add(store, &domain(beta.id, "contoso.com")).await;

    let contoso = name("contoso.com");
    let verify = async |company| {
        let mut tx = store.begin().await.unwrap();
        if tx.verified_elsewhere(company, &contoso).await.unwrap() {
            return false;
        }
        assert!(tx.verify_domain(company, &contoso, BY_DNS).await.unwrap());
        tx.commit(NOW).await.unwrap();
        true
    };
    // At the same moment, too.
    let (one, other) = tokio::join!(verify(acme), verify(beta.id));
    assert!(one != other);
    let verified = store.all_domains().await.unwrap();
    assert_eq!(verified.len(), 2);
    assert_eq!(
        verified.iter().filter(|it| it.verified.is_some()).count(),
        1
    );
    assert_eq!(verify(acme).await, one, "again is no harm");
}

async fn a_domain_outlives_its_connection(database: &Database) {
    let world = World::new(database.open().await).await;
    let assigned = CompanyDomain {
        connection_id: Some(world.connection.id),
        ..domain(world.company.id, "contoso.com")
    };
    add(&world.store, &assigned).await;
    let second = connection(world.company.id, "second");
    world.store.add_connection(&second, NOW).await.unwrap();
    let stored = world.store.connection(world.connection.id).await;
    let mut tx = world.store.begin().await.unwrap();
    assert!(
        tx.remove_connection(&stored.unwrap().unwrap())
            .await
            .unwrap()
    );
    tx.commit(NOW).await.unwrap();
    let all = world.store.domains(world.company.id).await.unwrap();
    assert_eq!(all, [domain(world.company.id, "contoso.com")]);
}

async fn a_domain_that_only_leads_somewhere_is_no_word_of_the_company(database: &Database) {
    let world = World::new(database.open().await).await;
    let id = world.company.id;
    let mut tx = world.store.begin().await.unwrap();
    assert!(!tx.has_domains(id).await.unwrap());
    let only_leads = CompanyDomain {
        links: false,
        ..domain(id, "contoso.com")
    };
    tx.add_domain(&only_leads).await.unwrap();
    assert!(!tx.has_domains(id).await.unwrap());
    tx.verify_domain(id, &only_leads.name, BY_DNS)
        .await
        .unwrap();
    assert!(tx.has_domains(id).await.unwrap());
    tx.remove_domain(id, &only_leads.name).await.unwrap();
    tx.add_domain(&domain(id, "contoso.com")).await.unwrap();
    assert!(tx.has_domains(id).await.unwrap());
}
