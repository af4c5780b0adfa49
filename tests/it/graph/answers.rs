//! What an answer means, from the documentation's examples.

use std::time::Duration;

use vestibule::graph::{
    DirectoryChange, DirectoryGroup, DirectoryMember, DirectoryTenant, DirectoryUser, GraphFault,
    GraphPage, GraphRefusalKind as Kind, GroupDelta, LONGEST_PAGE, MemberKind, Removal, SeenPages,
};

use super::{TENANT, addresses, answer, vector};

fn users(body: impl Into<Vec<u8>>) -> Result<GraphPage<DirectoryUser>, GraphFault> {
    answer(200, body).page(&addresses())
}

#[test]
fn users_are_told_apart_by_their_id_in_lower_case() {
    let page = users(vector("users")).unwrap();
    let [simon, guest] = &page.items[..] else {
        panic!("{page:?}")
    };
    assert_eq!(simon.id.as_str(), "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54");
    assert_eq!(simon.mail.as_deref(), Some("b.simon@contoso.com"));
    assert!(!simon.is_guest() && !simon.is_disabled());
    assert!(guest.is_guest() && guest.is_disabled());
    assert_eq!(guest.mail, None);
    assert_eq!(guest.external_state.as_deref(), Some("SomethingNew"));
    assert_eq!(guest.other_mails, ["guest@fabrikam.com"]);
    assert!(page.next.is_some() && page.delta.is_none());
}

#[test]
fn members_come_as_nulls_without_the_permission_and_of_every_kind() {
    let page: GraphPage<DirectoryMember> = answer(200, vector("members_without_permission"))
        .page(&addresses())
        .unwrap();
    let kinds: Vec<_> = page.items.iter().map(|it| it.kind).collect();
    assert_eq!(
        kinds,
        [
            MemberKind::User,
            MemberKind::Group,
            MemberKind::ServicePrincipal,
            MemberKind::Other
        ]
    );
    let user = &page.items[0];
    assert_eq!((&user.mail, &user.is_enabled), (&None, &None));
}

#[test]
fn groups_say_what_they_are_and_whether_their_members_are_hidden() {
    let page: GraphPage<DirectoryGroup> = answer(200, vector("groups")).page(&addresses()).unwrap();
    assert_eq!(page.count, Some(2));
    let [dynamic, unified] = &page.items[..] else {
        panic!("{page:?}")
    };
    assert!(dynamic.is_dynamic() && !dynamic.is_unified() && !dynamic.hides_members());
    assert!(unified.is_unified() && unified.hides_members());
    assert_eq!(unified.is_security, Some(false));
}

#[test]
fn a_delta_tells_who_came_and_went_and_what_is_gone_and_for_how_long() {
    let page: GraphPage<DirectoryChange<GroupDelta>> = answer(200, vector("groups_delta"))
        .page(&addresses())
        .unwrap();
    let [
        DirectoryChange::Present(first),
        DirectoryChange::Present(unchanged),
        DirectoryChange::Removed { reason: soft, .. },
        DirectoryChange::Removed { reason: hard, .. },
    ] = &page.items[..]
    else {
        panic!("{page:?}")
    };
    let came: Vec<_> = first.members.iter().map(|it| it.is_removed).collect();
    assert_eq!(came, [false, true]);
    assert!(unchanged.members.is_empty() && unchanged.group.name.is_none());
    assert_eq!((*soft, *hard), (Removal::Changed, Removal::Deleted));
    assert!(page.delta.is_some() && page.next.is_none());
    // A link holds state of the directory.
    assert!(!format!("{page:?}").contains("deltatoken"));
}

#[test]
fn ids_and_the_tenant_are_read() {
    let ids = answer(200, vector("member_groups")).ids().unwrap();
    assert_eq!(ids[1].as_str(), "5c9e3f7a-1d24-4b86-a0f3-6e8d2b94c715");
    let page: GraphPage<DirectoryTenant> = answer(200, vector("organization"))
        .page(&addresses())
        .unwrap();
    assert_eq!(page.items[0].id.as_str(), TENANT);
    assert_eq!(page.items[0].verified_domains, ["contoso.com"]);
}

