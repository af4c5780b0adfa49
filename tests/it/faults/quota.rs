//! A company that makes as much as its token may, until its quota, while another one signs in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use vestibule::admin::token_hash;
use vestibule::domain::{Scope, Slug, Token, TokenId};
use vestibule::store::Store;

use super::load::{best_of_rounds, promised, without_attack};
use super::{assert_no_5xx, deployment};
use crate::support::{Client, Deployment, Installation, NOW, Server, unique};

const BETA: &str = "beta.localhost:8080";
/// What beta may have, and the requests at once.
const USERS: u32 = 300;
const AT_ONCE: usize = 8;

/// A token of beta that may do everything.
async fn token(installation: &Installation) -> String {
    let secret = format!("vestibule_{}", "0a".repeat(32));
    let file = installation.path("data/vestibule.sqlite3");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, vestibule::keys::hash).await.unwrap();
    let slug: Slug = "beta".parse().unwrap();
    let beta = store.company_by_slug(&slug).await.unwrap().unwrap();
    let mut tx = store.begin().await.unwrap();
    let token = Token {
        id: TokenId::from_bytes(unique()),
        company_id: beta.id,
        name: "greedy".to_owned(),
        scopes: Scope::ALL.into_iter().collect(),
        created_by: "test".to_owned(),
        created_at: NOW,
        expires_at: NOW + time::Duration::days(3_650),
        last_used_at: None,
        revoked_at: None,
    };
    tx.add_token(&token, &token_hash(&secret).unwrap())
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    store.close().await;
    secret
}

/// Makes users and groups as fast as they are answered, until it is over: how many were made, and refused.
async fn make(
    server: &Server,
    secret: &str,
    at: usize,
    over: &AtomicBool,
    [made, refused]: [&AtomicUsize; 2],
) {
    let http = reqwest::Client::new();
    let mut number = at;
    while !over.load(Ordering::Relaxed) {
        number += AT_ONCE;
        let (path, body) = if number.is_multiple_of(5) {
            ("groups", format!("{{\"title\": \"Group {number}\"}}"))
        } else {
            (
                "users",
                format!("{{\"email\": \"u{number}@beta.example\"}}"),
            )
        };
        let answer = http
            .post(format!("http://{}/api/v1/{path}", server.address))
            .header("host", BETA)
            .header("authorization", format!("Bearer {secret}"))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let counter = if status == 201 { made } else { refused };
        counter.fetch_add(1, Ordering::Relaxed);
        if status != 201 {
            assert_eq!(status, 409);
            let text = answer.text().await.unwrap();
            assert!(
                text.contains("urn:vestibule:problem:quota-reached"),
                "{text}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_makes_all_it_may_ends_at_its_quota_and_slows_no_other_company() {
    let Deployment { installation, idp } = deployment("");
    installation
        .run(&format!(
            "company add beta --name Beta --origin http://{BETA}"
        ))
        .succeeds();
    installation
        .run(&format!("company quota beta --users {USERS} --groups 50"))
        .succeeds();
    let secret: Arc<str> = token(&installation).await.into();
    let server = Arc::new(Server::start(&installation));
    let client = Client::of(&server);
    let usual = without_attack(&client, &idp).await;
    let over = Arc::new(AtomicBool::new(false));
    let counters: Arc<[AtomicUsize; 2]> = Arc::default();
    let greedy: Vec<_> = (0..AT_ONCE)
        .map(|at| {
            let (server, secret) = (Arc::clone(&server), Arc::clone(&secret));
            let (over, counters) = (Arc::clone(&over), Arc::clone(&counters));
            tokio::spawn(async move {
                let [made, refused] = &*counters;
                make(&server, &secret, at, &over, [made, refused]).await;
            })
        })
        .collect();
    let p99 = best_of_rounds(&client, &idp, usual).await;
    // It goes on until both are full.
    let [made, refused] = &*counters;
    let most = USERS as usize + 50;
    while made.load(Ordering::Relaxed) < most {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    over.store(true, Ordering::Relaxed);
    for one in greedy {
        one.await.unwrap();
    }
    let (made, refused) = (
        made.load(Ordering::Relaxed),
        refused.load(Ordering::Relaxed),
    );
    println!(
        "siege: beside a token that made {made} and was refused {refused} times: 99 % of good sign-ins within {p99:?} (without it {usual:?})"
    );
    assert_eq!(made, most);
    assert!(p99 < promised(usual), "{p99:?}, {usual:?}");
    let usage = installation.json("company quota beta --json");
    assert_eq!(usage[0]["used"], USERS);
    let server = Arc::into_inner(server).unwrap();
    assert_no_5xx(&server.stop());
}
