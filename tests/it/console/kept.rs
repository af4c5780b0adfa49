//! A form whose session has ended: sign in again, same form, same values.

use super::trust::{at, fields_of, form_at, form_of, send};
use crate::support::console::{post, token};
use crate::support::{ADMIN, Answer, Browser, MEMBER, OTHER_ADMIN, Office, PASSWORD, hidden_field};

type Fields = Vec<(String, String)>;

const OVER: &str = "Your session has ended";
const AGAIN: &str = "You are signed in again.";

/// The page of a form whose session is over.
fn kept(answer: &Answer) -> String {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.body.contains(OVER), "{}", answer.body);
    assert!(
        answer
            .body
            .contains("href=\"/sign-in?return_to=%2Fadmin%2Fkept\"")
    );
    hidden_field(&answer.body, "kept").unwrap()
}

async fn come_back(browser: &mut Browser, kept: &str) -> Answer {
    let answer = browser.sign_in(ADMIN, PASSWORD, "/admin/kept").await;
    assert_eq!(answer.header("location"), "/admin/kept");
    browser.post("/admin/kept", &[("kept", kept)]).await
}

fn without_token(mut fields: Fields) -> Fields {
    fields.retain(|(name, _)| name != "csrf");
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    fields
}

/// The forms of a page that are sent by POST: where to, whether they bring files, and what stands between their tags.
fn forms(page: &str) -> Vec<(String, bool, &str)> {
    let forms = page.split("<form method=\"post\" action=\"").skip(1);
    forms
        .map(|form| {
            let form = form.split_once("</form>").unwrap().0;
            let (action, rest) = form.split_once('"').unwrap();
            let tag = rest.split_once('>').unwrap().0;
            (action.to_owned(), tag.contains("multipart/"), rest)
        })
        .collect()
}

/// A form with something typed into each field that takes text.
fn typed(form: &str) -> Fields {
    let is = |name: &str, kind: &str| {
        let of = format!("name=\"{name}\"");
        form.split('<')
            .any(|tag| tag.contains(&of) && tag.contains(kind))
    };
    let mut fields = fields_of(form);
    fields.retain(|(name, _)| !is(name, "type=\"file\"") && !is(name, "type=\"password\""));
    for (at, (name, value)) in fields.iter_mut().enumerate() {
        let text = ["text", "email", "url", "number", "search"];
        let is_text = text
            .iter()
            .any(|kind| is(name, &format!("type=\"{kind}\"")));
        let is_bare = is(name, "input name=") || is(name, "textarea ");
        if is_text || is_bare {
            *value = format!("typed <{at}> & \"kept\"");
        }
    }
    fields
}

#[tokio::test]
async fn every_form_comes_back_as_it_was_filled_in() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let user = world
        .add_user("c.west@acme.example", &[&world.members])
        .await;
    let group = format!("/admin/groups/{}", world.members.id);
    let user = format!("/admin/users/{}", user.id);
    world.add_application("crm", None).await;
    let mut pages = [
        "/admin/account",
        "/admin/applications/crm",
        "/admin/audit",
        "/admin/connections",
        "/admin/connections/new",
        "/admin/connections/new/manual",
        "/admin/domains",
        "/admin/groups/new",
        "/admin/sessions",
        "/admin/tokens",
        "/admin/users",
        "/admin/users/import",
        "/admin/users/new",
        &group,
        &user,
    ]
    .map(str::to_owned)
    .to_vec();
    for part in [
        "",
        "/claims",
        "/certificates",
        "/metadata",
        "/test",
        "/versions",
        "/delete",
    ] {
        pages.push(at(&connection, part));
    }
    let (mut looker, mut filled) = (world.admin().await, 0);
    for path in pages {
        let page = looker.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        for (action, is_upload, form) in forms(&page.body) {
            let action = action.split('#').next().unwrap();
            let mut browser = looker.clone();
            browser.forget("vestibule-session");
            let fields = typed(form);
            let sent: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let over = if is_upload {
                browser.upload(action, &sent, &[]).await
            } else {
                browser.post(action, &sent).await
            };
            assert!(!over.body.contains("typed &#60;"), "{}", over.body);
            let back = come_back(&mut browser, &kept(&over)).await;
            assert_eq!(back.status, 200, "{action}: {}", back.body);
            assert!(back.body.contains(AGAIN), "{action}: {}", back.body);
            let again = forms(&back.body).into_iter().any(|(leads, _, form)| {
                let mut there = fields_of(form);
                there.retain(|(name, _)| fields.iter().any(|(known, _)| known == name));
                leads.split('#').next() == Some(action)
                    && without_token(there) == without_token(fields.clone())
            });
            assert!(again, "{path} {action} {fields:?}: {}", back.body);
            filled += 1;
        }
    }
    assert!(filled > 25, "{filled}");
    assert!(world.audit().await.is_empty());
}

