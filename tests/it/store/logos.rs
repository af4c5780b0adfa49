//! Logos: one of a company, which goes with it.

use vestibule::domain::{CompanyId, Logo, Picture, PictureKind};
use vestibule::store::Store;

use super::database::{Database, on_both};
use super::domain_migration::by_hand;
use super::world::{NOW, company};

on_both!(
    a_company_has_one_logo,
    a_logo_goes_with_its_company,
    an_upgrade_finds_no_logo
);

const PICTURE: Picture = Picture {
    kind: PictureKind::WebP,
    width: 360,
    height: 96,
};

async fn set(store: &Store, company: CompanyId, octets: &[u8], hash: [u8; 32]) -> bool {
    let mut tx = store.begin().await.unwrap();
    let is_set = tx.set_logo(company, PICTURE, octets, hash, NOW).await;
    tx.commit(NOW).await.unwrap();
    is_set.unwrap()
}

async fn a_company_has_one_logo(database: &Database) {
    let store = database.open().await;
    let (acme, beta) = (
        company("https://acme.example.com"),
        company("https://beta.example.com"),
    );
    for company in [&acme, &beta] {
        store.add_company(company, NOW).await.unwrap();
    }
    assert_eq!(store.company(acme.id).await.unwrap().unwrap().logo, None);
    let before = store.changes_since(0).await.unwrap().revision;
    let octets: Vec<u8> = (0..=255).collect();
    assert!(set(&store, acme.id, b"one", [1; 32]).await);
    assert!(set(&store, acme.id, &octets, [2; 32]).await);
    let changes = store.changes_since(before).await.unwrap();
    assert_eq!(changes.companies, [acme.id], "running servers see it");
    let logo = Logo {
        picture: PICTURE,
        octets: 256,
        hash: [2; 32],
        changed_at: NOW,
    };
    let stored = store.company_by_slug(&acme.slug).await.unwrap().unwrap();
    assert_eq!(stored.logo.as_ref(), Some(&logo));
    let all = store.companies().await.unwrap();
    let logos: Vec<_> = all.iter().map(|company| company.logo.as_ref()).collect();
    assert_eq!(logos, [Some(&logo), None]);
    let kept = store.logo(acme.id, &[2; 32]).await.unwrap();
    assert_eq!(kept.as_deref(), Some(octets.as_slice()));
    assert_eq!(store.logo(acme.id, &[1; 32]).await.unwrap(), None);
    assert_eq!(store.logo(beta.id, &[2; 32]).await.unwrap(), None);
    // The rest of the company does not touch it.
    assert!(store.update_company(&stored, NOW).await.unwrap());
    assert!(store.logo(acme.id, &[2; 32]).await.unwrap().is_some());
    let mut tx = store.begin().await.unwrap();
    assert!(!tx.remove_logo(beta.id).await.unwrap());
    assert!(tx.remove_logo(acme.id).await.unwrap());
    tx.commit(NOW).await.unwrap();
    assert_eq!(store.company(acme.id).await.unwrap().unwrap().logo, None);
    let nobody = CompanyId::from_bytes([9; 16]);
    assert!(!set(&store, nobody, b"one", [1; 32]).await);
}

async fn a_logo_goes_with_its_company(database: &Database) {
    let store = database.open().await;
    let acme = company("https://acme.example.com");
    store.add_company(&acme, NOW).await.unwrap();
    assert!(set(&store, acme.id, b"one", [1; 32]).await);
    let rows = |rows: Vec<String>| {
        rows.iter()
            .filter(|it| it.starts_with("company_logo"))
            .count()
    };
    assert_eq!(rows(database.rows().await), 1);
    let mut tx = store.begin().await.unwrap();
    tx.write_suspended(acme.id, Some(NOW)).await.unwrap();
    tx.commit(NOW).await.unwrap();
    store.empty_company(acme.id).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(tx.delete_company(acme.id).await.unwrap());
    tx.commit(NOW).await.unwrap();
    assert_eq!(rows(database.rows().await), 0);
}

/// A database of the version before, with a company in it.
async fn an_upgrade_finds_no_logo(database: &Database) {
    let store = database.open().await;
    let acme = company("https://acme.example.com");
    store.add_company(&acme, NOW).await.unwrap();
    store.close().await;
    let sql = "DROP TABLE company_logo; DELETE FROM migration WHERE number = 23";
    by_hand(database, sql.to_owned()).await;
    let store = database.open().await;
    assert_eq!(store.companies().await.unwrap()[0].logo, None);
    assert!(set(&store, acme.id, b"one", [1; 32]).await);
}
