//! What Microsoft Graph and its token endpoint answer: read within bounds, or refused; and no link leads out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::graph::{
    DirectoryChange, DirectoryGroup, DirectoryMember, DirectoryTenant, DirectoryUser,
    GraphAddresses, GraphAnswer, GraphItem, GraphToken, GroupDelta, UserKey,
};

const BASE: &str = "https://graph.microsoft.com/v1.0/";

fn read<T: GraphItem>(answer: &GraphAnswer, addresses: &GraphAddresses) {
    match answer.page::<T>(addresses) {
        Ok(page) => {
            for link in page.next.iter().chain(&page.delta) {
                let url = url::Url::parse(link.as_str()).expect("a link is an address");
                assert!(url.as_str().starts_with(BASE));
                assert_eq!(url.host_str(), Some("graph.microsoft.com"));
            }
        }
        Err(fault) => drop(fault.to_string()),
    }
    drop(answer.item::<T>());
}

fuzz_target!(|octets: &[u8]| {
    let tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
        .parse()
        .expect("a GUID");
    let addresses = GraphAddresses::new(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        tenant,
    );
    let text = String::from_utf8_lossy(octets);
    let mut answer = GraphAnswer {
        status: 200,
        is_json: true,
        body: octets.to_vec(),
        retry_after: Some(text.chars().take(20).collect()),
        request_id: None,
        location: Some(text.to_string()),
        load: None,
    };
    read::<DirectoryUser>(&answer, &addresses);
    read::<DirectoryGroup>(&answer, &addresses);
    read::<DirectoryMember>(&answer, &addresses);
    read::<DirectoryTenant>(&answer, &addresses);
    read::<DirectoryChange<GroupDelta>>(&answer, &addresses);
    drop(answer.ids());
    for status in [400, 401, 403, 410, 429, 503] {
        answer.status = status;
        let refusal = answer.refusal(&addresses).expect("it is no success");
        assert!(refusal.to_string().len() < 300);
    }
    if let Ok(token) = GraphToken::parse(true, octets) {
        assert!(token.as_str().bytes().all(|it| it.is_ascii_graphic()));
    }
    // What somebody types stays in its place: one segment, one option.
    let search = addresses.search_users(&text);
    let url = url::Url::parse(search.url()).expect("a question is an address");
    assert_eq!(url.path(), "/v1.0/users");
    assert_eq!(url.query_pairs().count(), 3);
    if let Some(key) = UserKey::parse(&text) {
        let request = addresses.user(&key);
        let url = url::Url::parse(request.url()).expect("a question is an address");
        assert!(url.as_str().starts_with(BASE));
        assert_eq!(url.query_pairs().count(), 1);
    }
});
