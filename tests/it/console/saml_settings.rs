//! The SAML Settings form: what it shows, what it saves, and two who save at once.

use vestibule::domain::{Binding, CertificateValidity, RequiredSignature, Unsolicited};

use crate::support::{ADMIN, Office, hidden_field};

use super::trust::{at, confirm, save, send, settings_form};
use crate::support::console::{follow, post};

#[tokio::test]
async fn a_form_that_nobody_touched_changes_nothing() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let answer = save(&mut browser, &connection, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(world.connection(connection.id).await, connection);
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn every_field_of_the_tutorial_is_saved() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let page = browser.get(&at(&connection, "")).await.body;
    for label in [
        "SAML Settings",
        "Login URL",
        "Logout URL",
        "Name Id Format",
        "Binding Options for Requests",
        "POST Binding",
        "Redirect Binding",
        "x.509 Certificate",
        "Update Certificate",
        "Just-In-Time User Provisioning",
        "Microsoft Entra Identifier",
    ] {
        assert!(page.contains(label), "{label}");
    }
    let members = world.members.id.to_string();
    let answer = save(
        &mut browser,
        &connection,
        &[
            ("login_url", "https://login.example/t/other"),
            ("slo_url", "https://login.example/t/logout"),
            (
                "name_id_format",
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            ),
            ("binding", "redirect"),
            ("jit", "on"),
            ("jit_group", &members),
            ("display_name", "Acme Entra"),
            ("sort_order", "7"),
            ("name", "acme-entra"),
        ],
    )
    .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    let settings = &now.settings;
    assert_eq!(settings.saml().binding, Binding::Redirect);
    let url = Some("https://login.example/t/other");
    assert_eq!(settings.saml().sso_redirect_url.as_deref(), url);
    assert_eq!(settings.saml().sso_post_url.as_deref(), url);
    assert_eq!(
        settings.saml().slo_url.as_deref(),
        Some("https://login.example/t/logout")
    );
    assert!(
        settings
            .saml()
            .name_id_format
            .as_deref()
            .unwrap()
            .ends_with("persistent")
    );
    assert_eq!(settings.jit, Some(world.members.id));
    assert_eq!(
        (now.display_name.as_str(), now.sort_order),
        ("Acme Entra", 7)
    );
    assert_eq!(now.name.as_str(), "acme-entra");
    assert_eq!(
        settings.saml().certificates,
        connection.settings.saml().certificates
    );
    let log = world.audit().await;
    assert_eq!(
        (log[0].action.as_str(), log[0].actor.as_str()),
        ("connection.set", ADMIN)
    );
    let (before, after) = (
        log[0].before.as_ref().unwrap(),
        log[0].after.as_ref().unwrap(),
    );
    assert_eq!(
        (&before["jit_group"], &after["jit_group"]),
        (&"none".into(), &"Members".into())
    );
    assert_eq!(
        (&before["name"], &after["name"]),
        (&"entra".into(), &"acme-entra".into())
    );
    assert!(
        before.get("clock_skew_seconds").is_none(),
        "only what differs"
    );
}

