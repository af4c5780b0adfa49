//! The token endpoint's answer, and the token that is kept.

use std::time::Duration;

use vestibule::directory::{DirectoryError, TokenProblem};
use vestibule::graph::GraphToken;

use super::vector;
use super::world::{Contoso, SECRET};

#[test]
fn a_token_counts_until_five_minutes_before_its_end() {
    let token = GraphToken::parse(true, &vector("token")).unwrap();
    assert_eq!(token.lifetime(), Duration::from_secs(3_299));
    assert!(!format!("{token:?}").contains("opaque"));
    for body in [
        r#"{"token_type":"Bearer","access_token":""}"#,
        r#"{"token_type":"mac","access_token":"x"}"#,
        r#"{"token_type":"Bearer"}"#,
        r#"{"token_type":"Bearer","access_token":"a\nb"}"#,
        r#"{"token_type":"Bearer","access_token":7}"#,
        r#"{"token_type":"Bearer","access_token":"x","expires_in":[]}"#,
        "<p>",
    ] {
        assert!(GraphToken::parse(true, body.as_bytes()).is_err(), "{body}");
    }
    assert!(GraphToken::parse(false, &vector("token")).is_err());
    let short = r#"{"token_type":"bearer","access_token":"x","expires_in":"200"}"#;
    let short = GraphToken::parse(true, short.as_bytes()).unwrap();
    assert_eq!(short.lifetime(), Duration::ZERO);
}

#[tokio::test]
async fn one_token_serves_many_questions_and_a_new_one_is_asked_for_once_after_a_401() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    let organization = directory.addresses().any_user();
    for _ in 0..3 {
        directory.ask(&organization).await.unwrap();
    }
    assert_eq!(contoso.tokens(), 1);
    contoso.fault("token revoked");
    directory.ask(&organization).await.unwrap();
    assert_eq!(contoso.tokens(), 2);
    // Who asks at the same time waits for one token.
    contoso.world.app.clock.step(time::Duration::minutes(56));
    let both = tokio::join!(directory.ask(&organization), directory.ask(&organization));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert_eq!(contoso.tokens(), 3);
    // Other settings have another token.
    let mut changed = contoso.connection.clone();
    changed.settings.directory.as_mut().unwrap().every_minutes += 1;
    let other = contoso.keeper().open(&changed).unwrap();
    other.ask(&organization).await.unwrap();
    assert_eq!(contoso.tokens(), 4);
}

#[tokio::test]
async fn the_older_secret_is_tried_once_where_the_newer_is_not_known_yet() {
    let mut contoso = Contoso::new().await;
    contoso.add_secret("not there yet");
    let directory = contoso.open();
    let asked = directory.addresses().any_user();
    directory.ask(&asked).await.unwrap();
    assert_eq!(contoso.tokens(), 2);
    contoso.register(|mut app| {
        app.secrets.clear();
        app.with_secret("not there yet")
    });
    directory.forget_token().await;
    directory.ask(&asked).await.unwrap();
    assert_eq!(contoso.tokens(), 3);
}

#[tokio::test]
async fn why_there_is_no_token_is_said_with_what_to_do() {
    let contoso = Contoso::new().await;
    let directory = contoso.open();
    let asked = directory.addresses().any_user();
    let now = contoso.world.app.clock.now();
    let secret_id = "8b0f3d52-6c1e-4a97-b3d8-05e2f7a94c61";
    for (secrets, number) in [
        (vec![], 7_000_215),
        (vec![(secret_id, None)], 7_000_215),
        (vec![(SECRET, Some(now))], 7_000_222),
    ] {
        contoso.register(|mut app| {
            app.secrets.clear();
            for (value, end) in &secrets {
                app = match end {
                    Some(end) => app.with_secret_until(*value, *end),
                    None => app.with_secret(*value),
                };
            }
            app
        });
        directory.forget_token().await;
        let failed = directory.ask(&asked).await.unwrap_err();
        let DirectoryError::Token(TokenProblem::Refused(refusal)) = &failed else {
            panic!("{failed}")
        };
        assert_eq!(refusal.number, Some(number));
        assert!(failed.to_string().contains(&format!("AADSTS{number}")));
        assert!(failed.advice().unwrap().contains("Certificates & secrets"));
        assert!(!failed.to_string().contains(SECRET));
    }
}

#[tokio::test]
async fn a_directory_on_this_machine_is_asked_only_where_providers_on_it_are() {
    let contoso = Contoso::new().await;
    let mut keeper = contoso.keeper();
    keeper.reach = vestibule::outbound::Reach::Public;
    let failed = keeper.open(&contoso.connection).unwrap_err();
    assert!(matches!(failed, DirectoryError::Address), "{failed}");
}
