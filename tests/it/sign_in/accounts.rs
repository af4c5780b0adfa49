//! Rules F1 to F5: which account a sign-in ends in, and in which groups.

use vestibule::demo_idp::{IdpUser, ResponseSpec};
use vestibule::domain::{GrantSource, Group, GroupKind, GroupMapping};

use crate::support::identity_provider::{EMAIL, OBJECT_ID, claim};
use crate::support::{self, Federation, people};

pub(super) const GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
const GROUPS_LINK: &str = "http://schemas.microsoft.com/claims/groups.link";
const SIMON: &str = "b.simon@contoso.com";

/// The titles of the groups that `/sso/session` names.
async fn groups(world: &Federation, change: impl FnOnce(&mut ResponseSpec)) -> Vec<String> {
    let mut browser = world.browser();
    let answer = world.sign_in_with(&mut browser, change).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let who = browser.get("/sso/session").await.body;
    let who: serde_json::Value = serde_json::from_str(&who).unwrap();
    serde_json::from_value(who["groups"].clone()).unwrap()
}

#[tokio::test]
async fn the_account_is_found_by_its_identity_after_its_address_changed() {
    let world = Federation::new().await;
    world.signed_in().await;
    let before = world.user(SIMON).await.unwrap();
    let mut browser = world.browser();
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            spec.name_id = "b.miller@contoso.com".into();
            claim(spec, EMAIL, &["b.miller@contoso.com"]);
        })
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let after = world.user("b.miller@contoso.com").await.unwrap();
    assert_eq!(after.id, before.id);
    assert!(world.user(SIMON).await.is_none());

    // The old address goes to a new colleague: another identity, another account.
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| {
            claim(spec, OBJECT_ID, &["5d8c7a11-0000-4000-8000-000000000001"]);
        })
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_ne!(world.user(SIMON).await.unwrap().id, before.id);
}

#[tokio::test]
async fn an_address_alone_takes_no_account_over() {
    let world = Federation::new().await;
    let local = world.add_user(SIMON, Some("Correct-Horse-9"), &[]).await;
    let answer = world.sign_in_with(&mut world.browser(), |_| {}).await;
    world.assert_refused(&answer, "F2").await;
    assert!(answer.body.contains("Ask your administrator"));

    // Domains that are not the address's.
    for domain in ["fabrikam.com", "so.com"] {
        support::assign(&world.app.store, &world.entra, domain).await;
    }
    let answer = world.sign_in_with(&mut world.browser(), |_| {}).await;
    world.assert_refused(&answer, "F2").await;

    support::assign(&world.app.store, &world.entra, "contoso.com").await;
    world.signed_in().await;
    let identities = world.app.store.identities_of(local).await.unwrap();
    assert_eq!(identities.len(), 1);
    // Bound now, it stays bound to this identity.
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| {
            claim(spec, OBJECT_ID, &["5d8c7a11-0000-4000-8000-000000000001"]);
        })
        .await;
    world.assert_refused(&answer, "F2").await;
}

/// The pattern that is known as nOAuth: a claim that people can change themselves names somebody else.
#[tokio::test]
async fn a_claim_that_contradicts_the_name_id_takes_nothing_over() {
    let world = Federation::new().await;
    let boss = world.add_user("boss@contoso.com", None, &[]).await;
    let evil = |spec: &mut ResponseSpec| claim(spec, EMAIL, &["boss@contoso.com"]);
    let answer = world.sign_in_with(&mut world.browser(), evil).await;
    let attempt = world.assert_refused(&answer, "F2").await;
    assert!(
        world
            .app
            .store
            .identities_of(boss)
            .await
            .unwrap()
            .is_empty()
    );
    let advice = attempt.record.advice.join(" ");
    assert!(
        attempt.summary.contains("boss@contoso.com"),
        "{}",
        attempt.summary
    );
    assert!(attempt.summary.contains(SIMON), "{}", attempt.summary);
    assert!(advice.contains("same source") && advice.contains("trust_email_claim"));
    // Nor is the address taken before its owner comes.
    let early = |spec: &mut ResponseSpec| claim(spec, EMAIL, &["chief@contoso.com"]);
    let answer = world.sign_in_with(&mut world.browser(), early).await;
    world.assert_refused(&answer, "F2").await;
    assert!(world.user("chief@contoso.com").await.is_none());
    world.signed_in().await;
    let answer = world.sign_in_with(&mut world.browser(), early).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        world.user("chief@contoso.com").await.is_none(),
        "found, not renamed"
    );
    // The advised change lets the same message pass.
    world.set(&[("trust_email_claim", "true")]).await;
    let trusted = |spec: &mut ResponseSpec| {
        claim(spec, EMAIL, &["boss@contoso.com"]);
        claim(spec, OBJECT_ID, &["5d8c7a11-0000-4000-8000-000000000002"]);
        spec.name_id = "boss.upn@contoso.com".into();
    };
    let answer = world.sign_in_with(&mut world.browser(), trusted).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(world.app.store.identities_of(boss).await.unwrap().len(), 1);
}

