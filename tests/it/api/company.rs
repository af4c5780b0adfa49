//! The company: what is its own, and what is the operator's.

use crate::support::Office;
use crate::support::api::{is_problem, ok};
use serde_json::json;
use vestibule::domain::Scope;

const PATH: &str = "/api/v1/company";

#[tokio::test]
async fn the_company_is_changed_as_in_the_console() {
    let world = Office::new().await;
    let client = world.master().await;
    let before = ok(&client.get(PATH).await, 200);
    assert_eq!(before["encrypted_assertions"], json!(true));
    let change = json!({
        "name": "Acme & Sons", "landing": "/app", "contact_email": "idp@acme.example", "encrypted_assertions": false
    });
    let after = ok(&client.patch(PATH, "*", change).await, 200);
    assert_eq!(after["name"], json!("Acme & Sons"));
    assert_eq!(after["landing"], json!("/app"));
    assert_eq!(after["contact_email"], json!("idp@acme.example"));
    assert_eq!(after["encrypted_assertions"], json!(false));
    assert_eq!(after["origin"], before["origin"]);
    let gone = ok(
        &client.patch(PATH, "*", json!({"contact_email": ""})).await,
        200,
    );
    assert_eq!(gone["contact_email"], json!(null));
    for wrong in [
        json!({"origin": "https://evil.example"}),
        json!({"return_origins": ["https://evil.example"]}),
        json!({"landing": "https://evil.example/"}),
        json!({"name": ""}),
        json!({"contact_name": "Somebody"}),
    ] {
        is_problem(&client.patch(PATH, "*", wrong).await, 422, "invalid");
    }
    assert_eq!(ok(&client.get(PATH).await, 200), gone);
}

#[tokio::test]
async fn where_sign_ins_end_needs_a_scope_of_its_own() {
    let world = Office::new().await;
    let change = || json!({"landing": "/app"});
    let reader = world
        .client(&[Scope::CompanyRead, Scope::AdminsWrite])
        .await;
    is_problem(
        &reader.patch(PATH, "*", change()).await,
        403,
        "insufficient-scope",
    );
    let writer = world
        .client(&[Scope::CompanyRead, Scope::ConnectionsWrite])
        .await;
    is_problem(
        &writer.patch(PATH, "*", change()).await,
        403,
        "insufficient-scope",
    );
    assert_eq!(ok(&writer.get(PATH).await, 200)["landing"], json!(null));
}
