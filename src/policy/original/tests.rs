use super::*;
use crate::policy::samples::{application, headers};

const NGINX: [(&str, &str); 2] = [
    ("X-Original-Method", "GET"),
    ("X-Original-URL", "https://app.example.com/a/b?c=d"),
];
const FORWARDED: [(&str, &str); 4] = [
    ("X-Forwarded-Method", "GET"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "app.example.com"),
    ("X-Forwarded-Uri", "/a/b?c=d"),
];
const ENVOY: [(&str, &str); 2] = [("Host", "app.example.com"), ("X-Forwarded-Proto", "https")];

type Pairs = &'static [(&'static str, &'static str)];
type Read = Result<OriginalRequest, Misreport>;

fn read(kind: ProxyKind, rest: &[u8], pairs: &[(&str, &str)]) -> Read {
    let check = ProxyCheck {
        method: "GET",
        rest,
        headers: &headers(pairs),
    };
    OriginalRequest::read(&application(kind), &check)
}

/// The kinds that ask, with a good check of each.
fn good() -> [(ProxyKind, &'static [u8], Pairs); 3] {
    [
        (ProxyKind::Nginx, b"", &NGINX),
        (ProxyKind::Forwarded, b"", &FORWARDED),
        (ProxyKind::Envoy, b"/a/b?c=d", &ENVOY),
    ]
}

fn with<'p>(
    pairs: &[(&'p str, &'p str)],
    name: &'p str,
    value: &'p str,
) -> Vec<(&'p str, &'p str)> {
    let mut pairs = pairs.to_vec();
    let place = pairs.iter_mut().find(|(own, _)| *own == name).unwrap();
    place.1 = value;
    pairs
}

// Q12
#[test]
fn each_kind_is_read_from_its_place() {
    for (kind, rest, pairs) in good() {
        let asked = read(kind, rest, pairs).unwrap();
        assert_eq!(asked.method(), "GET");
        assert_eq!(asked.origin().as_str(), "https://app.example.com");
        assert_eq!(asked.uri(), b"/a/b?c=d");
        assert_eq!(asked.path(), b"/a/b");
        assert_eq!(asked.query(), Some(&b"c=d"[..]));
        assert_eq!(asked.company(), None);
    }
    let own = OriginalRequest::read_own(
        &application(ProxyKind::BuiltIn),
        WebScheme::Https,
        "POST",
        b"/a",
        &headers(&[
            ("Host", "app.example.com"),
            ("X-Forwarded-Host", "evil.example"),
        ]),
    );
    let own = own.unwrap();
    assert_eq!(
        (own.method(), own.path(), own.query()),
        ("POST", &b"/a"[..], None)
    );
}

// Q12: the other places are not looked at, there or not.
#[test]
fn other_places_say_nothing() {
    for (kind, rest, pairs) in good() {
        let expected = read(kind, rest, pairs).unwrap();
        let mut all = pairs.to_vec();
        for (_, _, others) in good() {
            let is_new = |(name, _): &&(&str, &str)| !pairs.iter().any(|(own, _)| own == name);
            let forged = others.iter().filter(is_new);
            all.extend(forged.map(|(name, _)| (*name, "/public/")));
        }
        all.push(("X-Forwarded-Prefix", "/x"));
        all.push(("X-Forwarded-Port", "1"));
        assert_eq!(read(kind, rest, &all).as_ref(), Ok(&expected), "{kind}");
        // Nor are they a second choice.
        for (other, _, others) in good() {
            if other != kind {
                assert!(read(kind, rest, others).is_err(), "{kind} by {other}");
            }
        }
    }
}

// Q13
#[test]
fn each_field_comes_once_and_is_not_empty() {
    for (kind, rest, pairs) in good() {
        for &(name, value) in pairs {
            let without: Vec<_> = pairs.iter().copied().filter(|it| it.0 != name).collect();
            let mut twice = pairs.to_vec();
            twice.push((name, value));
            for (changed, is_missing) in [
                (without, true),
                (with(pairs, name, ""), true),
                (twice, false),
            ] {
                match read(kind, rest, &changed) {
                    Err(Misreport::Missing(field)) if is_missing => assert_eq!(field.name(), name),
                    Err(Misreport::Doubled(field)) if !is_missing => assert_eq!(field.name(), name),
                    other => panic!("{kind} {name}: {other:?}"),
                }
            }
        }
    }
    assert_eq!(
        read(ProxyKind::Envoy, b"", &ENVOY),
        Err(Misreport::Missing(ReportedField::Target))
    );
}

// Q13
#[test]
fn what_cannot_be_read_is_refused() {
    let unreadable = |field| Err(Misreport::Unreadable(field));
    for method in ["get", "GET,POST", "GET ", "M-SEARCH"] {
        let changed = with(&NGINX, "X-Original-Method", method);
        let read = read(ProxyKind::Nginx, b"", &changed);
        assert_eq!(read, unreadable(ReportedField::OriginalMethod), "{method}");
    }
    for url in [
        "/a",
        "https:///a",
        "https://app.example.com",
        "https://app.example.com?a/",
        "http://app.example.com/a",
        "https://app.example.comhttps://evil.example/",
        "https://app.example.com@evil.example/",
        "https://app.example.com, https://app.example.com/a",
        "ftp://app.example.com/a",
    ] {
        let changed = with(&NGINX, "X-Original-URL", url);
        let read = read(ProxyKind::Nginx, b"", &changed);
        assert_eq!(read, unreadable(ReportedField::OriginalUrl), "{url}");
    }
    for (name, value, field) in [
        ("X-Forwarded-Proto", "http", ReportedField::ForwardedProto),
        (
            "X-Forwarded-Proto",
            "https, http",
            ReportedField::ForwardedProto,
        ),
        ("X-Forwarded-Proto", "HTTPS", ReportedField::ForwardedProto),
        (
            "X-Forwarded-Host",
            "app.example.com, evil",
            ReportedField::ForwardedHost,
        ),
        (
            "X-Forwarded-Host",
            "äpp.example.com",
            ReportedField::ForwardedHost,
        ),
        (
            "X-Forwarded-Uri",
            "https://evil.example/a",
            ReportedField::ForwardedUri,
        ),
        ("X-Forwarded-Uri", "*", ReportedField::ForwardedUri),
        ("X-Forwarded-Method", "post", ReportedField::ForwardedMethod),
    ] {
        let changed = with(&FORWARDED, name, value);
        let read = read(ProxyKind::Forwarded, b"", &changed);
        assert_eq!(read, unreadable(field), "{name}: {value}");
    }
    let read = read(ProxyKind::Envoy, b"x/a", &ENVOY);
    assert_eq!(read, unreadable(ReportedField::Target));
}

