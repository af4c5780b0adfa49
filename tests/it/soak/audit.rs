//! Rule F6 and a power failure: an administrator who got in by password stands in the audit log, even when the machine loses
//! its power at the answer, and even when all that was written before need not wait for the disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::block_in_place;

use super::load::{by_password, end};
use super::plan::Random;
use super::site::Site;
use super::stage::Stage;
use super::{books, ready, shared};

/// Clients who only begin sign-ins, whose rows may be lost.
const STARTERS: usize = 6;
const ROUNDS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_who_got_in_is_in_the_audit_log_after_a_power_failure() {
    let mut random = Random::new();
    let mut site = block_in_place(|| Site::on_a_forgetful_disk(&mut random));
    let ledger = shared();
    for _ in 0..ROUNDS {
        let stage = Arc::new(Stage::new(&site.idp, site.servers(), &ledger));
        ready(&stage).await;
        let starters: Vec<_> = (0..STARTERS)
            .map(|_| {
                let stage = Arc::clone(&stage);
                tokio::spawn(async move {
                    while !stage.is_over() && stage.begin(&stage.doors[0]).await.is_ok() {}
                })
            })
            .collect();
        let door = &stage.doors[0];
        by_password(&stage, door, "admin@acme.example")
            .await
            .unwrap();
        door.open.store(false, Ordering::SeqCst);
        block_in_place(|| site.kill(0));
        end(&stage);
        for starter in starters {
            starter.await.unwrap();
        }
        block_in_place(|| site.start(&mut random));
        let mut closed = std::mem::take(&mut *stage.ledger());
        books::check(&site.url, &mut closed, site.is_forgetful()).await;
        assert!(closed.wrong.is_empty(), "{:?}", closed.wrong);
        *stage.ledger() = closed;
    }
    assert_eq!(ledger.lock().unwrap().audited, ROUNDS);
}