/// In another tab, or by another administrator, with the cookie still there.
#[tokio::test]
async fn it_does_not_matter_how_the_session_ended() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let mut fields = form_at(&mut browser, "/admin/account", &[("name", "Acme & Sons")]).await;
    let anna = world.app.store.user_by_email(world.acme.id, ADMIN).await;
    let everywhere = format!("/admin/users/{}/sign-out", anna.unwrap().unwrap().id);
    let mut zoe = world.second_admin().await;
    assert_eq!(post(&mut zoe, &everywhere, &[]).await.status, 303);
    let over = send(&mut browser, "/admin/account", &fields).await;
    let sealed = kept(&over);
    // Too early.
    let early = browser.post("/admin/kept", &[("kept", &sealed)]).await;
    assert!(
        early.body.contains("Nobody is signed in yet"),
        "{}",
        early.body
    );
    assert_eq!(kept(&early), sealed);
    let back = come_back(&mut browser, &sealed).await;
    let again = fields_of(form_of(&back.body, "/admin/account"));
    assert_eq!(without_token(again.clone()), without_token(fields.clone()));
    assert_eq!(
        world.stored_company().await.name,
        "ACME",
        "nothing is done yet"
    );
    assert_eq!(
        send(&mut browser, "/admin/account", &again).await.status,
        303
    );
    assert_eq!(world.stored_company().await.name, "Acme & Sons");

    // A session ended and another one begun in another tab: the form of the first is shown again, and not carried out.
    fields = form_at(&mut browser, "/admin/account", &[("name", "Acme 3")]).await;
    browser.forget("vestibule-session");
    assert_eq!(browser.sign_in(ADMIN, PASSWORD, "").await.status, 303);
    let back = send(&mut browser, "/admin/account", &fields).await;
    assert_eq!(back.status, 403, "{}", back.body);
    assert!(back.body.contains(AGAIN), "{}", back.body);
    assert_eq!(world.stored_company().await.name, "Acme & Sons");
    let again = fields_of(form_of(&back.body, "/admin/account"));
    assert_eq!(
        send(&mut browser, "/admin/account", &again).await.status,
        303
    );
    assert_eq!(world.stored_company().await.name, "Acme 3");
}

