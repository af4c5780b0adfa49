//! The list of sign-ins: every one of them, by what one looks for.

use std::collections::BTreeSet;

use time::Duration;
use vestibule::demo_idp::Signed;
use vestibule::domain::{AttemptId, AttemptKind, LoginAttempt, Outcome};

use super::provider::Provider;
use crate::support::{ADMIN, Browser, MEMBER, NOW, Office, hidden_field, unescaped, unique};

const LIST: &str = "/admin/sign-ins";

/// The codes on a page of the list, from top to bottom.
async fn codes(browser: &mut Browser, path: &str) -> Vec<String> {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    listed(&page.body)
}

fn listed(page: &str) -> Vec<String> {
    let rows = page.split("class=\"nowrap\"><code>").skip(1);
    rows.map(|row| row.split_once('<').unwrap().0.to_owned())
        .collect()
}

/// The address of a link with this text.
fn link(page: &str, text: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{text}</a>"))?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(unescaped(href.split_once('"')?.0))
}

/// An attempt that began so long before now.
fn ago(world: &Office, ago: Duration) -> LoginAttempt {
    LoginAttempt::open(
        AttemptId::from_bytes(unique()),
        world.acme.id,
        AttemptKind::Saml,
        [0; 32],
        NOW - ago,
    )
}

#[tokio::test]
async fn every_sign_in_is_there_and_is_found_by_what_one_knows_of_it() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    let passwords = codes(&mut admin, LIST).await;
    assert_eq!(passwords.len(), 1, "the administrator's own");

    let (_, answer) = provider.sign_in_with(&world, |_| {}).await;
    assert_eq!(answer.status, 303);
    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    provider.test_with(&world, &mut admin, |_| {}).await;
    let all = codes(&mut admin, LIST).await;
    assert_eq!(all.len(), 4, "{all:?}");
    let refused = refused.code.to_string();
    assert!(all.contains(&refused));

    let connection = provider.connection.id;
    for (query, expected) in [
        ("outcome=refused".to_owned(), 1),
        ("outcome=signed_in".to_owned(), 2),
        ("outcome=open".to_owned(), 0),
        ("outcome=test".to_owned(), 1),
        (format!("connection={connection}"), 3),
        (format!("connection={connection}&outcome=signed_in"), 1),
        (format!("q={ADMIN}"), 1),
        ("outcome=refused&q=B.Simon%40contoso.com".to_owned(), 1),
        (format!("outcome=refused&q={ADMIN}"), 0),
        ("q=b.simon%40contoso.com".to_owned(), 1),
        (format!("q={MEMBER}"), 0),
        ("q=nobody%40acme.example".to_owned(), 0),
        ("from=2026-03-01&until=2026-03-01".to_owned(), 4),
        ("from=2026-03-02".to_owned(), 0),
        ("until=2026-02-28".to_owned(), 0),
        // What no form of ours sends filters nothing, and breaks nothing.
        (
            "outcome=x&connection=x&from=x&until=x&after=x-y".to_owned(),
            4,
        ),
    ] {
        let found = codes(&mut admin, &format!("{LIST}?{query}")).await;
        assert_eq!(found.len(), expected, "{query}: {found:?}");
    }
    assert_eq!(
        codes(&mut admin, &format!("{LIST}?outcome=refused")).await,
        [refused]
    );
}

/// Whom the refused sign-ins of the list name.
async fn named(admin: &mut Browser) -> Vec<String> {
    let page = admin.get(&format!("{LIST}?outcome=refused")).await.body;
    let cells = page.split("<td data-label=\"User\">").skip(1);
    let cells = cells.map(|cell| cell.split_once("</td>").unwrap().0.replace("<wbr>", ""));
    cells.filter(|cell| !cell.contains("not known")).collect()
}

