//! Tokens: what is kept of them, and when they count.

use time::Duration;
use vestibule::admin::{Actor, Admin, NewToken, Refused, TOKEN_PREFIX};
use vestibule::domain::token::TOKEN_DAYS;
use vestibule::domain::{Scope, Token};

use crate::support::api::{is_problem, ok};
use crate::support::{NOW, Office};

fn new(name: &str) -> NewToken {
    NewToken {
        name: name.to_owned(),
        scopes: vec!["company:read".into()],
        days: 30,
    }
}

#[tokio::test]
async fn a_token_is_kept_as_its_hash() {
    let world = Office::new().await;
    let made = world.admin_of(&world.acme).create_token(&new("HR")).await;
    let made = made.unwrap();
    let digits = made.secret.strip_prefix(TOKEN_PREFIX).unwrap();
    assert_eq!(digits.len(), 64);
    let database = std::fs::read_dir(&world.app.config.data_dir).unwrap();
    let mut looked_at = 0;
    for file in database {
        let path = file.unwrap().path();
        if path.is_file() {
            let octets = std::fs::read(path).unwrap();
            let has = |text: &str| octets.windows(text.len()).any(|it| it == text.as_bytes());
            assert!(!has(digits));
            looked_at += usize::from(has("company:read"));
        }
    }
    assert!(looked_at > 0);
    let audit = world
        .app
        .store
        .audit_events(world.acme.id, 1)
        .await
        .unwrap();
    assert_eq!(audit[0].action, "token.add");
    assert!(!format!("{audit:?}{:?}", made.token).contains(digits));
}

#[tokio::test]
async fn a_token_stops_to_count() {
    let world = Office::new().await;
    let client = world.client(&[Scope::CompanyRead]).await;
    ok(&client.get("/api/v1/company").await, 200);
    world.app.clock.step(Duration::days(30) - Duration::SECOND);
    ok(&client.get("/api/v1/company").await, 200);
    world.app.clock.step(Duration::SECOND);
    is_problem(&client.get("/api/v1/company").await, 401, "unauthorized");

    let client = world.client(&[Scope::CompanyRead]).await;
    ok(&client.get("/api/v1/company").await, 200);
    let admin = world.admin_of(&world.acme);
    let token = admin.tokens().await.unwrap().remove(0);
    assert_eq!(token.name, client.name);
    let elsewhere = world.admin_of(&world.beta).revoke_token(token.id).await;
    assert!(matches!(elsewhere, Err(Refused::NotFound)));
    ok(&client.get("/api/v1/company").await, 200);
    assert!(admin.revoke_token(token.id).await.unwrap());
    is_problem(&client.get("/api/v1/company").await, 401, "unauthorized");
    assert!(!admin.revoke_token(token.id).await.unwrap());
    let told = world.audit().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].action, "token.revoke");
}

#[tokio::test]
async fn its_last_use_is_kept_to_the_minute() {
    let world = Office::new().await;
    let client = world.client(&[Scope::CompanyRead]).await;
    let admin = world.admin_of(&world.acme);
    let last = async || admin.tokens().await.unwrap()[0].last_used_at;
    assert_eq!(last().await, None);
    client.get("/api/v1/company").await;
    assert_eq!(last().await, Some(NOW));
    world.app.clock.step(Duration::seconds(59));
    client.get("/api/v1/company").await;
    assert_eq!(last().await, Some(NOW));
    world.app.clock.step(Duration::SECOND);
    client.get("/api/v1/company").await;
    assert_eq!(last().await, Some(NOW + Duration::MINUTE));
}

