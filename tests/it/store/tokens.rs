//! Tokens of the API, the answers to creations, and lists that are read on from a place.

use std::collections::BTreeSet;

use time::Duration;
use vestibule::domain::{CompanyId, Creation, GroupKind, Scope, Token, TokenId};
use vestibule::store::{EarlierRequest, KeyedRequest, Store, UserFilter};

use super::database::{Database, on_both};
use super::world::{NOW, World, group, unique};

on_both!(
    a_token_is_found_by_its_hash,
    one_request_of_a_key_makes_something,
    lists_are_read_on_from_a_place
);

pub(super) fn token(company_id: CompanyId, name: &str) -> Token {
    Token {
        id: TokenId::from_bytes(unique()),
        company_id,
        name: name.to_owned(),
        scopes: [Scope::UsersRead, Scope::AuditRead].into_iter().collect(),
        created_by: "anna@acme.example".to_owned(),
        created_at: NOW,
        expires_at: NOW + Duration::DAY,
        last_used_at: None,
        revoked_at: None,
    }
}

async fn add(store: &Store, token: &Token, hash: [u8; 32]) {
    let mut tx = store.begin().await.unwrap();
    tx.hold_tokens(token.company_id).await.unwrap();
    tx.add_token(token, &hash).await.unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn a_token_is_found_by_its_hash(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company) = (&world.store, world.company.id);
    let (one, two) = (token(company, "one"), token(company, "two"));
    add(store, &one, [1; 32]).await;
    add(store, &two, [2; 32]).await;
    assert_eq!(store.token_of(&[1; 32]).await.unwrap(), Some(one.clone()));
    assert_eq!(store.token_of(&[3; 32]).await.unwrap(), None);
    assert_eq!(store.tokens(company, NOW).await.unwrap().len(), 2);
    let nowhere = CompanyId::from_bytes(unique());
    assert!(store.tokens(nowhere, NOW).await.unwrap().is_empty());

    let later = NOW + Duration::HOUR;
    store.token_used(one.id, NOW, NOW).await.unwrap();
    store
        .token_used(one.id, later, NOW - Duration::SECOND)
        .await
        .unwrap();
    let used = store.token_of(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(NOW));
    store.token_used(one.id, later, NOW).await.unwrap();
    let used = store.token_of(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(later));

    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.revoke_token(nowhere, two.id, NOW).await.unwrap(), None);
    let before = tx.revoke_token(company, two.id, NOW).await.unwrap();
    assert_eq!(before, Some(two));
    let active = tx.active_tokens(company, NOW).await.unwrap();
    tx.commit(NOW).await.unwrap();
    assert_eq!(active.len(), 1);
    let revoked = store.token_of(&[2; 32]).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW));
    let listed = store.tokens(company, NOW).await.unwrap();
    assert_eq!(listed[0].name, "one", "what counts comes first");
    let mut tx = store.begin().await.unwrap();
    let end = NOW + Duration::DAY;
    assert!(tx.active_tokens(company, end).await.unwrap().is_empty());
}

async fn one_request_of_a_key_makes_something(database: &Database) {
    let world = World::new(database.open().await).await;
    let store = &world.store;
    let token = token(world.company.id, "one");
    add(store, &token, [1; 32]).await;
    let request = |key: &str, body: &[u8]| KeyedRequest {
        token: token.id,
        key: key.to_owned(),
        hash: body.to_vec(),
        notes: String::new(),
    };
    let many = (0..8).map(|number| {
        let (store, request) = (store.clone(), request("k", b"request"));
        tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let first = tx
                .answers(&request, &number.to_string(), NOW)
                .await
                .unwrap();
            if first {
                tx.commit(NOW).await.unwrap();
            }
            first
        })
    });
    let many: Vec<_> = many.collect();
    let mut made = Vec::new();
    for (number, first) in many.into_iter().enumerate() {
        if first.await.unwrap() {
            made.push(number.to_string());
        }
    }
    assert_eq!(made.len(), 1);
    let earlier =
        async |key: &str, body: &[u8], now| store.earlier(&request(key, body), now).await.unwrap();
    let id = made.remove(0);
    assert_eq!(
        earlier("k", b"request", NOW).await,
        Some(EarlierRequest::Made {
            id,
            notes: String::new()
        })
    );
    assert_eq!(
        earlier("k", b"other", NOW).await,
        Some(EarlierRequest::Other)
    );
    assert_eq!(earlier("other", b"request", NOW).await, None);
    let kept = request("k", b"request");
    store.keep_answer(&kept, 201, "{}").await.unwrap();
    let answered = EarlierRequest::Answered {
        body: "{}".to_owned(),
    };
    assert_eq!(earlier("k", b"request", NOW).await, Some(answered));
    // What a transaction that is left had noted is not there.
    let mut tx = store.begin().await.unwrap();
    assert!(tx.answers(&request("left", b"x"), "1", NOW).await.unwrap());
    drop(tx);
    assert_eq!(earlier("left", b"x", NOW).await, None);
    let day = NOW + Duration::DAY;
    assert_eq!(earlier("k", b"request", day).await, None);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.answers(&request("k", b"other"), "2", day).await.unwrap());
    tx.commit(day).await.unwrap();
    store.purge(day, Duration::DAY).await.unwrap();
    let id = "2".to_owned();
    assert_eq!(
        earlier("k", b"other", day).await,
        Some(EarlierRequest::Made {
            id,
            notes: String::new()
        })
    );
}

async fn lists_are_read_on_from_a_place(database: &Database) {
    let world = World::new(database.open().await).await;
    let (store, company) = (&world.store, world.company.id);
    for number in 0..70 {
        let email = format!("User-{number}_x@contoso.com");
        world.user(&email, Creation::Administrator).await;
        let title = format!("Group {number} \u{e4}");
        let group = group(company, &title, GroupKind::Member, false);
        store.add_group(&group, NOW).await.unwrap();
    }
    let named = UserFilter {
        search: "user- contoso".to_owned(),
        ..UserFilter::default()
    };
    let all = store.users(company).await.unwrap().len();
    for (filter, count) in [(UserFilter::default(), all), (named, 70)] {
        for limit in [1, 49, 50, 51, 69, 70, 100] {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let part = store.users_after(company, &filter, after, limit);
                let part = part.await.unwrap();
                assert!(part.rows.len() <= limit as usize);
                seen.extend(part.rows.into_iter().map(|row| row.user.id));
                after = part.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), count, "{limit}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count, "{limit}");
        }
    }
    let groups = store.groups(company).await.unwrap().len();
    for limit in [1, 7, 100] {
        let (mut after, mut seen) = (None, BTreeSet::new());
        loop {
            let part = store.groups_after(company, after, limit).await.unwrap();
            seen.extend(part.rows.into_iter().map(|row| row.group.title));
            after = part.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), groups, "{limit}");
    }
}