#[tokio::test]
async fn a_refused_sign_in_names_whom_its_signature_stands_for() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    // The name in a message whose signature is not accepted may be anything.
    provider
        .refused_with(&world, |spec| spec.signed = Signed::Nothing)
        .await;
    let found = named(&mut admin).await;
    assert!(
        matches!(&found[..], [one] if one.contains("b.simon@contoso.com")),
        "{found:?}"
    );

    // What was typed where no account has it may be anything as well, a password too.
    let mut somebody = world.browser();
    for email in [MEMBER, "my.password@acme.example"] {
        let page = somebody.get("/sign-in").await;
        let csrf = hidden_field(&page.body, "csrf").unwrap();
        let fields = [
            ("csrf", csrf.as_str()),
            ("email", email),
            ("password", "no"),
        ];
        assert_eq!(somebody.post("/sign-in", &fields).await.status, 403);
    }
    let found = named(&mut admin).await;
    assert!(
        found.len() == 2 && found.iter().any(|one| one.contains(MEMBER)),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_users_code_leads_to_its_sign_in() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let refused = provider
        .refused_with(&world, |spec| spec.audiences = vec!["urn:other".into()])
        .await;
    let mut admin = world.admin().await;
    let code = refused.code.to_string();
    for written in [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', ""),
        format!("+{}+", code.replace('-', "+")),
    ] {
        let answer = admin.get(&format!("{LIST}?q={written}")).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, format!("{LIST}/{code}").as_str()),
            "{written}"
        );
    }
    // One that is not there, of another company, or no code at all.
    let mut other = world.other_admin().await;
    for (of_beta, q) in [
        (true, code.as_str()),
        (false, "00000000"),
        (false, "%22%3E%3Cscript%3E"),
    ] {
        let browser = if of_beta { &mut other } else { &mut admin };
        let answer = browser.get(&format!("{LIST}?q={q}")).await;
        assert_eq!(answer.status, 200, "{q}");
        assert!(
            answer.body.contains("There is no sign-in with the code"),
            "{}",
            answer.body
        );
        assert!(listed(&answer.body).is_empty());
        assert!(!answer.body.contains("<script>"));
    }
    assert_eq!(other.get(&format!("{LIST}/{code}")).await.status, 404);
}

