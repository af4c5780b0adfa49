use super::*;
use crate::domain::{Binding, Unsolicited};

#[test]
fn what_is_told_of_skew_is_what_is_taken() {
    assert_eq!(CLOCK_SKEW, format!("0 to {MOST_CLOCK_SKEW_SECONDS}"));
}

#[test]
fn settings_from_text() {
    let mut settings = Settings::default();
    for (key, value) in [
        ("binding", "redirect"),
        ("clock_skew_seconds", "60"),
        ("force_authn", "true"),
        ("unsolicited", "accept"),
        ("landing", "/welcome"),
        ("name_id_format", "any"),
        ("attributes.email", "mail, upn"),
        ("sso_redirect_url", "https://idp.example/sso?tenant=1"),
        ("sso_post_url", "http://127.0.0.1:9090/sso"),
    ] {
        settings.set(key, value).unwrap();
    }
    assert_eq!(settings.saml().binding, Binding::Redirect);
    assert_eq!(
        (
            settings.clock_skew_seconds,
            settings.force_authn,
            settings.saml().unsolicited
        ),
        (60, true, Unsolicited::Accept)
    );
    assert_eq!(settings.attributes.email, ["mail", "upn"]);
    assert_eq!(settings.saml().name_id_format, None);
    settings.set("landing", "none").unwrap();
    assert_eq!(settings.saml().landing, None);
}

#[test]
fn errors_name_what_fits() {
    let mut settings = Settings::default();
    for (key, value, says) in [
        ("binding", "soap", "post, redirect"),
        ("clock_skew_seconds", "301", "0 to 300"),
        ("force_authn", "yes", "true or false"),
        ("landing", "https://evil.example", "a path of the site"),
        ("link", "contoso.com", "the company's"),
        ("email_domains", "none", "the company's"),
        ("sso_post_url", "javascript:alert(1)", "an https address"),
        ("sso_post_url", "http://idp.example/", "an https address"),
        ("name_id_format", "email address", "a format's URN"),
        ("bindings", "post", "The settings are: binding"),
        ("attributes.mail", "x", "attributes.email"),
        ("extra_audiences", "urn:a,urn:\u{7}b", "control characters"),
        (
            "requested_authn_context",
            "urn:a\u{0}",
            "control characters",
        ),
    ] {
        let error = settings.set(key, value).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(settings, Settings::default());
}

#[test]
fn values_go_there_and_back() {
    let saml: Settings = SamlSettings {
        landing: Some("/welcome".into()),
        name_id_format: None,
        idp_entity_id: "https://idp.example".into(),
        ..SamlSettings::default()
    }
    .into();
    let oidc: Settings = OidcSettings {
        client_id: "acme".to_owned(),
        scopes: vec!["profile".to_owned(), "groups".to_owned()],
        accepted_acr: vec!["urn:acr".to_owned()],
        user_name_as_email: true,
        ..OidcSettings::default()
    }
    .into();
    for (mut settings, mut copy) in [
        (saml, Settings::default()),
        (oidc, OidcSettings::default().into()),
    ] {
        // Its name stands for any.
        let (any, further) = ("attributes.further.NAME", "attributes.further.department");
        assert_eq!(settings.value(any), None);
        settings.set(further, "dept,=None of them").unwrap();
        let keys = settings.own_keys().filter(|key| *key != any);
        for key in keys.chain([further]) {
            copy.set(key, &settings.value(key).unwrap()).unwrap();
        }
        assert_eq!(copy, settings);
        assert_eq!(settings.value("certificates"), None);
        assert_eq!(settings.value("attributes.x"), None);
    }
}

#[test]
fn every_key_is_known() {
    let mut all = Vec::new();
    for settings in [Settings::default(), OidcSettings::default().into()] {
        for key in settings.own_keys() {
            if let Err(SettingError::UnknownKey { .. }) = settings.clone().set(key, "\u{0}") {
                panic!("{key}");
            }
            all.push(key);
        }
    }
    assert!(Settings::keys().all(|(key, _)| all.contains(&key)));
}

#[test]
fn stored_settings_are_strict_and_have_defaults() {
    let settings: Settings =
        serde_json::from_str(r#"{"protocol":{"saml":{"idp_entity_id":"https://idp.example"}}}"#)
            .unwrap();
    assert_eq!(settings.saml().idp_entity_id, "https://idp.example");
    assert_eq!(settings.clock_skew_seconds, 180);
    assert!(serde_json::from_str::<Settings>(r#"{"certificates":[]}"#).is_err());
    let wrong = r#"{"protocol":{"saml":{"certificats":[]}}}"#;
    assert!(serde_json::from_str::<Settings>(wrong).is_err());
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
}
