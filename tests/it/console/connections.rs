//! The list of connections, new ones, the switch, and the end of one.

use time::Duration;
use vestibule::domain::{Grant, GrantSource, GroupKind, Settings};

use crate::support::{self, ADMIN, NOW, Office, hidden_field, people};

use super::trust::{CERTIFICATE, ENTRA, WEAK, at, confirm, import, stored, thumbprints};
use crate::support::console::{follow, post, token, upload};

/// Every address of a connection, and whether it is posted to.
const ADDRESSES: &[(&str, bool)] = &[
    ("", false),
    ("", true),
    ("/change", true),
    ("/enabled", false),
    ("/certificates/change", true),
    ("/switch", true),
    ("/delete", false),
    ("/delete", true),
    ("/certificates", false),
    ("/certificates", true),
    ("/certificates/remove", true),
    ("/metadata", false),
    ("/metadata", true),
    ("/copy", false),
    ("/versions", false),
    ("/versions/restore", true),
    ("/versions/read", true),
];

/// Those that take files.
const UPLOADS: &[&str] = &["/certificates", "/metadata"];

#[tokio::test]
async fn a_connection_of_another_company_is_not_there() {
    let world = Office::new().await;
    let foreign = world.add_connection_to(&world.beta, "fabrikam").await;
    let mut browser = world.admin().await;
    let revision = foreign.revision.to_string();
    let fields = [
        ("on", "false"),
        ("revision", revision.as_str()),
        ("number", "1"),
        ("certificate", CERTIFICATE),
        ("proposal", "x"),
    ];
    for (page, posted) in ADDRESSES {
        let path = at(&foreign, page);
        let answer = match posted {
            false => browser.get(&path).await,
            true if UPLOADS.contains(page) => upload(&mut browser, &path, &fields, &[]).await,
            true => post(&mut browser, &path, &fields).await,
        };
        assert_eq!(answer.status, 404, "{path} {posted}: {}", answer.body);
    }
    for id in ["0", "../users", "01234567890123456789012345"] {
        let answer = browser.get(&format!("/admin/connections/{id}/copy")).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    assert_eq!(world.connection(foreign.id).await, foreign);
    assert!(
        !browser
            .get("/admin/connections")
            .await
            .body
            .contains("FABRIKAM")
    );
}

#[tokio::test]
async fn every_form_wants_its_token() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let right = token(&mut browser).await;
    let of_another = token(&mut world.admin().await).await;
    let own = ADDRESSES.iter().filter(|(_, posted)| *posted);
    let mut paths: Vec<(String, bool)> = own
        .map(|(page, _)| (at(&connection, page), UPLOADS.contains(page)))
        .collect();
    paths.push(("/admin/connections/new".to_owned(), true));
    paths.push(("/admin/connections/new/manual".to_owned(), true));
    paths.push(("/admin/connections/confirm".to_owned(), false));
    let revision = connection.revision.to_string();
    for (path, uploads) in paths {
        for csrf in ["", of_another.as_str()] {
            let fields = [
                ("csrf", csrf),
                ("on", "false"),
                ("revision", revision.as_str()),
            ];
            let answer = if uploads {
                browser
                    .upload(&path, &fields, &[("file", "m.xml", ENTRA)])
                    .await
            } else {
                browser.post(&path, &fields).await
            };
            assert_eq!(answer.status, 403, "{path}");
        }
        let whole = [("csrf", right.as_str()), ("on", "false")];
        let answer = browser.post_from_elsewhere(&path, &whole).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(world.connections().await, [connection]);
}

#[tokio::test]
async fn the_list_says_what_each_needs() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let page = browser.get("/admin/connections").await;
    assert!(page.body.contains("No connection yet"), "{}", page.body);
    let mut half = support::connection(world.acme.id, "half", Settings::default());
    half.enabled = false;
    half.display_name = "<script>alert(1)</script>".to_owned();
    world.app.store.add_connection(&half, NOW).await.unwrap();
    world.add_connection("entra").await;
    let page = browser.get("/admin/connections").await.body;
    for text in [
        "ENTRA",
        "Enabled",
        "Until 1 January 2050",
        "&#60;script&#62;alert(1)",
        "Disabled",
        "entity ID is missing",
        "Login URL for the POST binding is missing",
        "x.509 Certificate is missing",
        "No certificate yet",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("<script>alert"));
}