/// Accounts bound by NameID; the administrator adds the object identifier claim.
#[tokio::test]
async fn the_key_changes_under_a_user() {
    let world = Federation::new().await;
    let without = |spec: &mut ResponseSpec| spec.attributes.retain(|it| it.name != OBJECT_ID);
    let answer = world.sign_in_with(&mut world.browser(), without).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let simon = world.user(SIMON).await.unwrap();
    world.signed_in().await;
    let names = world.app.store.identities_of(simon.id).await.unwrap();
    assert_eq!(names.len(), 2, "{names:?}");
    let events = world
        .app
        .store
        .audit_events(simon.company_id, 10)
        .await
        .unwrap();
    assert!(
        events
            .iter()
            .any(|it| it.action == "user.bind" && it.detail.contains("oid:"))
    );
    // Both lead to the account from now on.
    for change in [true, false] {
        let answer = world
            .sign_in_with(&mut world.browser(), |spec| {
                if change {
                    without(spec);
                } else {
                    spec.name_id = "renamed@contoso.com".into();
                    claim(spec, EMAIL, &["renamed@contoso.com"]);
                }
            })
            .await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    // Another person with the name of the first is told so, and gets nothing.
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| {
            claim(spec, OBJECT_ID, &["5d8c7a11-0000-4000-8000-000000000003"]);
        })
        .await;
    let attempt = world.assert_refused(&answer, "F2").await;
    assert!(
        attempt.summary.contains("oid:5d8c7a11"),
        "{}",
        attempt.summary
    );
    assert!(
        attempt
            .record
            .advice
            .join(" ")
            .contains("vestibule user unlink")
    );
}

#[tokio::test]
async fn the_session_tells_an_identifier_that_stays() {
    let world = Federation::new().await;
    let id = async |browser: &mut crate::support::Browser| {
        let who = browser.get("/sso/session").await.body;
        let who: serde_json::Value = serde_json::from_str(&who).unwrap();
        who["id"].as_str().unwrap().to_owned()
    };
    let mut browser = world.signed_in().await;
    let before = id(&mut browser).await;
    assert_eq!(before, world.user(SIMON).await.unwrap().id.to_string());
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            spec.name_id = "b.miller@contoso.com".into();
            claim(spec, EMAIL, &["b.miller@contoso.com"]);
        })
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(id(&mut browser).await, before);
}

#[tokio::test]
async fn an_account_made_for_single_sign_on_waits_for_its_first_sign_in() {
    let world = Federation::new().await;
    world.change(|entra| entra.settings.jit = None).await;
    let made = world.add_user(SIMON, None, &[&world.basic]).await;
    world.signed_in().await;
    let identities = world.app.store.identities_of(made).await.unwrap();
    assert_eq!(identities.len(), 1);
}

#[tokio::test]
async fn without_jit_a_stranger_is_told_whom_to_ask() {
    let world = Federation::new().await;
    world.change(|entra| entra.settings.jit = None).await;
    let answer = world.sign_in_with(&mut world.browser(), |_| {}).await;
    world.assert_refused(&answer, "F3").await;
    assert!(answer.body.contains("Ask your administrator for access."));
    assert!(world.user(SIMON).await.is_none());
}

#[tokio::test]
async fn a_deactivated_user_never_gets_in() {
    let world = Federation::new().await;
    let mut browser = world.signed_in().await;
    let user = world.user(SIMON).await.unwrap();
    assert!(
        world
            .admin_of(&world.acme)
            .deactivate_user(user.id)
            .await
            .unwrap()
            .is_some()
    );
    world.app.catch_up().await.unwrap();
    assert_eq!(
        browser.get("/sso/session").await.status,
        401,
        "the session is over"
    );
    let answer = world.sign_in_with(&mut browser, |_| {}).await;
    world.assert_refused(&answer, "F4").await;
    world.set(&[("unsolicited", "accept")]).await;
    let response = world.encoded(&world.spec(&IdpUser::b_simon()));
    let answer = browser
        .post_from_elsewhere("/sso/acs", &[("SAMLResponse", &response)])
        .await;
    world.assert_refused(&answer, "F4").await;
    assert!(
        world
            .admin_of(&world.acme)
            .activate_user(user.id)
            .await
            .unwrap()
    );
    world.signed_in().await;
}