#[tokio::test]
async fn what_was_typed_belongs_to_who_typed_it() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let fields = form_at(&mut browser, "/admin/account", &[("name", "typed")]).await;
    let mut other_tab = browser.clone();
    browser.forget("vestibule-session");
    let sealed = kept(&send(&mut browser, "/admin/account", &fields).await);
    let sent = [("kept", sealed.as_str())];
    let refused = |answer: Answer, why: &str| {
        assert_eq!(answer.status, 403, "{why}");
        assert!(!answer.body.contains("typed"), "{why}: {}", answer.body);
    };

    // Another administrator, in the same browser; with the form itself as well.
    world.second_admin().await;
    let mut zoe = browser.clone();
    zoe.sign_in("zoe.admin@acme.example", PASSWORD, "").await;
    let answer = zoe.post("/admin/kept", &sent).await;
    assert!(
        answer.body.contains("Somebody else filled in this form"),
        "{}",
        answer.body
    );
    refused(answer, "another account");
    refused(send(&mut zoe, "/admin/account", &fields).await, "its form");

    // The same administrator in another browser, without the cookie, from another site.
    let mut elsewhere = world.admin().await;
    refused(
        elsewhere.post("/admin/kept", &sent).await,
        "another browser",
    );
    browser.sign_in(ADMIN, PASSWORD, "").await;
    refused(
        browser.post_from_elsewhere("/admin/kept", &sent).await,
        "another site",
    );

    // Another company.
    let mut beta = Browser::new(&world.router, world.beta.origin.host_key());
    beta.keep("vestibule-form", browser.cookie("vestibule-form").unwrap());
    refused(
        beta.post("/admin/kept", &sent).await,
        "another site, nobody",
    );
    beta.sign_in(OTHER_ADMIN, PASSWORD, "").await;
    refused(beta.post("/admin/kept", &sent).await, "another company");
    refused(send(&mut beta, "/admin/account", &fields).await, "its form");

    // A member.
    let mut member = browser.clone();
    member.forget("vestibule-session");
    member.sign_in(MEMBER, PASSWORD, "").await;
    refused(member.post("/admin/kept", &sent).await, "a member");

    // What was changed, and what was never sealed.
    for forged in [&sealed[..sealed.len() - 4], "AAAA", "", "%"] {
        refused(
            browser.post("/admin/kept", &[("kept", forged)]).await,
            forged,
        );
    }
    assert_eq!(browser.post("/admin/kept", &sent).await.status, 200);
    // It is kept for an hour.
    other_tab.keep("vestibule-form", browser.cookie("vestibule-form").unwrap());
    other_tab.forget("vestibule-session");
    world.app.clock.step(time::Duration::minutes(61));
    refused(other_tab.post("/admin/kept", &sent).await, "an hour later");
    assert_eq!(world.stored_company().await.name, "ACME");
}

#[tokio::test]
async fn passwords_files_and_keys_are_not_kept() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    let csrf = token(&mut browser).await;
    let csrf = ("csrf", csrf.as_str());
    let anna = world.app.store.user_by_email(world.acme.id, ADMIN).await;
    let path = format!("/admin/users/{}/password", anna.unwrap().unwrap().id);
    browser.forget("vestibule-session");

    let fields = [csrf, ("present", "secret 1"), ("password", "secret 2")];
    let back = {
        let over = browser.post(&path, &fields).await;
        come_back(&mut browser.clone(), &kept(&over)).await
    };
    assert!(
        back.body.contains("Type the password once more"),
        "{}",
        back.body
    );
    assert!(!back.body.contains("secret"), "{}", back.body);

    let files = [("file", "idp.xml", &b"<secret/>"[..])];
    let fields = [csrf, ("display_name", "Partners"), ("url", "")];
    let over = browser
        .upload("/admin/connections/new", &fields, &files)
        .await;
    assert!(over.body.contains("without the file"), "{}", over.body);
    let back = come_back(&mut browser.clone(), &kept(&over)).await;
    assert!(
        back.body.contains("Choose the file once more"),
        "{}",
        back.body
    );
    assert!(back.body.contains("value=\"Partners\"") && !back.body.contains("secret"));

    let key = include_str!("../../vectors/keys/idp.key");
    let secret = key.lines().nth(2).unwrap();
    let answer = browser.post("/admin/account", &[csrf, ("name", key)]).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(!answer.body.contains(secret) && !answer.body.contains("name=\"kept\""));

    let large = "x".repeat(100 * 1024);
    let answer = browser
        .post("/admin/account", &[csrf, ("name", &large)])
        .await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("This form was not accepted"),
        "{}",
        answer.body
    );
    // Whoever was shown no form gets none.
    for csrf in ["", "x.y.z", "x"] {
        let answer = browser
            .post("/admin/account", &[("csrf", csrf), ("name", "typed")])
            .await;
        assert_eq!(answer.status, 403);
        assert!(!answer.body.contains("name=\"kept\""), "{}", answer.body);
    }
}