#[tokio::test]
async fn what_cannot_work_is_not_enabled() {
    let world = Office::new().await;
    let mut half = support::connection(world.acme.id, "half", Settings::default());
    half.enabled = false;
    world.app.store.add_connection(&half, NOW).await.unwrap();
    let mut browser = world.admin().await;
    let answer = post(&mut browser, &at(&half, "/switch"), &[("on", "true")]).await;
    assert_eq!(answer.status, 422);
    for text in [
        "still needs",
        "Microsoft Entra Identifier",
        "Login URL",
        "x.509 Certificate",
    ] {
        assert!(answer.body.contains(text), "{text}: {}", answer.body);
    }
    assert!(!world.connection(half.id).await.enabled);
}

#[tokio::test]
async fn a_connection_is_switched_off_and_on() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let answer = post(
        &mut browser,
        &at(&connection, "/switch"),
        &[("on", "false")],
    )
    .await;
    let page = follow(&mut browser, &answer).await;
    assert!(page.body.contains("ENTRA is disabled."), "{}", page.body);
    assert!(!world.connection(connection.id).await.enabled);
    let sign_in = world.browser().get("/sign-in").await.body;
    assert!(!sign_in.contains("ENTRA"), "the site follows at once");
    world.app.clock.step(Duration::seconds(1));
    let answer = post(&mut browser, &at(&connection, "/switch"), &[("on", "true")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(world.browser().get("/sign-in").await.body.contains("ENTRA"));
    let log = world.audit().await;
    assert_eq!(log[0].action, "connection.enable");
    assert_eq!(log[0].actor, ADMIN);
    assert_eq!(log[0].before.as_ref().unwrap()["enabled"], "false");
    assert_eq!(log[0].after.as_ref().unwrap()["enabled"], "true");
    assert_eq!(log[1].action, "connection.disable");
}

#[tokio::test]
async fn of_two_who_switch_a_connection_the_second_is_told() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let (mut anna, mut zoe) = (world.admin().await, world.second_admin().await);
    let path = at(&connection, "/switch");
    for (on, says) in [
        ("false", "ENTRA is disabled already. Nothing was changed."),
        ("true", "ENTRA is enabled already. Nothing was changed."),
    ] {
        let before = world.audit().await.len();
        let first = post(&mut anna, &path, &[("on", on)]).await;
        assert_eq!(first.status, 303, "{}", first.body);
        let now = world.connection(connection.id).await;
        let second = post(&mut zoe, &path, &[("on", on)]).await;
        let page = follow(&mut zoe, &second).await;
        assert!(page.body.contains(says), "{}", page.body);
        assert_eq!(world.connection(connection.id).await, now);
        assert_eq!(world.audit().await.len(), before + 1);
    }
    // Both at the same instant.
    let off = [("on", "false")];
    let before = world.audit().await.len();
    let (one, two) = tokio::join!(post(&mut anna, &path, &off), post(&mut zoe, &path, &off));
    assert_eq!((one.status, two.status), (303, 303));
    assert!(!world.connection(connection.id).await.enabled);
    assert_eq!(world.audit().await.len(), before + 1);
}

