//! Rules H3, H4 and P4 to P12: what the ID token says.

use serde_json::{Value, json};
use vestibule::oidc::{Cloud, Issuer};

use super::{CLIENT, Cases, NONCE, OTHER_TENANT, Story, TENANT};

pub(super) fn cases(cases: &mut Cases) {
    json_and_types(cases);
    issuer(cases);
    audience(cases);
    times(cases);
    request(cases);
    subject(cases);
    entra(cases);
}

fn json_and_types(cases: &mut Cases) {
    for (name, claims) in [
        ("claims-array", "[]"),
        ("claims-empty", ""),
        ("claims-not-json", "sub=alice"),
        ("sub-twice", r#"{"sub":"a","sub":"b"}"#),
        (
            "sub-twice-in-two-spellings",
            "{\"sub\":\"a\",\"\\u0073ub\":\"b\"}",
        ),
    ] {
        cases.reject(
            name,
            "H3",
            "Claims that are not one strict JSON object.",
            |story| {
                story.written_claims = Some(claims.to_owned());
            },
        );
    }
    cases.reject("deep-json", "H3", "Seventeen levels.", |story| {
        let mut deep = json!(1);
        for _ in 0..16 {
            deep = json!([deep]);
        }
        story.claim("deep", deep);
    });
    for (name, member, value) in [
        ("exp-string", "exp", json!("1796112000")),
        ("exp-negative", "exp", json!(-1)),
        ("exp-too-large", "exp", json!(1.0e300)),
        ("nbf-string", "nbf", json!("0")),
        ("iat-null", "iat", Value::Null),
        ("aud-number", "aud", json!(7)),
        ("aud-array-of-numbers", "aud", json!([CLIENT, 7])),
        ("sub-number", "sub", json!(7)),
        ("iss-array", "iss", json!(["https://idp.example.com"])),
        ("nonce-null", "nonce", Value::Null),
        ("nonce-number", "nonce", json!(7)),
        ("azp-array", "azp", json!([CLIENT])),
        ("auth-time-string", "auth_time", json!("now")),
        ("at-hash-number", "at_hash", json!(7)),
    ] {
        cases.reject_from(
            Story::named(),
            name,
            "H4",
            "A claim of the wrong type.",
            |story| {
                story.claim(member, value);
            },
        );
    }
    for (name, member, value) in [
        ("tid-number", "tid", json!(7)),
        ("oid-array", "oid", json!([])),
        ("ver-number", "ver", json!(2.0)),
    ] {
        cases.reject(name, "H4", "A claim of the wrong type.", |story| {
            story.claim(member, value);
        });
    }
}

fn issuer(cases: &mut Cases) {
    let entra = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    for (name, iss) in [
        ("iss-slash", format!("{}/", entra(TENANT))),
        ("iss-v1", format!("https://sts.windows.net/{TENANT}/")),
        ("iss-prefix", format!("{}.evil", entra(TENANT))),
        ("iss-upper-case", entra(&TENANT.to_uppercase())),
        ("iss-other-tenant", entra(OTHER_TENANT)),
        ("iss-template", entra("{tenantid}")),
        ("iss-http", entra(TENANT).replace("https", "http")),
        ("iss-port", entra(TENANT).replace(".com", ".com:443")),
        (
            "iss-alias-host",
            entra(TENANT).replace("login.microsoftonline", "login.microsoft"),
        ),
    ] {
        cases.reject(name, "P4", "Not the issuer, octet by octet.", |story| {
            story.claim("iss", iss);
        });
    }
    cases.reject("iss-missing", "P4", "No issuer.", |story| {
        story.without_claim("iss");
    });
    let listed = |tenants: &[&str]| {
        let mut story = Story::entra();
        story.file.client.issuer = Issuer::EntraTenants {
            cloud: Cloud::Global,
            tenants: tenants.iter().map(|it| it.parse().unwrap()).collect(),
        };
        story
    };
    cases.reject_from(
        listed(&[OTHER_TENANT]),
        "tid-not-listed",
        "P12",
        "A tenant that is not on the list.",
        |_| {},
    );
    cases.reject_from(
        listed(&[TENANT]),
        "tid-of-personal-accounts",
        "P12",
        "Personal accounts are not on the list.",
        |story| {
            story.claim("tid", OTHER_TENANT);
            story.claim("iss", entra(OTHER_TENANT));
        },
    );
    cases.reject_from(
        listed(&[TENANT]),
        "tid-upper-case",
        "P12",
        "The tenant in upper case.",
        |story| {
            story.claim("tid", TENANT.to_uppercase());
        },
    );
    cases.reject_from(
        listed(&[TENANT]),
        "tid-path-traversal",
        "P12",
        "A tenant that is a path.",
        |story| {
            story.claim("tid", format!("../{TENANT}"));
        },
    );
    cases.reject_from(
        listed(&[TENANT]),
        "tid-missing-in-list",
        "P12",
        "No tenant.",
        |story| {
            story.without_claim("tid");
        },
    );
    cases.reject_from(
        listed(&[TENANT, OTHER_TENANT]),
        "tid-mismatch-iss",
        "P4",
        "The tenant of one, the issuer of another.",
        |story| {
            story.claim("tid", OTHER_TENANT);
        },
    );
}

fn audience(cases: &mut Cases) {
    for (name, aud) in [
        ("aud-other", json!("another-client")),
        ("aud-substring", json!(&CLIENT[..20])),
        ("aud-superstring", json!(format!("{CLIENT}0"))),
        ("aud-upper-case", json!(CLIENT.to_uppercase())),
        ("aud-array-extra", json!([CLIENT, "another-client"])),
        ("aud-array-without-ours", json!(["another-client"])),
        ("aud-array-empty", json!([])),
        ("aud-empty", json!("")),
    ] {
        cases.reject(name, "P5", "Not for us alone.", |story| {
            story.claim("aud", aud);
        });
    }
    cases.reject("aud-missing", "P5", "No audience.", |story| {
        story.without_claim("aud");
    });
    cases.reject("azp-other", "P5", "Issued to another client.", |story| {
        story.claim("azp", "another-client");
    });
    cases.reject(
        "azp-missing-with-two-audiences",
        "P5",
        "Two audiences, and no azp.",
        |story| {
            story
                .file
                .client
                .extra_audiences
                .insert("https://api.example.com".to_owned());
            story.claim("aud", json!([CLIENT, "https://api.example.com"]));
        },
    );
    cases.reject(
        "aud-extra-alone",
        "P5",
        "The further audience without ours.",
        |story| {
            story
                .file
                .client
                .extra_audiences
                .insert("https://api.example.com".to_owned());
            story.claim("aud", "https://api.example.com");
        },
    );
}

fn times(cases: &mut Cases) {
    let now = Story::named().file.now.unix_timestamp();
    let started = Story::named().started();
    for (name, rule, member, value) in [
        ("expired", "P6", "exp", now - 180),
        ("expired-long-ago", "P6", "exp", 0),
        ("nbf-future", "P6", "nbf", now + 181),
        ("iat-future", "P7", "iat", now + 181),
        ("iat-week-old", "P7", "iat", now - 7 * 86_400),
        ("iat-before-the-sign-in", "P7", "iat", started - 781),
    ] {
        cases.reject_from(Story::named(), name, rule, "Out of time.", |story| {
            story.claim(member, value);
        });
    }
    cases.reject("exp-missing", "P6", "No exp.", |story| {
        story.without_claim("exp");
    });
    cases.reject("iat-missing", "P7", "No iat.", |story| {
        story.without_claim("iat");
    });
}

fn request(cases: &mut Cases) {
    cases.reject("nonce-missing", "P8", "No nonce.", |story| {
        story.without_claim("nonce");
    });
    for (name, nonce) in [
        ("nonce-other", NONCE.replacen('b', "c", 1)),
        ("nonce-empty", String::new()),
        ("nonce-prefix", NONCE[..42].to_owned()),
        ("nonce-longer", format!("{NONCE}A")),
    ] {
        cases.reject(name, "P8", "The nonce of another request.", |story| {
            story.claim("nonce", nonce);
        });
    }
    let forced = || {
        let mut story = Story::named();
        story.file.open.forced = true;
        story
    };
    cases.reject_from(
        forced(),
        "force-without-auth-time",
        "P9",
        "Nobody says when.",
        |story| {
            story.without_claim("auth_time");
        },
    );
    cases.reject_from(
        forced(),
        "auth-time-old",
        "P9",
        "Signed in before it was asked.",
        |story| {
            let at = story.started() - 181;
            story.claim("auth_time", at);
        },
    );
    let within_an_hour = || {
        let mut story = Story::named();
        story.file.client.max_authentication_age = Some(3600);
        story
    };
    cases.reject_from(
        within_an_hour(),
        "max-age-exceeded",
        "P9",
        "More than an hour ago.",
        |story| {
            let at = story.started() - 3600 - 181;
            story.claim("auth_time", at);
        },
    );
    cases.reject_from(
        within_an_hour(),
        "max-age-without-auth-time",
        "P9",
        "Nobody says when.",
        |story| {
            story.without_claim("auth_time");
        },
    );
    for (name, acr) in [("acr-other", Some(json!("pwd"))), ("acr-missing", None)] {
        cases.reject_from(
            Story::named(),
            name,
            "P10",
            "Not a way that was asked for.",
            |story| {
                story.file.client.accepted_acr = vec!["phr".to_owned()];
                if let Some(acr) = acr {
                    story.claim("acr", acr);
                }
            },
        );
    }
    cases.reject_from(Story::named(), "acr-array", "H4", "Several.", |story| {
        story.file.client.accepted_acr = vec!["phr".to_owned()];
        story.claim("acr", json!(["phr"]));
    });
}

fn subject(cases: &mut Cases) {
    cases.reject("sub-missing", "P11", "No subject.", |story| {
        story.without_claim("sub");
    });
    for (name, sub) in [
        ("sub-empty", String::new()),
        ("sub-256", "s".repeat(256)),
        ("sub-not-ascii", "änne".to_owned()),
        ("sub-with-line-end", "alice\n".to_owned()),
        ("sub-with-zero", "alice\0".to_owned()),
    ] {
        cases.reject(
            name,
            "P11",
            "No subject that the standard allows.",
            |story| story.claim("sub", sub),
        );
    }
    for (name, hash) in [
        ("at-hash-other", "MTIzNDU2Nzg5MDEyMzQ1Ng"),
        ("at-hash-empty", ""),
    ] {
        cases.reject_from(
            Story::named(),
            name,
            "P11",
            "Another access token.",
            |story| {
                story.claim("at_hash", hash);
            },
        );
    }
}

fn entra(cases: &mut Cases) {
    cases.reject(
        "tid-other",
        "P12",
        "Another tenant under the issuer of ours.",
        |story| {
            story.claim("tid", OTHER_TENANT);
        },
    );
    cases.reject("tid-missing", "P12", "No tenant.", |story| {
        story.without_claim("tid");
    });
    cases.reject("ver-1", "P12", "Entra's v1 endpoint.", |story| {
        story.claim("ver", "1.0");
    });
    cases.reject("ver-missing", "P12", "No version.", |story| {
        story.without_claim("ver");
    });
    cases.reject(
        "oid-missing",
        "P12",
        "No object ID: the scope profile was not granted.",
        |story| {
            story.without_claim("oid");
        },
    );
    for (name, oid) in [
        ("oid-empty", ""),
        ("oid-no-guid", "britta@contoso.com"),
        ("oid-upper-case", "690222BE-FF1A-4D56-ABD1-7E4F7D38E474"),
    ] {
        cases.reject(name, "P12", "An object ID that is none.", |story| {
            story.claim("oid", oid);
        });
    }
}