/// A review is the answer to a form, and no page shows it again: its form is asked about.
#[tokio::test]
async fn a_form_without_a_page_is_asked_about() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let changed = [("idp_entity_id", "https://sts.windows.net/other/")];
    let path = at(&connection, "");
    let fields = form_at(&mut browser, &path, &changed).await;
    let review = send(&mut browser, &path, &fields).await;
    let confirm = "/admin/connections/confirm";
    let mut fields = fields_of(form_of(&review.body, confirm));
    fields.push(("replace".to_owned(), "yes".to_owned()));
    browser.forget("vestibule-session");
    let over = send(&mut browser, confirm, &fields).await;
    let back = come_back(&mut browser, &kept(&over)).await;
    assert!(back.body.contains("Send it now?"), "{}", back.body);
    let again = fields_of(form_of(&back.body, confirm));
    assert_eq!(without_token(again.clone()), without_token(fields));
    // What a review has shown ends with its session.
    let gone = send(&mut browser, confirm, &again).await;
    assert_eq!(gone.status, 409, "{}", gone.body);
    assert_eq!(world.connection(connection.id).await, connection);

    // What holds all that it needs is done when its author says so.
    let user = world.add_user("carol@acme.example", &[]).await;
    let path = format!("/admin/users/{}/groups", user.id);
    let group = world.admins.id.to_string();
    let question = post(&mut browser, &path, &[("group", &group)]).await;
    let fields = fields_of(form_of(&question.body, &path));
    browser.forget("vestibule-session");
    let over = send(&mut browser, &path, &fields).await;
    let back = come_back(&mut browser, &kept(&over)).await;
    assert!(back.body.contains("Send it now?"), "{}", back.body);
    let store = &world.app.store;
    assert!(store.groups_of(user.id).await.unwrap().is_empty());
    let again = fields_of(form_of(&back.body, &path));
    assert_eq!(without_token(again.clone()), without_token(fields));
    assert_eq!(send(&mut browser, &path, &again).await.status, 303);
    assert_eq!(
        store.groups_of(user.id).await.unwrap(),
        std::slice::from_ref(&world.admins)
    );
}

#[tokio::test]
async fn no_form_of_the_console_takes_a_private_key() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let key = include_str!("../../vectors/keys/idp.key");
    let secret = key.lines().nth(2).unwrap();
    let bare: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    for (path, field) in [
        ("/admin/account".to_owned(), "name"),
        ("/admin/users/new".to_owned(), "first_name"),
        ("/admin/groups/new".to_owned(), "title"),
        (at(&connection, ""), "idp_entity_id"),
        (at(&connection, "/claims"), "mapping_value"),
    ] {
        for text in [key, &bare] {
            let answer = post(&mut browser, &path, &[(field, text)]).await;
            assert_eq!(answer.status, 422, "{path}");
            assert!(
                answer.body.contains("holds a private key"),
                "{}",
                answer.body
            );
            assert!(!answer.body.contains(secret), "{}", answer.body);
        }
    }
    assert!(world.audit().await.is_empty());
}

/// Beside a certificate it is told that a private key is none; no other field is there to take one.
#[tokio::test]
async fn no_form_with_files_takes_a_private_key_in_another_field() {
    let world = Office::new().await;
    let connection = world.add_connection("entra").await;
    let mut browser = world.admin().await;
    let key = include_str!("../../vectors/keys/idp.key");
    let secret = key.lines().nth(2).unwrap();
    let named = "-----BEGIN PRIVATE KEY-----";
    for (path, field) in [
        ("/admin/connections/new".to_owned(), "url"),
        ("/admin/connections/new".to_owned(), "display_name"),
        ("/admin/connections/new/manual".to_owned(), "name"),
        ("/admin/connections/new/manual".to_owned(), "sso_url"),
        (at(&connection, "/metadata"), "url"),
        (at(&connection, "/certificates"), "mode"),
        ("/admin/users/import".to_owned(), "text"),
        ("/admin/users/import/save".to_owned(), "name"),
        ("/admin/account/logo".to_owned(), "unknown"),
        (
            "/admin/groups/new/first?form=/admin/connections/new".to_owned(),
            "display_name",
        ),
        ("/admin/account/logo".to_owned(), named),
    ] {
        let csrf = token(&mut browser).await;
        let sent = [("csrf", csrf.as_str()), (field, key)];
        let answer = browser.upload(&path, &sent, &[]).await;
        assert_eq!(answer.status, 422, "{path} {field}: {}", answer.body);
        for (part, is_there) in [
            ("holds a private key", true),
            (secret, false),
            (named, false),
        ] {
            assert_eq!(
                answer.body.contains(part),
                is_there,
                "{path} {field}: {}",
                answer.body
            );
        }
    }
    assert!(world.audit().await.is_empty());
    assert_eq!(world.connections().await.len(), 1);
}

