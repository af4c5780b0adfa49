//! Which users of a company may use an application.

use super::{ACME_ORIGIN, Gate, below};
use vestibule::domain::GroupKind;

#[tokio::test]
async fn a_company_says_which_groups_may() {
    let gate = Gate::new().await;
    let (at_app, mut at_acme) = gate.signed_in_there().await;
    let staff = gate
        .add_group_to(&gate.acme, "Staff", GroupKind::Member, false)
        .await;
    let admin = gate.admin_of(&gate.acme);
    let crm = gate.application.id;
    admin.allow_group(crm, &staff).await.unwrap();
    gate.app.catch_up().await.unwrap();
    // At once for who is there, and for who comes.
    let refused = gate.check(&at_app, "/").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("You may not use this application"));
    let started = gate.at_application().get("/.vestibule/start?rd=/").await;
    let hand_over = at_acme.get(&below(&started, ACME_ORIGIN)).await;
    assert_eq!(hand_over.status, 403);
    assert!(
        hand_over.body.contains("does not let your account use CRM"),
        "{}",
        hand_over.body
    );

    admin.allow_group(crm, &gate.basic).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 200);

    // The last group that goes leaves nobody.
    admin.deny_group(crm, &gate.basic).await.unwrap();
    admin.delete_group(staff.id).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 403);
    admin.allow_everybody(crm).await.unwrap();
    gate.app.catch_up().await.unwrap();
    assert_eq!(gate.check(&at_app, "/").await.status, 200);
    let actions: Vec<String> = gate
        .audit_of(&gate.acme)
        .await
        .iter()
        .map(|event| event.action.to_string())
        .filter(|action| action.starts_with("application."))
        .collect();
    assert_eq!(actions.len(), 4, "{actions:?}");
}

// Q33
#[tokio::test]
async fn a_company_that_is_not_served_is_refused() {
    let gate = Gate::new().await;
    let started = gate.at_application().get("/.vestibule/start?rd=/").await;
    let hand_over = below(&started, ACME_ORIGIN);
    let mut at_beta = gate.browser_at(&gate.beta);
    let refused = at_beta.get(&hand_over).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("is not for users of"),
        "{}",
        refused.body
    );
    // Beta's administrators do not see it.
    let beta = gate.admin_of(&gate.beta);
    assert!(beta.applications().await.unwrap().is_empty());
    assert!(beta.allow_everybody(gate.application.id).await.is_err());
}
