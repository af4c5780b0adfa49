//! "API permissions", and who is known to the directory.

use vestibule::demo_idp::{DemoPerson, IdpUser};

use super::{Browser, CLIENT, Story, code_request, oidc_app, provider};

#[tokio::test]
async fn permissions_are_added_and_then_consented_to() {
    let mut browser = Browser::new(provider(oidc_app()));
    let address = format!("/registrations/{CLIENT}/permissions");
    let fields = [
        ("permission", "User.Read.All"),
        ("permission", "GroupMember.Read.All"),
        ("permission", "Everything.ReadWrite.All"),
    ];
    browser.post(&address, &fields).await;
    let page = browser.get(&address).await;
    assert_eq!(page.text.matches("Not granted for Contoso").count(), 2);
    browser.post(&format!("{address}/consent"), &[]).await;
    let page = browser.get(&address).await;
    assert_eq!(page.text.matches("Granted for Contoso").count(), 2);
    assert!(!page.text.contains("Not granted"));
    browser.post(&address, &fields[..1]).await;
    let page = browser.get(&address).await;
    assert_eq!(page.text.matches("Granted for Contoso").count(), 1);
}

#[tokio::test]
async fn who_is_blocked_or_deleted_in_the_directory_cannot_sign_in() {
    let user = IdpUser::b_simon();
    let mut story = Story::new(oidc_app());
    let directory = story.idp().directory();
    directory.change_person(&user.object_id, |person| person.is_enabled = false);
    let page = story.ask(&code_request()).await;
    let page = story.browser.sign_in(&page, &user, "usual").await;
    assert!(page.text.contains("AADSTS50057"), "{}", page.text);
    directory.change_person(&user.object_id, |person| person.is_enabled = true);
    directory.delete_person(&user.object_id);
    let page = story.ask(&code_request()).await;
    let page = story.browser.sign_in(&page, &user, "usual").await;
    assert!(page.text.contains("AADSTS50057"), "{}", page.text);
}

#[tokio::test]
async fn who_was_put_into_the_directory_can_sign_in() {
    let id = "3e9d7c15-a286-4b0f-91d4-6c8f2e05b7a3";
    let mut story = Story::new(oidc_app());
    let person = DemoPerson::new(id, "new@contoso.com", "New");
    story.idp().directory().put_person(person);
    let user = IdpUser {
        principal_name: "new@contoso.com".to_owned(),
        password: "Contoso-42".to_owned(),
        ..IdpUser::b_simon()
    };
    let page = story.ask(&code_request()).await;
    let page = story.browser.sign_in(&page, &user, "usual").await;
    let location = page.location.expect(&page.text);
    assert!(location.contains("code="), "{location}");
}
