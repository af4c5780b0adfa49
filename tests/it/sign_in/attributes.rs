//! Further attributes that an assertion brings: what is kept of them, and until when (seed 001-25).

use serde_json::{Value, json};
use vestibule::demo_idp::ResponseSpec;

use crate::support::Federation;
use crate::support::identity_provider::claim;

const SIMON: &str = "b.simon@contoso.com";

async fn mapped() -> Federation {
    let world = Federation::new().await;
    world
        .set(&[
            ("attributes.further.department", "urn:dept,department"),
            ("attributes.further.employee_number", "employee"),
        ])
        .await;
    world
}

/// What `/sso/session` says of them.
async fn after(world: &Federation, change: impl FnOnce(&mut ResponseSpec)) -> Value {
    let mut browser = world.browser();
    let answer = world.sign_in_with(&mut browser, change).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let who = browser.get("/sso/session").await.body;
    let who: Value = serde_json::from_str(&who).unwrap();
    let user = world.user(SIMON).await.unwrap();
    let stored = serde_json::to_value(&user.attributes).unwrap();
    let told = who.get("attributes").cloned();
    assert_eq!(told.clone().unwrap_or_else(|| json!({})), stored);
    told.unwrap_or_default()
}

#[tokio::test]
async fn they_are_kept_at_each_sign_in() {
    let world = mapped().await;
    assert_eq!(after(&world, |_| {}).await, Value::Null);
    let first = after(&world, |spec| {
        claim(spec, "department", &["R & <b>D</b>", "Sales"]);
        claim(spec, "employee", &[" 0042 "]);
    });
    let first = first.await;
    assert_eq!(
        first,
        json!({"department": "R & <b>D</b>", "employee_number": "0042"})
    );
    // What the directory does not say any more is not known any more.
    let other = after(&world, |spec| claim(spec, "urn:dept", &["Sales"]));
    assert_eq!(other.await, json!({"department": "Sales"}));
    assert_eq!(after(&world, |_| {}).await, Value::Null);
    let both = after(&world, |spec| {
        claim(spec, "department", &["Sales"]);
        claim(spec, "employee", &["0042"]);
    });
    let both = both.await;
    assert_eq!(
        both,
        json!({"department": "Sales", "employee_number": "0042"})
    );
    // What the connection maps no more goes with the next sign-in.
    world
        .set(&[("attributes.further.employee_number", "")])
        .await;
    let department = after(&world, |spec| {
        claim(spec, "department", &["Sales"]);
        claim(spec, "employee", &["0042"]);
    });
    assert_eq!(department.await, json!({"department": "Sales"}));
    let log = world.app.store.audit_events(world.acme.id, 100);
    let log = log.await.unwrap();
    let told: Vec<_> = log
        .into_iter()
        .filter(|it| it.action == "user.change")
        .filter_map(|it| it.before.zip(it.after))
        .collect();
    let change = json!({"attributes.department": "Sales"});
    assert!(told.iter().any(|(_, now)| *now == change), "{told:?}");
    let gone = json!({"attributes.employee_number": "0042"});
    assert!(told.iter().any(|(was, _)| *was == gone), "{told:?}");
}

/// A value is whole text that can be shown, or is not there: what was known before goes as well.
#[tokio::test]
async fn what_cannot_be_kept_is_left_out_and_never_cut() {
    let world = mapped().await;
    let longest = "ü".repeat(256);
    let kept = after(&world, |spec| claim(spec, "department", &[&longest])).await;
    assert_eq!(kept, json!({"department": longest}));
    for wrong in [&*format!("{longest}x"), "a\u{202e}b", "a\nb", "  "] {
        let now = after(&world, |spec| {
            claim(spec, "department", &[wrong]);
            claim(spec, "employee", &["7"]);
        });
        assert_eq!(now.await, json!({"employee_number": "7"}), "{wrong:?}");
        after(&world, |spec| claim(spec, "department", &["Sales"])).await;
    }
}

/// A new account has them from its first sign-in, and whoever is deleted leaves none in the audit log.
#[tokio::test]
async fn they_begin_and_end_with_the_account() {
    let world = mapped().await;
    let made = after(&world, |spec| claim(spec, "department", &["Sales"])).await;
    assert_eq!(made, json!({"department": "Sales"}));
    after(&world, |spec| claim(spec, "department", &["Secret lab"])).await;
    let user = world.user(SIMON).await.unwrap();
    let store = &world.app.store;
    let mut tx = store.begin().await.unwrap();
    tx.delete_user(&user, "deleted user x").await.unwrap();
    tx.commit(world.app.clock.now()).await.unwrap();
    let log = store.audit_events(world.acme.id, 100).await.unwrap();
    let log = format!("{log:?}");
    assert!(log.contains("attributes.department"), "{log}");
    assert!(
        !log.contains("Secret lab") && !log.contains("Sales"),
        "{log}"
    );
}
