//! People, looked up by what an administrator types.

use vestibule::demo_idp::DemoPerson;

use super::world::{CLIENT_ID, Contoso};

const GUEST: &str = "1c2f8d0e-6a47-4b19-8e35-f0a9d6c7b281";
const NAMESAKE: &str = "a5d81f3c-27e6-4c90-8b1d-e9f4076c2a58";

async fn found(contoso: &Contoso, typed: &str) -> Vec<String> {
    let people = contoso.open().find_people(typed).await.unwrap();
    people
        .iter()
        .map(|it| it.user.display_name.clone().unwrap())
        .collect()
}

#[tokio::test]
async fn people_are_found_by_name_address_user_name_and_object_id() {
    let contoso = Contoso::new().await;
    assert_eq!(found(&contoso, "brit").await, ["Britta Simon"]);
    assert_eq!(found(&contoso, "Simon").await, ["B.Simon", "Britta Simon"]);
    assert_eq!(found(&contoso, " B.SIMON@contoso.com ").await, ["B.Simon"]);
    let id = "E60B2D87-9C13-4A5F-B2E4-0D7F8A6C1B59";
    assert_eq!(found(&contoso, id).await, ["Adele Vance"]);
    for nobody in [
        "",
        " ",
        "nobody@contoso.com",
        "x\" OR \"mail:b",
        "o'brien@x.y",
    ] {
        assert!(found(&contoso, nobody).await.is_empty(), "{nobody}");
    }
}

#[tokio::test]
async fn several_people_with_one_address_are_an_answer() {
    let contoso = Contoso::new().await;
    let mut namesake = DemoPerson::new(NAMESAKE, "other@contoso.com", "Other Simon");
    namesake.mail = Some("b.simon@contoso.com".to_owned());
    contoso.directory().put_person(namesake);
    let people = found(&contoso, "b.simon@contoso.com").await;
    assert_eq!(people, ["B.Simon", "Other Simon"]);
}

#[tokio::test]
async fn guests_and_people_who_are_blocked_are_marked() {
    let contoso = Contoso::new().await;
    let name = "guest_fabrikam.com#EXT#@contoso.onmicrosoft.com";
    let mut guest = DemoPerson::new(GUEST, name, "Guest of Fabrikam");
    guest.is_guest = true;
    guest.is_enabled = false;
    guest.mail = Some("Guest@Fabrikam.com".to_owned());
    contoso.directory().put_person(guest);
    let people = contoso.open().find_people(name).await.unwrap();
    let [person] = &people[..] else {
        panic!("{people:?}")
    };
    assert!(person.is_guest && person.is_disabled);
    assert_eq!(person.email.as_deref(), Some("guest@fabrikam.com"));
    // A user name is no address.
    contoso
        .directory()
        .change_person(GUEST, |person| person.mail = None);
    let people = contoso.open().find_people(GUEST).await.unwrap();
    assert_eq!(people[0].email, None);
}

#[tokio::test]
async fn no_more_than_a_page_is_shown_and_a_missing_permission_is_said() {
    let contoso = Contoso::new().await;
    for at in 0..40 {
        let id = format!("00000000-0000-4000-8000-0000000000{at:02}");
        let name = format!("many{at}@contoso.com");
        contoso
            .directory()
            .put_person(DemoPerson::new(&id, &name, "Many People"));
    }
    assert_eq!(found(&contoso, "many").await.len(), 25);
    contoso.idp.grant(CLIENT_ID, &["GroupMember.Read.All"]);
    contoso.open().forget_token().await;
    let failed = contoso.open().find_people("many").await.unwrap_err();
    assert!(
        failed.advice().unwrap().contains("User.Read.All"),
        "{failed}"
    );
}