#[test]
fn links_lead_nowhere_but_beneath_the_pinned_base() {
    let addresses = addresses();
    let base = "https://graph.microsoft.com/v1.0/";
    assert!(
        addresses
            .link(&format!("{base}users?$skiptoken=x%2Fy"))
            .is_ok()
    );
    for foreign in [
        "https://graph.microsoft.us/v1.0/users?$skiptoken=x",
        "https://graph.microsoft.com.evil.example/v1.0/users",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://graph.microsoft.com:8443/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com/beta/users",
        "https://graph.microsoft.com/v1.0/../beta/users",
        "https://graph.microsoft.com/v1.0/%2e%2e/beta/users",
        "//evil.example/v1.0/users",
        "/v1.0/users",
        "",
        "https://graph.microsoft.com/v1.0/users#x",
        "https://graph.microsoft.com/v1.0/us ers",
        "https://graph.microsoft.com/v1.0/us\ners",
        &format!("{base}{}", "x".repeat(40_000)),
    ] {
        assert!(addresses.link(foreign).is_err(), "{foreign:.80}");
        let page = serde_json::json!({"value": [], "@odata.nextLink": foreign});
        assert!(users(page.to_string()).is_err(), "{foreign:.80}");
    }
    let page = serde_json::json!({"value": [], "@odata.nextLink": 7});
    assert!(users(page.to_string()).is_err());
    // An empty page may lead on, and null leads nowhere.
    let page = serde_json::json!({"value": [], "@odata.nextLink": null, "@odata.deltaLink": format!("{base}users/delta?$deltatoken=1")});
    assert!(users(page.to_string()).unwrap().delta.is_some());
}

