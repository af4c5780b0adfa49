//! The company's logo, by script.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use vestibule::domain::Scope;

use crate::picture::{JPEG, OTHERS, PNG, gif, png_of, png_with};
use crate::support::api::{is_problem, ok};
use crate::support::{ADMIN, Office};

const PATH: &str = "/api/v1/company/logo";

fn sent(octets: &[u8]) -> Value {
    json!({"image": BASE64_STANDARD.encode(octets)})
}

#[tokio::test]
async fn a_logo_is_set_shown_and_removed() {
    let world = Office::new().await;
    let client = world.master().await;
    is_problem(&client.get(PATH).await, 404, "not-found");
    let company = ok(&client.get("/api/v1/company").await, 200);
    assert_eq!(company["logo"], json!(null));
    let set = ok(&client.put(PATH, Some(sent(PNG))).await, 200);
    assert_eq!(set["media_type"], "image/png");
    assert_eq!((&set["width"], &set["height"]), (&json!(360), &json!(96)));
    assert_eq!(set["size"], json!(PNG.len()));
    assert_eq!(set["image"], json!(BASE64_STANDARD.encode(PNG)));
    assert_eq!(ok(&client.get(PATH).await, 200), set);
    let company = ok(&client.get("/api/v1/company").await, 200);
    assert_eq!(company["logo"], set["path"]);
    let mut browser = world.browser().signed_in(ADMIN).await;
    let path = set["path"].as_str().unwrap();
    assert_eq!(browser.get(path).await.octets, PNG);
    let other = ok(&client.put(PATH, Some(sent(JPEG))).await, 200);
    assert_ne!(other["path"], set["path"]);
    for _ in 0..2 {
        assert_eq!(client.delete(PATH).await.status, 204);
        is_problem(&client.get(PATH).await, 404, "not-found");
    }
    let actions = world.actions().await;
    assert_eq!(
        actions,
        [
            "company.remove_logo",
            "company.set_logo",
            "company.set_logo"
        ]
    );
}

#[tokio::test]
async fn what_is_no_logo_is_a_problem_of_its_member() {
    let world = Office::new().await;
    let client = world.master().await;
    let large = png_with(*b"tEXt", &vec![b'x'; 65 * 1024]);
    let mut refused = vec![
        (sent(&large), "at most 64 KiB"),
        (sent(&PNG[..100]), "damaged or cut off"),
        (sent(&png_of(2000, 16)), "2000 × 16 pixels"),
        (sent(&gif(16, 16, 3)), "The picture moves."),
        (sent(b""), "The file is empty."),
        (json!({"image": "no base64!"}), "in base64"),
        (
            sent(b"key\n-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADAN"),
            "image holds a private key",
        ),
    ];
    refused.extend(OTHERS.iter().map(|(octets, told)| (sent(octets), *told)));
    for (body, told) in refused {
        let answer = client.put(PATH, Some(body)).await;
        let problem = is_problem(&answer, 422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "image", "{problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(told), "{told}: {message}");
        assert!(!answer.body.contains("MIIEvQ"), "{}", answer.body);
    }
    for wrong in [
        json!({}),
        json!({"image": null}),
        json!({"image": "", "name": "x.png"}),
    ] {
        is_problem(&client.put(PATH, Some(wrong)).await, 422, "invalid");
    }
    let huge = json!({"image": "A".repeat(300 * 1024)});
    is_problem(&client.put(PATH, Some(huge)).await, 413, "too-large");
    is_problem(&client.get(PATH).await, 404, "not-found");
    assert!(world.actions().await.is_empty());
}

#[tokio::test]
async fn the_logo_needs_the_scopes_of_the_company() {
    let world = Office::new().await;
    for scopes in [
        &[Scope::CompanyRead, Scope::AdminsWrite][..],
        &[Scope::CompanyRead, Scope::ConnectionsWrite],
    ] {
        let client = world.client(scopes).await;
        is_problem(
            &client.put(PATH, Some(sent(PNG))).await,
            403,
            "insufficient-scope",
        );
    }
    let master = world.master().await;
    ok(&master.put(PATH, Some(sent(PNG))).await, 200);
    let writer = world
        .client(&[Scope::CompanyRead, Scope::ConnectionsWrite])
        .await;
    is_problem(&writer.delete(PATH).await, 403, "insufficient-scope");
    ok(&writer.get(PATH).await, 200);
}
