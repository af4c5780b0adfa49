//! What ends is over at applications' hosts, too (rule Q54).

use vestibule::admin::Operator;

use super::{Gate, NOW};

#[tokio::test]
async fn a_gate_session_ends_with_its_parent() {
    let gate = Gate::new().await;
    let (mut at_app, _) = gate.signed_in_there().await;
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let who = at_app.get("/.vestibule/who").await;
    assert_eq!(who.status, 200, "{}", who.body);
    assert!(who.body.contains("\"company\":\"acme\"") && !who.body.contains("eyJ"));
    let user = gate.user("b.simon@contoso.com").await.unwrap();
    let admin = gate.admin_of(&gate.acme);
    admin.deactivate_user(user.id).await.unwrap();
    assert_eq!(
        gate.check(&at_app, "/").await.status,
        401,
        "on this node at once"
    );
    assert_eq!(at_app.get("/.vestibule/who").await.status, 401);
    let sessions = gate.app.store.gate_sessions(gate.application.id).await;
    assert_eq!(sessions.unwrap(), 0);
}

#[tokio::test]
async fn an_application_that_is_removed_lets_nobody_in() {
    let gate = Gate::new().await;
    let (mut at_app, _) = gate.signed_in_there().await;
    let operator = Operator {
        store: &gate.app.store,
        now: NOW,
    };
    operator
        .remove_application(&gate.application)
        .await
        .unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 404);
    assert_eq!(at_app.get("/.vestibule/who").await.status, 421);
}

#[tokio::test]
async fn a_suspended_company_lets_nobody_in() {
    let gate = Gate::new().await;
    let (at_app, _) = gate.signed_in_there().await;
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let admin = gate.admin_of(&gate.acme);
    admin.suspend_company("acme", true).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_ne!(gate.check(&at_app, "/").await.status, 200);
}