#[test]
fn a_page_is_followed_once() {
    let link = |at: usize| {
        let text = format!("https://graph.microsoft.com/v1.0/users?$skiptoken={at}");
        addresses().link(&text).unwrap()
    };
    let mut seen = SeenPages::default();
    seen.follow(&link(1)).unwrap();
    seen.follow(&link(2)).unwrap();
    assert_eq!(seen.follow(&link(1)), Err(GraphFault::Loop));
    let mut many = SeenPages::default();
    let failed = (0..20_000).find_map(|at| many.follow(&link(at)).err());
    assert_eq!(failed, Some(GraphFault::TooManyPages));
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_absent() {
    for (body, is_fine) in [
        (r#"{"value":[]}"#, true),
        (r#"{"value":null}"#, false),
        (r#"{"value":{}}"#, false),
        (r"{}", false),
        (r"[]", false),
        (r#"{"value":[7]}"#, false),
        (r#"{"value":[{}]}"#, false),
        (r#"{"value":[{"id":null}]}"#, false),
        (r#"{"value":[{"id":"../users"}]}"#, false),
        (
            r#"{"value":[{"id":"8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54","accountEnabled":"false"}]}"#,
            false,
        ),
        (
            r#"{"value":[{"id":"8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54","id":"8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54"}]}"#,
            false,
        ),
        (
            r#"{"value":[{"id":"8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54","accountEnabled":null,"mail":null,"x":{"y":[]}}]}"#,
            true,
        ),
    ] {
        assert_eq!(users(body).is_ok(), is_fine, "{body}");
    }
    let deep = format!(
        "{{\"value\":[],\"x\":{}{}}}",
        "[".repeat(40),
        "]".repeat(40)
    );
    assert!(users(deep).is_err());
    let mut long = br#"{"value":[]}"#.to_vec();
    long.resize(LONGEST_PAGE + 1, b' ');
    assert_eq!(users(long), Err(GraphFault::TooLong));
    let mut html = answer(200, "<p>");
    html.is_json = false;
    let page: Result<GraphPage<DirectoryUser>, _> = html.page(&addresses());
    assert_eq!(page, Err(GraphFault::NotJson));
}

#[test]
fn text_for_people_is_one_line_and_cut() {
    let name = format!("a\u{202e}\n{}", "x".repeat(9_000));
    let id = "8f1d4b62-5a0e-4c3d-9b7a-2e6f0c1d3a54";
    let body =
        serde_json::json!({"value": [{"id": id, "displayName": name, "mail": "x".repeat(400)}]});
    let page = users(body.to_string()).unwrap();
    let shown = page.items[0].display_name.as_deref().unwrap();
    assert_eq!(shown.chars().count(), 256);
    assert!(!shown.contains(['\u{202e}', '\n']));
    assert_eq!(page.items[0].mail, None);
}

#[test]
fn an_error_is_decided_by_its_status_and_then_by_the_innermost_code_that_is_known() {
    let of = |status, body: &str| answer(status, body).refusal(&addresses()).unwrap().kind;
    let coded = |status, code: &str| of(status, &format!(r#"{{"error":{{"code":"{code}"}}}}"#));
    for (status, code, kind) in [
        (401, "InvalidAuthenticationToken", Kind::Token),
        (401, "Authorization_IdentityNotFound", Kind::NoConsent),
        (403, "Authorization_IdentityNotFound", Kind::NoConsent),
        (403, "Authorization_RequestDenied", Kind::Forbidden),
        (403, "insufficient_claims", Kind::ConditionalAccess),
        (404, "Request_ResourceNotFound", Kind::NotFound),
        (400, "Request_BadRequest", Kind::Question),
        (400, "BadRequest", Kind::Question),
        (400, "Request_UnsupportedQuery", Kind::Question),
        (
            400,
            "Directory_ResultSizeLimitExceeded",
            Kind::TooManyGroups,
        ),
        (400, "Directory_ExpiredPageToken", Kind::ExpiredPage),
        (410, "syncStateNotFound", Kind::Resync),
        (400, "syncStateNotFound", Kind::Resync),
        (410, "resyncRequired", Kind::Resync),
        (429, "TooManyRequests", Kind::Throttled),
        (429, "UnknownError", Kind::Throttled),
        (503, "ServiceUnavailable", Kind::Unavailable),
        (500, "InternalServerError", Kind::Unavailable),
        // A code that does not belong to its status decides nothing.
        (404, "Authorization_RequestDenied", Kind::NotFound),
        (302, "Found", Kind::Other),
    ] {
        assert_eq!(coded(status, code), kind, "{status} {code}");
    }
    for (status, kind) in [
        (401, Kind::Token),
        (403, Kind::Forbidden),
        (429, Kind::Throttled),
        (504, Kind::Unavailable),
        (410, Kind::Resync),
    ] {
        for body in [
            "",
            "<p>",
            "{}",
            r#"{"error":"x"}"#,
            r#"{"error":{"code":7}}"#,
        ] {
            assert_eq!(of(status, body), kind, "{status} {body}");
        }
    }
    let nested = answer(400, vector("error_nested"))
        .refusal(&addresses())
        .unwrap();
    assert_eq!(nested.kind, Kind::Resync);
    assert_eq!(nested.code.as_deref(), Some("syncStateNotFound"));
    let denied = answer(403, vector("error")).refusal(&addresses()).unwrap();
    assert_eq!(
        denied.to_string(),
        "A permission is missing (HTTP 403, Authorization_RequestDenied)."
    );
    assert!(answer(200, "").refusal(&addresses()).is_none());
}

#[test]
fn the_message_of_an_error_is_repeated_to_nobody() {
    let body = r#"{"error":{"code":"<b>secret</b>","message":"token abc"}}"#;
    let refusal = answer(400, body).refusal(&addresses()).unwrap();
    assert_eq!(refusal.code, None);
    let shown = format!("{refusal} {refusal:?}");
    assert!(
        !shown.contains("secret") && !shown.contains("abc"),
        "{shown}"
    );
}

#[test]
fn who_is_throttled_waits_at_least_so_long() {
    let wait = |text: &str| {
        let mut answer = answer(429, "");
        answer.retry_after = Some(text.to_owned());
        answer.wait().map(|it| it.as_secs())
    };
    assert_eq!(wait("10"), Some(10));
    assert_eq!(wait("2.128"), Some(3));
    assert_eq!(wait(" 0 "), Some(0));
    assert_eq!(wait("1e300"), Some(86_400));
    for nothing in ["", "-1", "NaN", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_eq!(wait(nothing), None, "{nothing}");
    }
    let mut loaded = answer(200, "");
    assert!(!loaded.is_near_limit());
    loaded.load = Some("1.2".to_owned());
    assert!(loaded.is_near_limit());
    assert_eq!(Duration::from_secs(3), {
        let mut throttled = answer(503, "");
        throttled.retry_after = Some("2.5".to_owned());
        throttled.refusal(&addresses()).unwrap().wait.unwrap()
    });
}

#[test]
fn a_fresh_start_that_an_answer_names_is_beneath_the_base() {
    let mut gone = answer(410, "");
    gone.location = Some("https://graph.microsoft.com/v1.0/users/delta?$select=id".to_owned());
    assert!(gone.refusal(&addresses()).unwrap().restart.is_some());
    gone.location = Some("https://evil.example/v1.0/users/delta".to_owned());
    assert!(gone.refusal(&addresses()).unwrap().restart.is_none());
}
