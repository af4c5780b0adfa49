//! The token request (rules N1, N2 and N6).

use super::world::{CLIENT_ID, Relying, SECRET, app};
use vestibule::demo_idp::OidcApp;

#[tokio::test]
async fn secrets_by_both_methods() {
    let world = Relying::new().await;
    for method in ["client_secret_post", "client_secret_basic"] {
        world.set(&[("client_authentication", method)]).await;
        let answer = world.sign_in(&mut world.browser()).await;
        assert_eq!(answer.status, 303, "{method}: {}", answer.body);
    }
}

/// While the provider changes over, the one before is tried once as well.
#[tokio::test]
async fn two_secrets_at_once() {
    let world = Relying::new().await;
    let admin = world.admin_of(&world.acme);
    let newer = admin
        .with_client_secret(&world.stored().await, "not-there-yet", None)
        .unwrap();
    world.change(|connection| *connection = newer).await;
    let answer = world.sign_in(&mut world.browser()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let code = &world.connection.settings.oidc().unwrap().callback_codes[0];
    let changed_over =
        OidcApp::new(CLIENT_ID, "Acme", world.acme.callback_url(code)).with_secret("not-there-yet");
    world.idp.register_oidc(changed_over);
    let answer = world.sign_in(&mut world.browser()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn a_wrong_secret_is_told_to_the_administrator() {
    let world = Relying::new().await;
    let mut registration = app(&world.acme, &world.connection);
    registration.secrets.clear();
    world.idp.register_oidc(registration.with_secret("another"));
    let answer = world.sign_in(&mut world.browser()).await;
    let attempt = world.assert_refused(&answer, "N5").await;
    let advice = attempt.record.advice.join("\n");
    assert!(advice.contains("Certificates & secrets"), "{advice}");
    let record = format!("{:?}", attempt.record);
    assert!(!record.contains(SECRET), "{record}");
}

#[tokio::test]
async fn what_is_pasted_instead_of_a_secret_is_refused() {
    let world = Relying::new().await;
    let admin = world.admin_of(&world.acme);
    let connection = world.stored().await;
    for (secret, says) in [
        ("", "empty"),
        ("8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "Secret ID"),
        ("two\nlines", "one line"),
    ] {
        let refused = admin
            .with_client_secret(&connection, secret, None)
            .unwrap_err();
        assert!(refused.to_string().contains(says), "{secret}: {refused}");
    }
}

/// Rule H2.
#[tokio::test]
async fn a_client_belongs_to_one_connection_of_a_company() {
    let world = Relying::new().await;
    let admin = world.admin_of(&world.acme);
    let issuer = world.connection.settings.oidc().unwrap().issuer.clone();
    let draft = admin
        .provider_draft(
            "again".parse().unwrap(),
            "Again".to_owned(),
            issuer,
            CLIENT_ID,
        )
        .await
        .unwrap();
    let refused = admin.add_connection(&draft, "test").await.unwrap_err();
    assert!(refused.to_string().contains("entra-oidc"), "{refused}");
}
