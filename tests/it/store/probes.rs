//! Questions of `doctor gate`: how many there are, and how long.

use time::Duration;

use super::database::{Database, on_both};
use super::world::NOW;

on_both!(
    probes_are_few_and_short_lived,
    of_many_at_once_each_is_noted_once,
);

async fn probes_are_few_and_short_lived(database: &Database) {
    let store = database.open().await;
    let hash = |number: u8| [number; 32];
    for number in 1..=6 {
        let now = NOW + Duration::milliseconds(number.into());
        store.begin_probe(&hash(number), now).await.unwrap();
    }
    let now = NOW + Duration::seconds(1);
    for number in 1..=6 {
        let lives = store.probe_lives(&hash(number), now).await.unwrap();
        assert_eq!(lives, number > 2, "{number}");
        let noted = store.note_at_probe(&hash(number), "{}", now).await.unwrap();
        assert_eq!(noted, lives, "{number}");
    }
    let large = "x".repeat(9_000);
    assert!(!store.note_at_probe(&hash(6), &large, now).await.unwrap());
    assert_eq!(store.observations(&hash(6)).await.unwrap(), ["{}"]);
    store.end_probe(&hash(6)).await.unwrap();
    assert!(store.observations(&hash(6)).await.unwrap().is_empty());
    let late = NOW + Duration::minutes(3);
    assert!(!store.probe_lives(&hash(5), late).await.unwrap());
    assert!(!store.note_at_probe(&hash(5), "{}", late).await.unwrap());
    // A new one takes those along that are over.
    store.begin_probe(&hash(7), late).await.unwrap();
    store.close().await;
    let left = database.rows().await;
    let left = left.iter().filter(|row| row.starts_with("gate_")).count();
    assert_eq!(left, 1);
    let store = database.open().await;
    store
        .purge(late + Duration::minutes(2), Duration::days(1))
        .await
        .unwrap();
    store.close().await;
    let left = database.rows().await;
    assert!(!left.iter().any(|row| row.starts_with("gate_")), "{left:?}");
}

async fn of_many_at_once_each_is_noted_once(database: &Database) {
    let (one, two) = (database.open().await, database.open().await);
    let hash = [7; 32];
    one.begin_probe(&hash, NOW).await.unwrap();
    let mut noting = Vec::new();
    for number in 0..110 {
        let store = if number % 2 == 0 { &one } else { &two }.clone();
        noting.push(tokio::spawn(async move {
            let text = number.to_string();
            store.note_at_probe(&hash, &text, NOW).await.unwrap()
        }));
    }
    let mut noted = 0;
    for one in noting {
        noted += usize::from(one.await.unwrap());
    }
    let mut kept = one.observations(&hash).await.unwrap();
    kept.sort();
    kept.dedup();
    assert_eq!((noted, kept.len()), (96, 96));
    one.close().await;
    two.close().await;
}
