//! Settings of an earlier version, in which every connection spoke SAML, become those of a connection with its protocol.

use std::fmt::Write as _;

use vestibule::domain::{
    Binding, GroupMapping, RequiredSignature, SamlSettings, Settings, TrustVersion, Unsolicited,
};
use vestibule::store::Finished;

use super::database::{Database, on_both};
use super::domain_migration::{before_protocols, by_hand};
use super::world::{NOW, World, connection, profile};

on_both!(every_setting_keeps_its_value_and_users_sign_in);

/// Settings in which nothing is as in a new connection.
fn changed(settings: &Settings) -> Settings {
    let saml = SamlSettings {
        idp_entity_id: "https://idp.example/saml".to_owned(),
        sso_redirect_url: Some("https://idp.example/sso".to_owned()),
        slo_url: Some("https://idp.example/slo".to_owned()),
        binding: Binding::Redirect,
        certificates: vec!["QQ==".to_owned()],
        name_id_format: None,
        required_signature: RequiredSignature::Both,
        unsolicited: Unsolicited::Accept,
        landing: Some("/welcome".to_owned()),
        extra_audiences: vec!["urn:a".to_owned()],
        danger_accept_cbc: true,
        ..SamlSettings::default()
    };
    Settings {
        jit: settings.jit,
        jit_kept: settings.jit,
        guests: true,
        trust_email_claim: true,
        identity_attribute: Some("employee".to_owned()),
        group_mapping: settings
            .jit
            .map(|group_id| GroupMapping {
                value: "admins".to_owned(),
                group_id,
            })
            .into_iter()
            .collect(),
        single_logout: true,
        force_authn: true,
        max_authentication_age: Some(600),
        clock_skew_seconds: 17,
        ..Settings::from(saml)
    }
}

async fn every_setting_keeps_its_value_and_users_sign_in(database: &Database) {
    let world = World::new(database.open().await).await;
    let mut other = connection(world.company.id, "other");
    other.settings = changed(&world.connection.settings);
    other.settings.attributes.email = vec![vestibule::domain::ClaimSource::claim("upn")];
    world.store.add_connection(&other, NOW).await.unwrap();
    let version = TrustVersion {
        connection_id: other.id,
        company_id: world.company.id,
        number: 1,
        at: NOW,
        actor: "somebody".to_owned(),
        actor_id: None,
        settings: other.settings.clone(),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.add_trust_version(&version).await.unwrap();
    tx.commit(NOW).await.unwrap();
    let before = world.store.connections(world.company.id).await.unwrap();
    world.store.clone().close().await;

    let mut sql = "DELETE FROM migration WHERE number = 25;".to_owned();
    for one in &before {
        let (id, old) = (one.id, before_protocols(&one.settings));
        assert!(old.get("protocol").is_none() && old.get("binding").is_some());
        let _ = write!(
            sql,
            "UPDATE connection SET settings = '{old}' WHERE id = '{id}'; \
             UPDATE trust_version SET settings = '{old}' WHERE connection_id = '{id}';"
        );
    }
    by_hand(database, sql).await;

    let store = database.open().await;
    let after = store.connections(world.company.id).await.unwrap();
    assert_eq!(after, before);
    let kept = store.trust_version(other.id, 1).await.unwrap();
    assert_eq!(kept.unwrap().settings, other.settings);
    // A server of the version before goes on until it is replaced, and writes as it did.
    let old = before_protocols(&other.settings);
    let id = other.id;
    by_hand(
        database,
        format!(
            "UPDATE connection SET settings = '{old}' WHERE id = '{id}'; \
             UPDATE trust_version SET settings = '{old}' WHERE connection_id = '{id}'"
        ),
    )
    .await;
    let read = store.connection(id).await.unwrap().unwrap();
    assert_eq!(read.settings, other.settings);
    let read = store.trust_version(id, 1).await.unwrap().unwrap();
    assert_eq!(read.settings, other.settings);
    let world = World { store, ..world };
    let finished = world
        .sign_in(&profile("subject", "b.simon@contoso.com"))
        .await;
    assert!(
        matches!(finished, Finished::SignedIn { made: true, .. }),
        "{finished:?}"
    );
}
