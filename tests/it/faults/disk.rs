//! Who writes all he can: what it comes to on the disk.

use std::time::{Duration, Instant};

use reqwest::header::HOST;
use serde_json::json;

use super::people::{Console, in_use, two_companies};
use super::{assert_no_5xx, siege};
use crate::support::{ACME, Deployment, Installation, Server};

const MIB: i64 = 1024 * 1024;
/// Starts of a client and of a company that are let in each minute, by default.
const OF_CLIENT: i64 = 3_000;
const OF_COMPANY: i64 = 12_000;
/// Minutes that a start is kept which nobody answers: those in which it can be answered, one more, and one until it is looked at.
const KEPT: i64 = 12;
/// Changes that a token may make each minute, by default.
const OF_TOKEN: i64 = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_at_a_clients_limit_take_little_disk_and_no_more_later() {
    let Deployment { installation, .. } = Deployment::of(Installation::new());
    let server = Server::start(&installation);
    // The longest that is let in.
    let path = format!("/sso/login?return_to=/{}", "a".repeat(511));
    let url = format!("http://{}{path}", server.address);
    let empty = in_use(&installation);
    let begun = Instant::now();
    let end = begun + siege().unwrap_or_default();
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let http = reqwest::Client::new();
                let (mut started, mut refused) = (0_i64, 0_i64);
                // Until the limit of a minute is reached, and through a siege to its end.
                while refused == 0 || Instant::now() < end {
                    let answer = http.get(&url).header(HOST, ACME).send().await.unwrap();
                    match answer.status().as_u16() {
                        200 => started += 1,
                        429 => {
                            refused += 1;
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        other => panic!("{other}"),
                    }
                }
                started
            })
        })
        .collect();
    let mut started = 0;
    for one in starting {
        started += one.await.unwrap();
    }
    let minutes = 1
        + i64::try_from(begun.elapsed().as_secs())
            .unwrap()
            .div_euclid(60)
        + 1;
    assert!(started >= OF_CLIENT, "{started}");
    assert!(started <= OF_CLIENT * minutes + 1, "{started} in {minutes}");
    let written = in_use(&installation) - empty;
    // What is forgotten already is in nobody's way.
    let each = written / started.min(OF_CLIENT * KEPT);
    let (client, company) = (
        each * OF_CLIENT * KEPT / MIB,
        each * OF_COMPANY * KEPT / MIB,
    );
    println!(
        "siege: {started} starts of one client with the longest return_to: {each} octets of disk each, {client} MiB at a client's limit \
         and {company} MiB at a company's, however long it goes on; {} MiB now",
        written / MIB
    );
    assert!(client <= 100, "{client} MiB");
    assert!(company <= 400, "{company} MiB");
    assert!(written / MIB <= 100, "{written}");
    assert_no_5xx(&server.stop());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_many_mappings_take_little_disk() {
    const MAPPINGS: usize = 400;
    /// More than the versions of its settings that are kept.
    const FIRST: i64 = 60;
    let Deployment { installation, .. } = Deployment::of(Installation::new());
    two_companies(&installation);
    let server = Server::start(&installation);
    let token = Console::of(&server, ACME).await.token().await;
    let list = token.get("/api/v1/connections").await;
    let connection = format!(
        "/api/v1/connections/{}",
        list["items"][0]["id"].as_str().unwrap()
    );
    let body = |number: i64| {
        // Each of them another name, so that nothing is as it was.
        let mappings = (0..MAPPINGS).map(|at| format!("{number:08}-{at:027}=SSO Basic"));
        let mappings = mappings.collect::<Vec<_>>().join(", ");
        json!({"settings": {"group_mapping": mappings}})
    };
    let (mut number, mut changed) = (0, 0);
    let mut kept = in_use(&installation);
    let end = Instant::now() + siege().unwrap_or_default();
    while number < 2 * FIRST || Instant::now() < end {
        let (status, answer) = token.patch(&connection, &body(number)).await;
        number += 1;
        match status {
            200 => changed += i64::from(number > FIRST),
            429 => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => panic!("{status}: {answer}"),
        }
        if number == FIRST {
            kept = in_use(&installation);
        }
    }
    let each = (in_use(&installation) - kept) / changed;
    let a_minute = each * OF_TOKEN / 1024;
    println!(
        "siege: {changed} changes of {MAPPINGS} mappings: {each} octets of disk each, {a_minute} KiB in a minute at a token's limit; the \
         versions that are kept have {} KiB",
        kept / 1024
    );
    assert!(each <= 16 * 1024, "{each}");
    assert_no_5xx(&server.stop());
}