#[tokio::test]
async fn the_only_way_in_stays() {
    let world = Office::new().await;
    // A company whose only administrator has no password, and came by this connection.
    let (connection, mut browser) = world.without_a_password().await;
    let revision = connection.revision.to_string();
    for (page, fields) in [
        ("/switch", ("on", "false")),
        ("/delete", ("revision", revision.as_str())),
    ] {
        let answer = post(&mut browser, &at(&connection, page), &[fields]).await;
        assert_eq!(answer.status, 409, "{page}: {}", answer.body);
        let says = "only way into the company";
        assert!(answer.body.contains(says), "{}", answer.body);
        assert_eq!(world.connection(connection.id).await, connection);
    }
    // With another connection it can go.
    let gamma = world.app.store.company(connection.company_id).await;
    world
        .add_connection_to(&gamma.unwrap().unwrap(), "second")
        .await;
    let page = browser.get(&at(&connection, "/delete")).await;
    assert!(page.body.contains("Yours is one of them"), "{}", page.body);
    let answer = post(
        &mut browser,
        &at(&connection, "/switch"),
        &[("on", "false")],
    )
    .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

#[tokio::test]
async fn a_connection_is_deleted_with_what_hangs_on_it() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let store = &world.app.store;
    let user = world.add_user("jit@acme.example", &[]).await;
    for source in [
        GrantSource::Jit(connection.id),
        GrantSource::Idp(connection.id),
    ] {
        let grant = Grant {
            user_id: user.id,
            group_id: world.members.id,
            source,
        };
        assert!(people::grant(store, grant).await);
    }
    let page = browser.get(&at(&connection, "/delete")).await;
    assert!(
        page.body.contains("<strong>1</strong> memberships"),
        "{}",
        page.body
    );
    let stale = [("revision", "0")];
    let answer = post(&mut browser, &at(&connection, "/delete"), &stale).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    let revision = hidden_field(&page.body, "revision").unwrap();
    let fields = [("revision", revision.as_str())];
    let answer = post(&mut browser, &at(&connection, "/delete"), &fields).await;
    let page = follow(&mut browser, &answer).await;
    assert!(page.body.contains("ENTRA is deleted."), "{}", page.body);
    assert!(world.connections().await.is_empty());
    let grants = people::grants_of(store, user.company_id, user.id).await;
    let sources: Vec<GrantSource> = grants.iter().map(|grant| grant.source).collect();
    assert_eq!(sources, [GrantSource::Administrator]);
    let log = world.audit().await;
    assert_eq!(log[0].action, "connection.remove");
    let before = log[0].before.as_ref().unwrap();
    assert_eq!(before["idp_entity_id"], "https://sts.windows.net/t/");
    assert_eq!(browser.get(&at(&connection, "")).await.status, 404);
}

#[tokio::test]
async fn a_connection_is_made_by_hand() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let (sha1, sha256) = thumbprints(CERTIFICATE);
    let members = world.members.id.to_string();
    let fields = [
        ("display_name", "Acme <Entra> ID"),
        ("name", "entra"),
        ("idp_entity_id", "https://sts.windows.net/t/"),
        ("login_url", "https://login.example/t/saml2"),
        ("slo_url", "https://login.example/t/logout"),
        (
            "name_id_format",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        ),
        ("binding", "post"),
        ("certificate", CERTIFICATE),
        ("jit", "on"),
        ("jit_group", members.as_str()),
    ];
    let path = "/admin/connections/new/manual";
    let review = upload(&mut browser, path, &fields, &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for text in [
        sha1.as_str(),
        &sha256,
        "Will be trusted",
        "Acme &#60;Entra&#62; ID",
        "Members",
    ] {
        assert!(review.body.contains(text), "{text}: {}", review.body);
    }
    assert!(
        world.connections().await.is_empty(),
        "nothing is trusted before it was shown"
    );
    let answer = confirm(&mut browser, &review).await;
    let page = follow(&mut browser, &answer).await;
    assert!(
        page.body
            .contains("Reply URL (Assertion Consumer Service URL)")
    );
    let made = world.connections().await.remove(0);
    assert!(!made.enabled);
    assert_eq!(made.display_name, "Acme <Entra> ID");
    assert_eq!(made.settings.saml().certificates, [stored(CERTIFICATE)]);
    assert_eq!(made.settings.jit, Some(world.members.id));
    let url = Some("https://login.example/t/saml2");
    assert_eq!(made.settings.saml().sso_post_url.as_deref(), url);
    assert_eq!(made.settings.saml().sso_redirect_url.as_deref(), url);
    let log = world.audit().await;
    assert_eq!(
        (log[0].action.as_str(), log[0].detail.as_str()),
        ("connection.add", "by hand")
    );

    // The same button twice adds nothing more, and leads to what it made, whatever that is called now.
    let mut renamed = made.clone();
    renamed.name = "entra-2".parse().unwrap();
    renamed.display_name = "Renamed".to_owned();
    let store = &world.app.store;
    assert!(store.update_connection(&renamed, NOW).await.unwrap());
    let again = confirm(&mut browser, &review).await;
    assert_eq!(again.header("location"), at(&made, ""));
    let page = follow(&mut browser, &again).await;
    let says = "Renamed is here already. Nothing was added.";
    assert!(page.body.contains(says), "{}", page.body);
    assert_eq!(world.connections().await.len(), 1);
    assert_eq!(world.audit().await.len(), log.len());
}