/// A group is made while the form of a connection waits, which comes back with it chosen.
#[tokio::test]
async fn a_group_that_is_made_first_loses_nothing_of_a_connections_form() {
    let world = Office::new().await;
    let mut browser = world.admin().await;
    for (number, page, typed) in [
        (
            1,
            "/admin/connections/new",
            ("url", "https://idp.example/metadata"),
        ),
        (2, "/admin/connections/new/manual", ("name", "entra-2")),
    ] {
        let shown = browser.get(page).await.body;
        let first = format!("/admin/groups/new/first?form={page}");
        assert!(
            shown.contains(&format!("formaction=\"{first}\"")),
            "{shown}"
        );
        let (name, title) = (format!("Typed & \"{number}\""), format!("Basic {number}"));
        let mut fields = fields_of(form_of(&shown, page));
        for (field, value) in &mut fields {
            match field.as_str() {
                "display_name" => value.clone_from(&name),
                other if other == typed.0 => typed.1.clone_into(value),
                _ => {}
            }
        }
        let sent: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let form = browser.upload(&first, &sent, &[]).await;
        assert_eq!(form.status, 200, "{}", form.body);
        assert!(
            form.body.contains("The form that you came from waits."),
            "{}",
            form.body
        );
        let kept = hidden_field(&form.body, "kept").unwrap();
        // A title that does not do changes nothing of that.
        let wrong = [("title", ""), ("kind", "member"), ("kept", kept.as_str())];
        let wrong = post(&mut browser, "/admin/groups/new", &wrong).await;
        assert_eq!(wrong.status, 422);
        let kept = hidden_field(&wrong.body, "kept").unwrap();
        let right = [
            ("title", title.as_str()),
            ("kind", "member"),
            ("kept", kept.as_str()),
        ];
        let back = post(&mut browser, "/admin/groups/new", &right).await;
        assert_eq!(back.status, 200, "{}", back.body);
        assert!(
            back.body.contains("What you had filled in is here"),
            "{}",
            back.body
        );
        let groups = world.app.store.groups(world.acme.id).await.unwrap();
        let made = groups.iter().find(|group| group.title == title).unwrap();
        let expected: Fields = fields
            .iter()
            .map(|(name, value)| match name.as_str() {
                "jit_group" => (name.clone(), made.id.to_string()),
                _ => (name.clone(), value.clone()),
            })
            .collect();
        let filled = fields_of(form_of(&back.body, page));
        assert_eq!(without_token(filled), without_token(expected));
    }
    // Nobody else's form, and no other page's.
    let shown = browser.get("/admin/connections/new").await.body;
    let csrf = hidden_field(&shown, "csrf").unwrap();
    let sent = [("csrf", csrf.as_str()), ("url", "")];
    let first = "/admin/groups/new/first?form=/admin/connections/new";
    let mut other = world.second_admin().await;
    assert_eq!(other.upload(first, &sent, &[]).await.status, 403);
    assert_eq!(browser.upload(first, &[("url", "")], &[]).await.status, 403);
    let elsewhere = "/admin/groups/new/first?form=/admin/users/new";
    assert_eq!(browser.upload(elsewhere, &sent, &[]).await.status, 404);
    assert!(world.connections().await.is_empty());
}
