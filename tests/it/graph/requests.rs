//! What is asked.

use vestibule::graph::{GraphRequest, ObjectId, UserKey};

use super::addresses;

const USER: &str = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";
const SELECT: &str = "$select=id,accountEnabled,displayName,givenName,surname,mail,userPrincipalName,userType,companyName,otherMails,externalUserState";

fn rest(request: &GraphRequest) -> &str {
    request
        .url()
        .strip_prefix("https://graph.microsoft.com/v1.0/")
        .unwrap()
}

fn by_key(text: &str) -> String {
    let key = UserKey::parse(text).unwrap();
    rest(&addresses().user(&key)).to_owned()
}

#[test]
fn a_user_is_asked_for_by_an_encoded_key() {
    let upper = USER.to_uppercase();
    assert_eq!(by_key(&upper), format!("users/{USER}?{SELECT}"));
    let guest = by_key("guest_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    let path = "users/guest_fabrikam.com%23EXT%23%40contoso.onmicrosoft.com";
    assert_eq!(guest, format!("{path}?{SELECT}"));
    let dollar = by_key("$o'brien@contoso.com");
    let path = "users('%24o%27%27brien%40contoso.com')";
    assert_eq!(dollar, format!("{path}?{SELECT}"));
    assert!(by_key("../../x@contoso.com").starts_with("users/..%2F..%2Fx%40contoso.com?"));
    for nobody in ["", "..", "brit", "@contoso.com", "a b@contoso.com", "a@"] {
        assert_eq!(UserKey::parse(nobody), None, "{nobody}");
    }
}

#[test]
fn filters_and_searches_hold_what_was_typed_as_text() {
    let by_mail = addresses().users_by_mail("o'brien@contoso.com");
    assert!(
        rest(&by_mail)
            .starts_with("users?$filter=mail%20eq%20%27o%27%27brien%40contoso.com%27&$select=")
    );
    assert!(rest(&by_mail).ends_with("&$top=5"));
    assert_eq!(by_mail.consistency_level(), None);
    let any = addresses().users_by_any_address("a@b.c");
    assert!(rest(&any).contains("proxyAddresses%2Fany%28p%3Ap%20eq%20%27smtp%3Aa%40b.c%27%29"));
    assert!(rest(&any).ends_with("&$count=true"));
    assert_eq!(any.consistency_level(), Some("eventual"));
    let search = addresses().search_users("brit\" OR \"mail:x\\");
    assert!(rest(&search).starts_with(
        "users?$search=%22displayName%3Abrit%5C%22%20OR%20%5C%22mail%3Ax%5C%5C%22%20OR%20%22mail%3A"
    ));
    assert_eq!(search.consistency_level(), Some("eventual"));
    assert!(rest(&search).ends_with("&$top=25"));
}

#[test]
fn memberships_are_asked_where_nothing_lags() {
    let user: ObjectId = USER.parse().unwrap();
    let asked = addresses().member_groups(&user, true);
    assert_eq!(rest(&asked), format!("users/{USER}/getMemberGroups"));
    assert_eq!(asked.body(), Some(r#"{"securityEnabledOnly":true}"#));
    assert_eq!(asked.consistency_level(), None);
    let many = vec![user.clone(); 30];
    let checked = addresses().check_member_groups(&user, &many);
    assert_eq!(checked.body().unwrap().matches(USER).count(), 20);
    let cast = addresses().groups_of(&user);
    assert!(rest(&cast).contains("/transitiveMemberOf/microsoft.graph.group?"));
    assert!(rest(&cast).contains("$count=true"));
    assert_eq!(cast.consistency_level(), Some("eventual"));
    // A link is asked with the same headers: they are not remembered.
    let link = addresses().link("https://graph.microsoft.com/v1.0/users/x?$skiptoken=1");
    let next = cast.following(&link.unwrap());
    assert_eq!(next.consistency_level(), Some("eventual"));
}

#[test]
fn a_few_groups_are_followed_by_a_filter_and_no_top() {
    let ids: Vec<ObjectId> = vec![USER.parse().unwrap(); 60];
    let followed = addresses().groups_delta_of(&ids);
    assert_eq!(rest(&followed).matches(USER).count(), 50);
    assert!(!rest(&followed).contains("$top"));
    assert!(!rest(&addresses().users_delta()).contains("$top"));
}

#[test]
fn tokens_and_consent_are_asked_of_the_tenant_by_its_guid() {
    let addresses = addresses();
    let tenant = super::TENANT;
    assert_eq!(
        addresses.token_endpoint(),
        format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")
    );
    assert_eq!(addresses.scope(), "https://graph.microsoft.com/.default");
    assert_eq!(
        addresses.admin_consent("client", "a&b", "https://acme.example/x?y"),
        format!(
            "https://login.microsoftonline.com/{tenant}/adminconsent?client_id=client&state=a%26b&redirect_uri=https%3A%2F%2Facme.example%2Fx%3Fy"
        )
    );
}