#[tokio::test]
async fn without_a_certificate_it_is_made_and_says_so() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let fields = [
        ("display_name", "Entra"),
        ("name", "entra"),
        ("idp_entity_id", "https://sts.windows.net/t/"),
        ("login_url", "https://login.example/t/saml2"),
        ("name_id_format", "any"),
        ("binding", "redirect"),
    ];
    let path = "/admin/connections/new/manual";
    let answer = upload(&mut browser, path, &fields, &[]).await;
    let page = follow(&mut browser, &answer).await;
    assert!(
        page.body.contains("x.509 Certificate is missing"),
        "{}",
        page.body
    );
    let made = world.connections().await.remove(0);
    assert_eq!(made.value("binding").unwrap(), "redirect");
    assert_eq!(made.settings.saml().name_id_format, None);
    // A name that another one has.
    let answer = upload(&mut browser, path, &fields, &[]).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Another connection is called"),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("value=\"https://login.example/t/saml2\""),
        "nothing is lost"
    );
}

#[tokio::test]
async fn hostile_values_are_refused_beside_their_fields() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let admins = world.admins.id.to_string();
    let foreign = {
        let group = support::group(world.beta.id, "Theirs", GroupKind::Member, true);
        world.app.store.add_group(&group, NOW).await.unwrap();
        group.id.to_string()
    };
    let good = [
        ("display_name", "Entra"),
        ("name", "entra"),
        ("idp_entity_id", "https://sts.windows.net/t/"),
        ("login_url", "https://login.example/t/saml2"),
        ("slo_url", ""),
        ("name_id_format", "any"),
        ("binding", "post"),
        ("certificate", CERTIFICATE),
        ("jit", "on"),
        ("jit_group", &world.members.id.to_string()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    for (name, value, says) in [
        ("login_url", "javascript:alert(1)", "Use an https address"),
        (
            "login_url",
            "http://login.example/",
            "must begin with https://",
        ),
        (
            "login_url",
            "https://me:pw@login.example/",
            "Use an https address",
        ),
        ("login_url", "", "Paste the address"),
        ("slo_url", "javascript:alert(1)", "Use an https address"),
        ("idp_entity_id", "", "Paste the identity provider"),
        ("name", "Entra!", "1 to 63 characters"),
        ("display_name", " ", "a name"),
        ("display_name", "a\u{0}b", "control characters"),
        ("binding", "soap", "post, redirect"),
        ("name_id_format", "<script>", "URN"),
        ("certificate", "no certificate", "holds no certificate"),
        ("certificate", WEAK, "1024 bits"),
        (
            "certificate",
            "-----BEGIN CERTIFICATE-----\nAAAA",
            "it is cut off. Paste all of it, to -----END CERTIFICATE-----.",
        ),
        (
            "certificate",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "it holds a private key",
        ),
        ("jit_group", &admins, "group of administrators"),
        ("jit_group", &foreign, "permission group"),
        ("jit_group", "", "Choose the permission group"),
    ] {
        let mut fields = good.clone().to_vec();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = upload(&mut browser, "/admin/connections/new/manual", &fields, &[]).await;
        let answer = if answer.status == 200 {
            // Some things are known only when they are saved.
            confirm(&mut browser, &answer).await
        } else {
            answer
        };
        assert_eq!(answer.status, 422, "{name}={value}: {}", answer.body);
        assert!(
            answer.body.contains(says),
            "{name}={value}: {says}: {}",
            answer.body
        );
        assert!(!answer.body.contains("<script>alert"));
    }
    assert!(world.connections().await.is_empty());
}

#[tokio::test]
async fn a_review_leads_back_to_the_form_as_it_was() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let members = world.members.id.to_string();
    let fields = [
        ("display_name", "Acme Entra"),
        ("name", "acme-entra"),
        ("idp_entity_id", "https://sts.windows.net/t/"),
        ("login_url", "https://login.example/t/saml2"),
        ("slo_url", "https://login.example/t/logout"),
        ("name_id_format", "any"),
        ("binding", "redirect"),
        ("certificate", CERTIFICATE),
        ("jit", "on"),
        ("jit_group", members.as_str()),
    ];
    let by_hand = "/admin/connections/new/manual";
    let review = upload(&mut browser, by_hand, &fields, &[]).await;
    let change = "/admin/connections/new/manual/change";
    let button = format!("formaction=\"{change}\"");
    assert!(review.body.contains(&button), "{}", review.body);
    assert!(!review.body.contains("Nobody new gets in"));
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let form = post(&mut browser, change, &[("proposal", &proposal)]).await;
    assert_eq!(form.status, 200, "{}", form.body);
    for (name, value) in &fields {
        match *name {
            "certificate" => assert!(form.body.contains("-----BEGIN CERTIFICATE-----\n")),
            "jit" => assert!(form.body.contains("name=\"jit\" value=\"on\" checked")),
            "binding" => assert!(form.body.contains("value=\"redirect\" checked")),
            _ => assert!(form.body.contains(&format!("value=\"{value}\"")), "{name}"),
        }
    }
    // What metadata says and the form has no field for stays.
    let files = [("file", "entra.xml", ENTRA)];
    let review = upload(&mut browser, "/admin/connections/new", &[], &files).await;
    assert!(review.body.contains("Nobody new gets in"));
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    let form = post(&mut browser, change, &[("proposal", &proposal)]).await;
    let kept = hidden_field(&form.body, "proposal").unwrap();
    let fields = [
        ("proposal", kept.as_str()),
        ("display_name", "Other words"),
        ("name", "other"),
        ("idp_entity_id", "https://sts.windows.net/t/"),
        ("login_url", "https://login.example/t/saml2"),
        ("name_id_format", "any"),
        ("binding", "post"),
        ("certificate", CERTIFICATE),
    ];
    let review = upload(&mut browser, by_hand, &fields, &[]).await;
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    let made = world.connections().await.remove(0);
    assert_eq!(made.display_name, "Other words");
    assert_eq!(made.settings.saml().certificates, [stored(CERTIFICATE)]);
    assert_eq!(world.audit().await[0].detail, "file entra.xml");
}

