use super::*;
use crate::policy::identity::ForwardedIdentityParts;
use crate::policy::samples::ada;

const DEFAULTS: [&str; 7] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "vestibule-groups-omitted",
    "vestibule-company",
    "vestibule-identity",
];

type Made = Result<IdentityHeaders, IdentityHeadersError>;

fn made(change: impl FnOnce(&mut IdentityHeaderSettings)) -> Made {
    let mut settings = IdentityHeaderSettings::default();
    change(&mut settings);
    IdentityHeaders::new(&settings, ProxyKind::Nginx)
}

fn values(headers: &IdentityHeaders, identity: Option<&ForwardedIdentity>) -> Vec<String> {
    let rendered = headers.render(identity);
    let names: Vec<_> = rendered.iter().map(|(name, _)| name).collect();
    let own: Vec<_> = headers.names().iter().map(|(_, name)| name).collect();
    assert_eq!(names, own);
    let text = |value: &HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
    rendered.iter().map(|(_, value)| text(value)).collect()
}

fn parts() -> ForwardedIdentityParts {
    ForwardedIdentityParts {
        subject: "01hada".to_owned(),
        company: "acme".to_owned(),
        token: "a.b.c".to_owned(),
        ..ForwardedIdentityParts::default()
    }
}

// Q26, Q35
#[test]
fn every_name_is_there_whoever_is() {
    let headers = made(|_| {}).unwrap();
    let names: Vec<_> = headers
        .names()
        .iter()
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(names, DEFAULTS);
    assert_eq!(
        values(&headers, Some(&ada("acme"))),
        [
            "01hada",
            "ada@acme.example",
            "Ada Lovelace",
            "admin,staff",
            "",
            "acme",
            "head.claims.signature"
        ]
    );
    let bare = ForwardedIdentity::new(parts()).unwrap();
    let expected = ["01hada", "", "", "", "", "acme", "a.b.c"];
    assert_eq!(values(&headers, Some(&bare)), expected);
    assert_eq!(values(&headers, None), [""; 7]);
}

// Q35
#[test]
fn names_are_checked_and_no_two_are_the_same() {
    let user = |name: &str| {
        let name = name.to_owned();
        made(|settings| settings.user = Some(name))
    };
    assert!(user("X-User").is_ok());
    for same in ["Remote-Email", "remote-email", "REMOTE-EMAIL"] {
        let refused = user(same).unwrap_err();
        assert!(
            matches!(refused, IdentityHeadersError::Same(..)),
            "{refused}"
        );
    }
    for (name, cause) in [
        ("Remote_User", HeaderNameError::Form),
        ("Remote.User", HeaderNameError::Form),
        ("Cookie", HeaderNameError::Forbidden),
        ("X-Forwarded-User", HeaderNameError::Forbidden),
    ] {
        let name = name.to_owned();
        let expected = IdentityHeadersError::Name {
            name: name.clone(),
            cause,
        };
        assert_eq!(user(&name), Err(expected));
    }
    let fewer = made(|settings| settings.email = None).unwrap();
    assert_eq!(values(&fewer, None).len(), 6);
    assert_eq!(
        made(|settings| settings.groups_omitted = None),
        Err(IdentityHeadersError::NoGroupsOmitted)
    );
}

// Q40: at the limit and one octet over it.
#[test]
fn groups_go_whole_or_not_at_all() {
    let headers = made(|settings| settings.groups_limit = 11).unwrap();
    let groups = |names: &[&str]| {
        let groups = names.iter().map(|&name| name.to_owned()).collect();
        let identity =
            ForwardedIdentity::new(ForwardedIdentityParts { groups, ..parts() }).unwrap();
        let all = values(&headers, Some(&identity));
        [all[3].clone(), all[4].clone()]
    };
    assert_eq!(groups(&["staff", "admin"]), ["admin,staff", ""]);
    assert_eq!(groups(&["staffs", "admin"]), ["", "2"]);
    assert_eq!(groups(&["a,b", "c"]), ["a%2Cb,c", ""]);
    // The form that is sent counts.
    assert_eq!(groups(&["äääääää"]), ["", "1"]);
    assert_eq!(groups(&[]), ["", ""]);
}

// Q27
#[test]
fn a_long_name_is_left_out() {
    let headers = made(|_| {}).unwrap();
    let of = |email: String, name: String| {
        let (email, name) = (Some(email), Some(name));
        let identity = ForwardedIdentityParts {
            email,
            name,
            ..parts()
        };
        let all = values(&headers, Some(&ForwardedIdentity::new(identity).unwrap()));
        [all[1].len(), all[2].len()]
    };
    assert_eq!(of("e".repeat(320), "n".repeat(320)), [320, 320]);
    assert_eq!(of("e".repeat(321), "n".repeat(320)), [0, 320]);
    // 54 umlauts are 324 octets when they are sent.
    assert_eq!(of("e".repeat(320), "ä".repeat(54)), [320, 0]);
    assert_eq!(of("e".repeat(320), "ä".repeat(53)), [320, 318]);
}