async fn mapped(world: &Federation) -> [Group; 2] {
    let editors = world.add_group("Editors", GroupKind::Member, false).await;
    let admins = world
        .add_group("Admins", GroupKind::Administrator, false)
        .await;
    let mapping =
        [("g-editors", &editors), ("g-admins", &admins)].map(|(value, group)| GroupMapping {
            value: value.into(),
            group_id: group.id,
        });
    world
        .change(|entra| entra.settings.group_mapping = mapping.to_vec())
        .await;
    [editors, admins]
}

#[tokio::test]
async fn the_group_claim_adds_and_removes() {
    let world = Federation::new().await;
    mapped(&world).await;
    // The last one keeps the group (rule S5).
    world.add_administrator().await;
    assert_eq!(groups(&world, |_| {}).await, ["SSO Basic"]);
    let claimed = async |values: &[&str]| groups(&world, |spec| claim(spec, GROUPS, values)).await;
    assert_eq!(
        claimed(&["g-editors", "g-admins", "g-unknown"]).await,
        ["Admins", "Editors", "SSO Basic"]
    );
    assert_eq!(claimed(&["g-editors"]).await, ["Editors", "SSO Basic"]);
    assert_eq!(claimed(&["G-EDITORS"]).await, ["SSO Basic"], "exactly");
    assert_eq!(claimed(&["g-admins"]).await, ["Admins", "SSO Basic"]);
    assert_eq!(claimed(&[]).await, ["SSO Basic"]);
}

#[tokio::test]
async fn no_claim_and_too_many_groups_change_nothing() {
    let world = Federation::new().await;
    mapped(&world).await;
    groups(&world, |spec| claim(spec, GROUPS, &["g-editors"])).await;
    let missing = groups(&world, |_| {}).await;
    assert_eq!(missing, ["Editors", "SSO Basic"]);
    let overflow = groups(&world, |spec| {
        claim(spec, GROUPS_LINK, &["https://graph.windows.net/x"]);
    });
    assert_eq!(overflow.await, ["Editors", "SSO Basic"]);
}

#[tokio::test]
async fn what_an_administrator_granted_stays() {
    let world = Federation::new().await;
    let [editors, _] = mapped(&world).await;
    world.signed_in().await;
    let grant = vestibule::domain::Grant {
        user_id: world.user(SIMON).await.unwrap().id,
        group_id: editors.id,
        source: GrantSource::Administrator,
    };
    assert!(people::grant(&world.app.store, grant).await);
    let none = groups(&world, |spec| claim(spec, GROUPS, &[]));
    assert_eq!(none.await, ["Editors", "SSO Basic"]);
}

#[tokio::test]
async fn claims_by_other_names() {
    let world = Federation::new().await;
    world
        .set(&[
            ("attributes.email", "mail"),
            ("attributes.first_name", "urn:oid:2.5.4.42"),
            ("attributes.company", "organisation"),
            ("identity_attribute", "employee"),
            ("trust_email_claim", "true"),
        ])
        .await;
    let mut browser = world.browser();
    let answer = world
        .sign_in_with(&mut browser, |spec| {
            claim(spec, "mail", &["Britta@Contoso.com"]);
            claim(spec, "urn:oid:2.5.4.42", &["Britta & <b>"]);
            claim(spec, "organisation", &["Contoso Ltd"]);
            claim(spec, "employee", &["4711"]);
        })
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let who = browser.get("/sso/session").await.body;
    let who: serde_json::Value = serde_json::from_str(&who).unwrap();
    assert_eq!(who["email"], "Britta@Contoso.com");
    assert_eq!(who["first_name"], "Britta & <b>");
    assert_eq!(who["company_name"], "Contoso Ltd");
    let page = browser.get("/").await.body;
    assert!(
        page.contains("Britta &#38; &#60;b&#62;") && !page.contains("<b>"),
        "{page}"
    );
    // Without the identity attribute nobody is named.
    let answer = world.sign_in_with(&mut browser, |_| {}).await;
    world.assert_refused(&answer, "D7").await;
}
