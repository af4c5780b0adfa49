//! What attempts hold beyond their records.

use time::Duration;
use vestibule::domain::{AttemptId, CompanyId, Evidence, EvidenceKind};

use super::database::{Database, on_both};
use super::world::{NOW, World, unique};

on_both!(
    kept_for_its_time_and_its_company,
    the_newest_of_each_company_are_kept
);

fn evidence(company_id: CompanyId, minute: i64, kind: EvidenceKind) -> Evidence {
    let kept_at = NOW + Duration::minutes(minute);
    Evidence {
        attempt_id: AttemptId::from_bytes(unique()),
        company_id,
        kind,
        sealed: vec![0, 255, 7],
        kept_at,
        expires_at: kept_at + Duration::hours(24),
    }
}

async fn kept_for_its_time_and_its_company(database: &Database) {
    let world = World::new(database.open().await).await;
    let (company, store) = (world.company.id, &world.store);
    let kept = evidence(company, 0, EvidenceKind::Response);
    store.keep_evidence(kept.clone()).await.unwrap();
    // The first stays.
    let second = Evidence {
        sealed: vec![1],
        ..kept.clone()
    };
    store.keep_evidence(second).await.unwrap();
    let (id, kind) = (kept.attempt_id, kept.kind);
    let end = kept.expires_at;
    let found = |company, kind, now| store.evidence(company, id, kind, now);
    assert_eq!(found(company, kind, NOW).await.unwrap(), Some(kept.sealed));
    assert_eq!(found(company, kind, end).await.unwrap(), None);
    let other = EvidenceKind::Findings;
    assert_eq!(found(company, other, NOW).await.unwrap(), None);
    let stranger = CompanyId::from_bytes([9; 16]);
    assert_eq!(found(stranger, kind, NOW).await.unwrap(), None);
    let days = Duration::days(30);
    let just_before = end - Duration::MILLISECOND;
    assert_eq!(store.purge(just_before, days).await.unwrap().evidence, 0);
    assert_eq!(store.purge(end, days).await.unwrap().evidence, 1);
}

async fn the_newest_of_each_company_are_kept(database: &Database) {
    let world = World::new(database.open().await).await;
    let other = super::world::company("http://beta.localhost:8080");
    world.store.add_company(&other, NOW).await.unwrap();
    let first = evidence(other.id, 0, EvidenceKind::Response);
    let findings = evidence(world.company.id, 0, EvidenceKind::Findings);
    for kept in [&first, &findings] {
        world.store.keep_evidence(kept.clone()).await.unwrap();
    }
    let mut all = Vec::new();
    for minute in 0..230 {
        let kept = evidence(world.company.id, minute, EvidenceKind::Response);
        world.store.keep_evidence(kept.clone()).await.unwrap();
        all.push(kept);
    }
    let there = |kept: &Evidence| {
        let (store, kept) = (world.store.clone(), kept.clone());
        async move {
            let found = store.evidence(kept.company_id, kept.attempt_id, kept.kind, NOW);
            found.await.unwrap().is_some()
        }
    };
    for (place, kept) in all.iter().enumerate() {
        assert_eq!(there(kept).await, place >= 30, "{place}");
    }
    assert!(there(&first).await && there(&findings).await);
}