#[tokio::test]
async fn the_group_of_new_accounts_waits_for_the_switch() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let members = world.members.id.to_string();
    let changed = [("jit", "on"), ("jit_group", members.as_str())];
    let answer = save(&mut browser, &connection, &changed).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    let answer = save(&mut browser, &now, &[("jit", "(off)")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.jit, None);
    let kept = settings_form(&mut browser, &now, &[]).await;
    assert!(kept.contains(&("jit_group".to_owned(), members.clone())));
    let answer = save(&mut browser, &now, &[("jit", "on")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let settings = world.connection(connection.id).await.settings;
    assert_eq!(settings.jit, Some(world.members.id));
    // After a save the next step is a link.
    let page = follow(&mut browser, &answer).await.body;
    assert!(
        page.contains(&format!(
            "<a href=\"{}\">Next: test the connection</a>",
            at(&connection, "/test")
        )),
        "{page}"
    );
}

#[tokio::test]
async fn every_advanced_field_is_saved() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let answer = save(
        &mut browser,
        &connection,
        &[
            ("other_login_url", "https://login.example/t/redirect"),
            (
                "name_id_policy",
                "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            ),
            ("requested_authn_context", "urn:a\nurn:b"),
            ("force_authn", "on"),
            ("sign_requests", "on"),
            ("required_signature", "both"),
            ("certificate_validity", "warn"),
            ("clock_skew_seconds", "60"),
            ("authn_statement", "optional"),
            ("extra_audiences", "urn:x\n\n urn:y "),
            ("unsolicited", "accept"),
            ("landing", "/welcome"),
            ("identity_attribute", "employeeid"),
            ("single_logout", "on"),
            ("slo_binding", "post"),
            ("slo_response_url", "https://login.example/t/done"),
            ("danger_allow_sha1", "on"),
        ],
    )
    .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let settings = world.connection(connection.id).await.settings;
    assert_eq!(
        settings.saml().sso_redirect_url.as_deref(),
        Some("https://login.example/t/redirect")
    );
    assert_eq!(
        settings.saml().sso_post_url,
        connection.settings.saml().sso_post_url
    );
    assert_eq!(settings.saml().requested_authn_context, ["urn:a", "urn:b"]);
    assert!(
        settings.saml().name_id_policy.is_some()
            && settings.force_authn
            && settings.saml().sign_requests
    );
    assert_eq!(settings.saml().required_signature, RequiredSignature::Both);
    assert_eq!(
        settings.saml().certificate_validity,
        CertificateValidity::Warn
    );
    assert_eq!(settings.clock_skew_seconds, 60);
    assert_eq!(settings.saml().extra_audiences, ["urn:x", "urn:y"]);
    assert_eq!(settings.saml().unsolicited, Unsolicited::Accept);
    assert_eq!(settings.saml().landing.as_deref(), Some("/welcome"));
    assert_eq!(settings.identity_attribute.as_deref(), Some("employeeid"));
    assert!(settings.single_logout && settings.saml().danger_allow_sha1);
    assert_eq!(settings.saml().slo_binding, Binding::Post);
    // The form shows them, and sends them back unchanged.
    let now = world.connection(connection.id).await;
    assert_eq!(save(&mut browser, &now, &[]).await.status, 303);
    assert_eq!(world.connection(connection.id).await, now);
    // Boxes that are not ticked any more, fields that are empty now.
    let cleared = [
        ("force_authn", "(off)"),
        ("danger_allow_sha1", "(off)"),
        ("extra_audiences", ""),
        ("landing", ""),
    ];
    assert_eq!(save(&mut browser, &now, &cleared).await.status, 303);
    let settings = world.connection(connection.id).await.settings;
    assert!(!settings.force_authn && !settings.saml().danger_allow_sha1);
    assert_eq!(settings.saml().landing, None);
    assert!(settings.saml().extra_audiences.is_empty() && settings.saml().sign_requests);
}

#[tokio::test]
async fn the_other_binding_keeps_its_own_address() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let other = [("other_login_url", "https://login.example/t/redirect")];
    assert_eq!(save(&mut browser, &connection, &other).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(
        save(&mut browser, &now, &[("binding", "redirect")])
            .await
            .status,
        303
    );
    let settings = world.connection(connection.id).await.settings;
    let now = settings.saml();
    assert_eq!(now.binding, Binding::Redirect);
    assert_eq!(
        now.sso_redirect_url.as_deref(),
        Some("https://login.example/t/redirect")
    );
    assert_eq!(now.sso_post_url, connection.settings.saml().sso_post_url);
}

#[tokio::test]
async fn what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    world.add_connection("second").await;
    let mut browser = world.admin().await;
    let path = at(&connection, "");
    for (key, value, says) in [
        ("login_url", "javascript:alert(1)", "Use an https address"),
        (
            "login_url",
            "http://idp.example/",
            "must begin with https://",
        ),
        (
            "login_url",
            "https://user:pw@idp.example/",
            "Use an https address",
        ),
        ("login_url", "", "Login URL for the POST binding is missing"),
        (
            "other_login_url",
            "ftp://idp.example/",
            "Use an https address",
        ),
        ("slo_url", "data:text/html,x", "Use an https address"),
        ("slo_response_url", "javascript:1", "Use an https address"),
        ("idp_entity_id", "", "entity ID"),
        ("clock_skew_seconds", "301", "0 to 300"),
        ("clock_skew_seconds", "-1", "0 to 300"),
        ("sort_order", "first", "a whole number"),
        ("landing", "https://evil.example/", "a path of the site"),
        ("required_signature", "none", "either, assertion"),
        ("display_name", "", "a name"),
        ("name", "second", "Another connection is called"),
        ("name", "x/../y", "1 to 63 characters"),
        ("jit_group", "01234567890123456789012345", "(jit)"),
    ] {
        let mut changed = vec![(key, value), ("identity_attribute", "kept-in-the-form")];
        if key == "jit_group" {
            changed.push(("jit", "on"));
        }
        let answer = save(&mut browser, &connection, &changed).await;
        assert_eq!(answer.status, 422, "{key}={value}: {}", answer.body);
        let says = if says == "(jit)" {
            "Choose the permission group"
        } else {
            says
        };
        assert!(
            answer.body.contains(says),
            "{key}={value}: {says}: {}",
            answer.body
        );
        assert!(answer.body.contains("value=\"kept-in-the-form\""), "{key}");
        assert_eq!(
            world.connection(connection.id).await,
            connection,
            "{key}={value}"
        );
    }
    let answer = browser.get(&path).await;
    assert!(!answer.body.contains("kept-in-the-form"));
}

#[tokio::test]
async fn another_identity_provider_is_asked_about() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let changed = [("idp_entity_id", "https://sts.windows.net/other/")];
    let review = save(&mut browser, &connection, &changed).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(
        review
            .body
            .contains("would answer to https://sts.windows.net/other/")
    );
    assert_eq!(world.connection(connection.id).await, connection);
    // The box has to be ticked, in a browser and without one.
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let fields = [("proposal", proposal.as_str())];
    let unticked = post(&mut browser, "/admin/connections/confirm", &fields).await;
    assert_eq!(unticked.status, 422, "{}", unticked.body);
    let says = "Tick “Yes, replace the identity provider”";
    assert!(unticked.body.contains(says), "{}", unticked.body);
    assert_eq!(world.connection(connection.id).await, connection);
    // Back to the form, with what was typed.
    let form = post(&mut browser, &at(&connection, "/change"), &fields).await;
    assert_eq!(form.status, 200, "{}", form.body);
    let typed = "value=\"https://sts.windows.net/other/\"";
    assert!(form.body.contains(typed), "{}", form.body);
    assert_eq!(confirm(&mut browser, &unticked).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(
        now.settings.saml().idp_entity_id,
        "https://sts.windows.net/other/"
    );
}

#[tokio::test]
async fn the_second_of_two_administrators_is_told_and_loses_nothing() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut anna = world.admin().await;
    let mut zoe = world.second_admin().await;
    let typed = [
        ("clock_skew_seconds", "90"),
        ("identity_attribute", "employeeid"),
        ("landing", "no path"),
    ];
    let of_zoe = settings_form(&mut zoe, &connection, &typed).await;
    let first = save(&mut anna, &connection, &[("clock_skew_seconds", "60")]).await;
    assert_eq!(first.status, 303, "{}", first.body);
    let path = at(&connection, "");
    let second = send(&mut zoe, &path, &of_zoe).await;
    assert_eq!(second.status, 409, "{}", second.body);
    for text in [
        "<strong>anna.admin@acme.example</strong> changed this connection at 1 March 2026, 12:00",
        "value=\"90\"",
        "value=\"employeeid\"",
        "Saved now",
        "<td data-label=\"Saved now\">60</td>",
        "<td data-label=\"Yours\">no path</td>",
    ] {
        assert!(second.body.contains(text), "{text}: {}", second.body);
    }
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.clock_skew_seconds, 60);
    assert_eq!(now.settings.identity_attribute, None);
    // Saved once more, it is what Zoe wants.
    let form = super::trust::form_of(&second.body, &path);
    let mut fields = super::trust::fields_of(form);
    assert_eq!(send(&mut zoe, &path, &fields).await.status, 422);
    let landing = fields.iter_mut().find(|(name, _)| name == "landing");
    landing.unwrap().1.clear();
    assert_eq!(send(&mut zoe, &path, &fields).await.status, 303);
    let now = world.connection(connection.id).await;
    assert_eq!(now.settings.clock_skew_seconds, 90);
}

#[tokio::test]
async fn values_are_escaped() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let changed = [
        ("display_name", "\"><script>alert(1)</script>"),
        ("identity_attribute", "'\"><img src=x>"),
        ("extra_audiences", "</textarea><script>alert(2)</script>"),
    ];
    let answer = save(&mut browser, &connection, &changed).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    for page in [
        "",
        "/certificates",
        "/metadata",
        "/copy",
        "/versions",
        "/delete",
    ] {
        let body = browser.get(&at(&connection, page)).await.body;
        assert!(
            !body.contains("<script>alert") && !body.contains("<img src=x"),
            "{page}"
        );
    }
    let answer = post(
        &mut browser,
        &at(&connection, "/switch"),
        &[("on", "false")],
    )
    .await;
    let page = follow(&mut browser, &answer).await;
    assert!(
        page.body.contains("&#60;script&#62;alert(1)"),
        "{}",
        page.body
    );
}