// Q13
#[test]
fn a_web_socket_is_its_http_scheme_and_http_is_for_loopback() {
    let of = |proto, host| {
        let mut changed = with(&FORWARDED, "X-Forwarded-Proto", proto);
        changed = with(&changed, "X-Forwarded-Host", host);
        let mut application = application(ProxyKind::Forwarded);
        application
            .origins
            .push("http://app.localhost".parse().unwrap());
        let check = ProxyCheck {
            method: "GET",
            rest: b"",
            headers: &headers(&changed),
        };
        let read = OriginalRequest::read(&application, &check);
        read.map(|asked| asked.origin().to_string())
    };
    let https = Ok("https://app.example.com".to_owned());
    let http = Ok("http://app.localhost".to_owned());
    assert_eq!(of("wss", "app.example.com"), https);
    assert_eq!(of("http", "app.localhost:80"), http);
    assert_eq!(of("ws", "app.localhost"), http);
    let refused = Err(Misreport::Unreadable(ReportedField::ForwardedProto));
    assert_eq!(of("ws", "app.example.com"), refused);
}

// Q11
#[test]
fn a_path_follows_the_name_for_envoy_only() {
    for (kind, pairs) in [
        (ProxyKind::Nginx, &NGINX[..]),
        (ProxyKind::Forwarded, &FORWARDED[..]),
    ] {
        for rest in [&b"/"[..], b"/public/", b"/?x", b"x"] {
            assert_eq!(read(kind, rest, pairs), Err(Misreport::PathAfterName));
        }
        // The client's query, which Caddy passes on, chooses nothing.
        let asked = read(kind, b"?rd=/public/", pairs).unwrap();
        assert_eq!(asked.uri(), b"/a/b?c=d");
    }
    let read = read(ProxyKind::BuiltIn, b"", &NGINX);
    assert_eq!(read, Err(Misreport::NoCheck));
}

// Q12
#[test]
fn octets_are_kept_as_they_came() {
    let url = b"https://app.example.com//a/../%2f;x=\xff#f?q=%zz?";
    let mut told = headers(&NGINX);
    told.insert(
        "x-original-url",
        http::HeaderValue::from_bytes(url).unwrap(),
    );
    let check = ProxyCheck {
        method: "GET",
        rest: b"",
        headers: &told,
    };
    let asked = OriginalRequest::read(&application(ProxyKind::Nginx), &check).unwrap();
    assert_eq!(asked.path(), b"//a/../%2f;x=\xff#f");
    assert_eq!(asked.query(), Some(&b"q=%zz?"[..]));
    assert_eq!(asked.plain_path(), None);
}

// Q14
#[test]
fn the_origin_is_one_of_the_applications() {
    let of = |host| {
        let changed = with(&FORWARDED, "X-Forwarded-Host", host);
        let read = read(ProxyKind::Forwarded, b"", &changed);
        read.map(|asked| asked.company().map(str::to_owned))
    };
    assert_eq!(of("APP.example.com.:443"), Ok(None));
    assert_eq!(of("Acme.app.example.com"), Ok(Some("acme".to_owned())));
    for other in [
        "evil.example",
        "app.example.com.evil.example",
        "app.example.com:8443",
        "initech.app.example.com",
        "a.acme.app.example.com",
    ] {
        let origin = format!("https://{other}").parse().unwrap();
        assert_eq!(of(other), Err(Misreport::ForeignOrigin(origin)));
    }
}

// Q14: what is written out goes before a label, whatever the order.
#[test]
fn an_origin_written_out_is_of_no_company() {
    let mut application = application(ProxyKind::Forwarded);
    application
        .origins
        .push("https://globex.app.example.com".parse().unwrap());
    let of = |host| {
        let changed = with(&FORWARDED, "X-Forwarded-Host", host);
        let check = ProxyCheck {
            method: "GET",
            rest: b"",
            headers: &headers(&changed),
        };
        let asked = OriginalRequest::read(&application, &check).unwrap();
        asked.company().map(str::to_owned)
    };
    assert_eq!(of("globex.app.example.com"), None);
    assert_eq!(of("acme.app.example.com"), Some("acme".to_owned()));
}

// Q28
#[test]
fn an_address_of_ours_is_not_checked() {
    for uri in [
        "/.vestibule/start",
        "/%2Evestibule/who?x",
        "/.vestibule/../a",
    ] {
        let changed = with(&FORWARDED, "X-Forwarded-Uri", uri);
        let read = read(ProxyKind::Forwarded, b"", &changed);
        assert_eq!(read, Err(Misreport::OwnAddress), "{uri}");
    }
    let changed = with(&FORWARDED, "X-Forwarded-Uri", "/a?/.vestibule/");
    assert!(read(ProxyKind::Forwarded, b"", &changed).is_ok());
}