// Q27, Q37: without a token an application refuses.
#[test]
fn a_token_over_its_limit_is_left_out() {
    let headers = made(|_| {}).unwrap();
    for (length, sent) in [(1_500, 1_500), (1_501, 0)] {
        let token = "t".repeat(length);
        let identity = ForwardedIdentity::new(ForwardedIdentityParts { token, ..parts() }).unwrap();
        assert_eq!(values(&headers, Some(&identity))[6].len(), sent);
    }
}

// Q27
#[test]
fn what_could_exceed_the_budget_is_not_made() {
    for kind in ProxyKind::ALL {
        let of = |groups_limit, header_budget| {
            let settings = IdentityHeaderSettings {
                groups_limit,
                header_budget,
                ..IdentityHeaderSettings::default()
            };
            IdentityHeaders::new(&settings, kind)
        };
        // The defaults are within it for every kind.
        assert!(of(800, HeaderBudget::Usual).is_ok(), "{kind}");
        let refused = of(1_200, HeaderBudget::Usual).unwrap_err();
        let is_budget = matches!(refused, IdentityHeadersError::Budget { budget: 3_500, .. });
        assert!(is_budget, "{refused}");
        assert!(of(1_200, HeaderBudget::Raised).is_ok());
        assert!(of(5_000, HeaderBudget::Raised).is_err());
    }
}

// Q27: the bound is one, and a near one.
#[test]
fn the_largest_answer_is_within_the_bound() {
    for kind in ProxyKind::ALL {
        let headers = IdentityHeaders::new(&IdentityHeaderSettings::default(), kind).unwrap();
        let largest = ForwardedIdentityParts {
            subject: "s".repeat(LONGEST_SUBJECT),
            company: "c".repeat(LONGEST_COMPANY),
            email: Some("e".repeat(LONGEST_TEXT)),
            name: Some("n".repeat(LONGEST_TEXT)),
            groups: vec!["g".repeat(800)],
            token: "t".repeat(1_500),
        };
        let rendered = headers.render(Some(&ForwardedIdentity::new(largest).unwrap()));
        let line =
            |(name, value): &(HeaderName, HeaderValue)| name.as_str().len() + AROUND + value.len();
        let mut octets = rendered.iter().map(line).sum::<usize>() + OTHER_HEADERS;
        if kind == ProxyKind::Envoy {
            octets += ENVOY_REMOVES.len() + AROUND + headers.removed_by_envoy(&rendered).len();
        }
        let bound = headers.largest(kind);
        assert!(
            (octets..octets + 32).contains(&bound),
            "{kind}: {octets}, {bound}"
        );
    }
}

// Q26, Q36
#[test]
fn envoy_takes_away_what_is_empty_and_what_is_folded() {
    let headers = made(|_| {}).unwrap();
    let removed = |identity| {
        let value = headers.removed_by_envoy(&headers.render(identity));
        let names = value.to_str().unwrap().split(',').map(str::to_owned);
        names.collect::<Vec<_>>()
    };
    let nobody = removed(None);
    assert!(
        DEFAULTS
            .iter()
            .all(|name| nobody.iter().any(|it| it == name))
    );
    let ada = ada("acme");
    let of_ada = removed(Some(&ada));
    // A name with a value is not taken away again.
    assert!(!of_ada.iter().any(|name| name == "remote-user"));
    assert!(of_ada.iter().any(|name| name == "vestibule-groups-omitted"));
    for folded in [
        "remote_user",
        "vestibule_identity",
        "vestibule_groups-omitted",
    ] {
        assert!(nobody.iter().any(|name| name == folded), "{folded}");
        assert!(of_ada.iter().any(|name| name == folded), "{folded}");
    }
}

// Q36, Q37, Q58
#[test]
fn every_spelling_of_a_client_is_known() {
    let headers = made(|_| {}).unwrap();
    for (_, name) in headers.names() {
        for spelling in header_name::spellings(name) {
            assert!(headers.covers(spelling.as_str()) && headers.strips(&spelling));
        }
        assert!(headers.covers(name.as_str()) && headers.strips(name));
        assert!(headers.covers(&name.as_str().to_ascii_uppercase()));
    }
    let other = HeaderName::from_static;
    assert!(!headers.covers("x_other") && headers.strips(&other("x_other")));
    assert!(headers.strips(&other("x.other")));
    assert!(!headers.strips(&other("remote-users")) && !headers.strips(&other("accept")));
}

// Q27
#[test]
fn settings_are_read_from_a_configuration() {
    let read = serde_json::from_str::<IdentityHeaderSettings>;
    assert_eq!(read("{}").unwrap(), IdentityHeaderSettings::default());
    let settings =
        read(r#"{"email":null,"header_encoding":"rfc2047","header_budget":7000}"#).unwrap();
    assert_eq!(settings.email, None);
    assert_eq!(settings.header_encoding, HeaderEncoding::Rfc2047);
    assert_eq!(settings.header_budget, HeaderBudget::Raised);
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(read(&written).unwrap(), settings);
    assert!(read(r#"{"header_budget":5000}"#).is_err());
    assert!(read(r#"{"mail":"X"}"#).is_err());
}