#[tokio::test]
async fn a_token_has_a_name_scopes_and_an_end() {
    let world = Office::new().await;
    let admin = world.admin_of(&world.acme);
    let with = |change: fn(&mut NewToken)| {
        let mut token = new("Reports");
        change(&mut token);
        token
    };
    for (token, field) in [
        (with(|it| it.name = " ".into()), "name"),
        (with(|it| it.name = "x".repeat(61)), "name"),
        (with(|it| it.name = "a\nb".into()), "name"),
        (with(|it| it.scopes.clear()), "scope"),
        (with(|it| it.scopes.push("tokens:write".into())), "scope"),
        (with(|it| it.days = 0), "days"),
        (with(|it| it.days = 366), "days"),
        (with(|it| it.days = u16::MAX), "days"),
    ] {
        let refused = admin.create_token(&token).await.unwrap_err();
        assert!(matches!(refused, Refused::Invalid(_)), "{refused:?}");
        assert!(!refused.problems().of(field).is_empty(), "{token:?}");
    }
    assert!(admin.tokens().await.unwrap().is_empty());
    for days in TOKEN_DAYS {
        let token = NewToken {
            days,
            ..new(&format!("for {days}"))
        };
        let made = admin.create_token(&token).await.unwrap().token;
        assert_eq!(made.expires_at, NOW + Duration::days(days.into()));
    }
    let again = admin.create_token(&new("FOR 30")).await.unwrap_err();
    assert!(matches!(again, Refused::Taken(_)), "{again:?}");
    // A name is free again when its token does not count any more.
    let old = admin.tokens().await.unwrap();
    let old = old.iter().find(|token| token.name == "for 30").unwrap();
    assert!(admin.revoke_token(old.id).await.unwrap());
    admin.create_token(&new("for 30")).await.unwrap();
    // The company of the other site has names of its own.
    let other = world.admin_of(&world.beta);
    other.create_token(&new("for 30")).await.unwrap();
    assert_eq!(other.tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn there_is_an_end_to_them() {
    let world = Office::new().await;
    let admin = world.admin_of(&world.acme);
    for number in 0..100 {
        admin.create_token(&new(&number.to_string())).await.unwrap();
    }
    let refused = admin.create_token(&new("one more")).await.unwrap_err();
    assert!(matches!(refused, Refused::Full(_)), "{refused:?}");
}

/// Between the look at its request and its change: what counts is the moment of the change.
#[tokio::test]
async fn a_token_that_was_taken_back_meanwhile_changes_nothing() {
    let world = Office::new().await;
    let words = |scopes: &[Scope]| scopes.iter().map(ToString::to_string).collect();
    let office = world.admin_of(&world.acme);
    let token = |name, scopes: &[Scope]| NewToken {
        scopes: words(scopes),
        ..new(name)
    };
    let master = office.create_token(&token("HR", &Scope::ALL)).await;
    let master = master.unwrap().token;
    let small = [Scope::UsersWrite, Scope::ConnectionsWrite];
    let small = office.create_token(&token("small", &small)).await;
    let small = small.unwrap().token;
    let acting = |token: &Token, over_administrators| Admin {
        actor: Actor {
            token: Some(token.id),
            over_administrators,
            ..Actor::command_line()
        },
        ..world.admin_of(&world.acme)
    };
    let member = world.member.id;
    let by_master = acting(&master, true);
    assert!(by_master.deactivate_user(member).await.unwrap().is_some());
    // No scope makes tokens.
    let more = by_master.create_token(&new("more")).await;
    assert!(matches!(more, Err(Refused::NotFound)), "{more:?}");
    // Whatever was found when the request came, it has the scopes that it has now.
    let lacking = |result: Result<_, Refused>| match result {
        Err(Refused::LacksScope(scope)) => scope,
        other => panic!("{other:?}"),
    };
    let by_small = acting(&small, false);
    assert!(by_small.activate_user(member).await.unwrap());
    let ended = by_small.sign_out_everyone(None).await.map(drop);
    assert_eq!(lacking(ended), Scope::SessionsWrite);
    let group = by_small.delete_group(world.members.id).await.map(drop);
    assert_eq!(lacking(group), Scope::GroupsWrite);
    let landing = [("landing", "/app")];
    let company = by_small.set_company(None, &landing).await;
    assert_eq!(lacking(company), Scope::AdminsWrite);
    let company = acting(&small, true).set_company(None, &landing).await;
    assert_eq!(lacking(company), Scope::AdminsWrite);

    assert!(office.revoke_token(master.id).await.unwrap());
    let before = world.audit().await;
    let gone = |result: Result<(), Refused>| assert!(matches!(result, Err(Refused::TokenEnded)));
    gone(by_master.deactivate_user(member).await.map(drop));
    gone(by_master.delete_user(member).await.map(drop));
    gone(by_master.set_company(None, &landing).await);
    gone(by_master.sign_out_everyone(None).await.map(drop));
    let members = world.members.id;
    gone(by_master.take_from_group(member, members).await.map(drop));
    gone(by_master.delete_group(members).await.map(drop));
    let domain = by_master.add_domain("acme.example", None).await;
    gone(domain.map(drop));
    assert_eq!(world.audit().await, before);
}