#[tokio::test]
async fn a_second_connection_to_the_same_provider_is_asked_about() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let first = import(&world, &mut browser, ENTRA).await;
    let files = [("file", "entra.xml", ENTRA)];
    let review = upload(&mut browser, "/admin/connections/new", &[], &files).await;
    let says = format!(
        "The connection “Microsoft Entra ID” has this identity provider already. <a href=\"{}\">",
        at(&first, "")
    );
    assert!(review.body.contains(&says), "{}", review.body);
    // By hand, too, and without a certificate.
    let fields = [
        ("display_name", "Entra"),
        ("name", "entra"),
        (
            "idp_entity_id",
            first.settings.saml().idp_entity_id.as_str(),
        ),
        ("login_url", "https://login.example/t/saml2"),
        ("name_id_format", "any"),
        ("binding", "redirect"),
    ];
    let path = "/admin/connections/new/manual";
    let review = upload(&mut browser, path, &fields, &[]).await;
    assert_eq!(review.status, 200, "{}", review.body);
    assert!(review.body.contains(&says), "{}", review.body);
    assert_eq!(world.connections().await.len(), 1);
    assert_eq!(confirm(&mut browser, &review).await.status, 303);
    assert_eq!(world.connections().await.len(), 2);
}

#[tokio::test]
async fn another_administrator_cannot_press_the_button() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let files = [("file", "entra.xml", ENTRA)];
    let review = upload(&mut browser, "/admin/connections/new", &[], &files).await;
    let proposal = hidden_field(&review.body, "proposal").unwrap();
    // Not shown to this one, nor to the administrator of another company.
    let mut colleague = world.second_admin().await;
    let mut stranger = world.other_admin().await;
    for other in [&mut colleague, &mut stranger] {
        let fields = [("proposal", proposal.as_str())];
        let answer = post(other, "/admin/connections/confirm", &fields).await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(
            answer.body.contains("not what was shown"),
            "{}",
            answer.body
        );
    }
    // Nor by a name that is none, nor in another session, nor after an hour.
    let mut changed = proposal.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for wrong in [
        changed,
        proposal.chars().rev().collect::<String>(),
        String::new(),
        ".".to_owned(),
    ] {
        let fields = [("proposal", wrong.as_str())];
        let answer = post(&mut browser, "/admin/connections/confirm", &fields).await;
        assert_eq!(answer.status, 409, "{wrong}");
    }
    assert!(world.connections().await.is_empty());
    let answer = confirm(&mut world.admin().await, &review).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    world.app.clock.step(Duration::minutes(61));
    let answer = confirm(&mut browser, &review).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(world.connections().await.is_empty());
}

#[tokio::test]
async fn names_of_new_connections_do_not_collide() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let first = import(&world, &mut browser, ENTRA).await;
    let second = import(&world, &mut browser, ENTRA).await;
    assert_eq!(first.name.as_str(), "microsoft-entra-id");
    assert_eq!(second.name.as_str(), "microsoft-entra-id-2");
    assert!(first.sort_order < second.sort_order);
}