#[tokio::test]
async fn a_code_of_microsofts_page_is_explained() {
    let world = Office::new().await;
    let mut admin = world.admin().await;
    for q in ["AADSTS50105", "50105", "AADSTS50105%3A+The+signed+in+user"] {
        let page = admin.get(&format!("{LIST}?q={q}")).await.body;
        assert!(page.contains("not assigned to the application"), "{page}");
    }
    let page = admin.get("/admin/sign-ins/aadsts").await;
    assert_eq!(page.status, 200);
    // Those of reference/entra.md, section 11.
    for code in [
        "50011", "700016", "650056", "50105", "75005", "75008", "75011", "75016", "75001", "75003",
        "750054", "76021", "76026", "501241", "50058", "50146", "900236", "50068", "50070",
        "50071",
    ] {
        assert!(page.body.contains(&format!(">AADSTS{code}</a>")), "{code}");
    }
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_shows_each_once() {
    let world = Office::new().await;
    let store = &world.app.store;
    let mut expected = BTreeSet::new();
    for number in 0..120_i64 {
        // Several at the same instant, as at nine in the morning.
        let attempt = ago(&world, Duration::minutes(number / 7 + 1));
        expected.insert(attempt.code.to_string());
        store.add_attempt(&attempt).await.unwrap();
    }
    let mut admin = world.admin().await;
    let mut path = format!("{LIST}?outcome=open");
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = admin.get(&path).await.body;
        seen.extend(listed(&page));
        pages += 1;
        assert_eq!(link(&page, "Newest").is_some(), pages > 1);
        match link(&page, "Older") {
            Some(older) => path = older,
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (3, 120));
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_rare_one_among_very_many_is_found_step_by_step() {
    let world = Office::new().await;
    let store = &world.app.store;
    let rare = LoginAttempt {
        outcome: Outcome::SignedIn,
        ..ago(&world, Duration::days(1))
    };
    store.add_attempt(&rare).await.unwrap();
    for number in 0..2_500_i64 {
        let attempt = ago(&world, Duration::seconds(number));
        store.add_attempt(&attempt).await.unwrap();
    }
    let mut admin = world.admin().await;
    let path = format!("{LIST}?outcome=signed_in&until=2026-03-01");
    let page = admin.get(&path).await.body;
    assert!(page.contains("Looked back to"), "{page}");
    assert!(!listed(&page).contains(&rare.code.to_string()));
    let page = admin.get(&link(&page, "Older").unwrap()).await.body;
    assert_eq!(listed(&page), [rare.code.to_string()]);
    assert_eq!(link(&page, "Older"), None);
}

#[tokio::test]
async fn what_an_attempt_holds_is_text_and_nothing_else() {
    let world = Office::new().await;
    let hostile = "\"><script>alert(1)</script>";
    let attempt = LoginAttempt {
        outcome: Outcome::Refused,
        rule: Some("D1".into()),
        summary: hostile.into(),
        return_to: Some(hostile.into()),
        request_id: Some(hostile.into()),
        finished_at: Some(NOW),
        record: vestibule::domain::Record {
            checks: vec![vestibule::domain::Check {
                rule: hostile.into(),
                subject: hostile.into(),
                expected: hostile.into(),
                received: hostile.into(),
                passed: false,
            }],
            advice: vec![hostile.into()],
        },
        ..ago(&world, Duration::ZERO)
    };
    world.app.store.add_attempt(&attempt).await.unwrap();
    let mut admin = world.admin().await;
    for path in [LIST.to_owned(), format!("{LIST}/{}", attempt.code)] {
        let page = admin.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("alert(1)") && !page.body.contains("<script>alert"));
    }
}

/// Rule F5: who gets in without the groups that were meant is told, in the list and on the page.
#[tokio::test]
async fn a_sign_in_with_a_warning_says_so() {
    let world = Office::new().await;
    let provider = Provider::with(&world, |connection| {
        connection.settings.group_mapping = vec![vestibule::domain::GroupMapping {
            value: "nobody-has-it".to_owned(),
            group_id: world.members.id,
        }];
    })
    .await;
    let (_, answer) = provider.sign_in_with(&world, |_| {}).await;
    assert_eq!(answer.status, 303);
    let mut admin = world.admin().await;
    let warned = codes(&mut admin, &format!("{LIST}?outcome=warned")).await;
    let [code] = &warned[..] else {
        panic!("{warned:?}")
    };
    let list = admin.get(LIST).await;
    let said = ", with a warning: the identity provider sent no groups";
    assert!(
        list.body.contains("Signed in, with a warning</span>"),
        "{}",
        list.body
    );
    assert!(list.body.contains(said), "{}", list.body);
    let page = admin.get(&format!("{LIST}/{code}")).await;
    let page = unescaped(&page.body);
    for part in [
        said,
        "What to do",
        "The group claim gives permission groups",
        "Warning by rule",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Failed: "), "{page}");
    let overview = admin.get("/admin").await;
    assert!(
        overview.body.contains("Signed in, with a warning"),
        "{}",
        overview.body
    );
}

/// A link to a field of ours leads to that field.
#[tokio::test]
async fn every_setting_that_is_named_is_on_the_page() {
    let world = Office::new().await;
    let provider = Provider::of(&world).await;
    let mut admin = world.admin().await;
    let path = format!("/admin/connections/{}", provider.connection.id);
    let page = admin.get(&path).await.body;
    for key in [
        "authn_statement",
        "binding-post",
        "clock_skew_seconds",
        "extra_audiences",
        "force_authn",
        "identity_attribute",
        "idp_entity_id",
        "jit",
        "login_url",
        "name_id_format",
        "name_id_policy",
        "requested_authn_context",
        "required_signature",
        "sign_requests",
        "unsolicited",
    ] {
        assert!(page.contains(&format!("id=\"{key}\"")), "{key}");
    }
    let page = admin.get(&format!("{path}/claims")).await.body;
    for key in ["attributes.email", "attributes.groups", "group_mapping"] {
        assert!(page.contains(&format!("id=\"{key}\"")), "{key}");
    }
}
