//! Rules Q, R and S: who it is, how far the address is trusted, and the groups.

use serde_json::{Value, json};
use vestibule::oidc::{Cloud, Issuer};

use super::super::case::GroupsFile;
use super::{CLIENT, Cases, KID, NAMED, OTHER_TENANT, Story, TENANT};

pub(super) fn accepted(cases: &mut Cases) {
    addresses(cases);
    entras_addresses(cases);
    guests(cases);
    groups(cases);
    userinfo(cases);
}

fn addresses(cases: &mut Cases) {
    for (name, value, is_verified) in [
        ("email-verified-text", json!("true"), true),
        ("email-verified-string-false", json!("false"), false),
        ("email-verified-false", json!(false), false),
        ("email-verified-1", json!(1), false),
        ("email-verified-null", Value::Null, false),
    ] {
        cases.accept(
            name,
            "What is said of an address.",
            Story::named(),
            |story| {
                story.claim("email_verified", value);
                story.user().is_verified = is_verified;
            },
        );
    }
    cases.accept(
        "email-not-said-of",
        "An address, and nothing of it.",
        Story::named(),
        |story| {
            story.without_claim("email_verified");
            story.user().is_verified = false;
        },
    );
    cases.accept("no-email", "No address.", Story::named(), |story| {
        story.without_claim("email");
        story.user().email = None;
        story.user().is_verified = false;
    });
    cases.accept(
        "email-two-addresses",
        "Two addresses are none.",
        Story::named(),
        |story| {
            story.claim("email", json!(["jane@example.com", "admin@example.com"]));
            story.user().email = None;
            story.user().is_verified = false;
        },
    );
    cases.accept(
        "edov-elsewhere",
        "Entra's word from another provider.",
        Story::named(),
        |story| {
            story.without_claim("email_verified");
            story.claim("xms_edov", true);
            story.claim("verified_primary_email", json!(["jane@example.com"]));
            story.user().is_verified = false;
        },
    );
}

fn entras_addresses(cases: &mut Cases) {
    for (name, value, is_verified) in [
        ("edov-true", json!(true), true),
        ("edov-1", json!(1), true),
        ("edov-text-1", json!("1"), true),
        ("edov-text-true", json!("true"), true),
        ("edov-0", json!(0), false),
        ("edov-false", json!(false), false),
        ("edov-2", json!(2), false),
    ] {
        cases.accept(
            name,
            "Whether the tenant owns the address's domain.",
            Story::entra(),
            |story| {
                story.claim("xms_edov", value);
                story.user().is_verified = is_verified;
            },
        );
    }
    cases.accept(
        "entra-email-verified-true",
        "The tenant's administrator says so.",
        Story::entra(),
        |story| {
            story.claim("email_verified", true);
        },
    );
    cases.accept(
        "edov-true-email-verified-false",
        "One says yes, one says no.",
        Story::entra(),
        |story| {
            story.claim("xms_edov", true);
            story.claim("email_verified", false);
        },
    );
    cases.accept(
        "verified-primary-email",
        "The address is one of those that are verified.",
        Story::entra(),
        |story| {
            story.claim("verified_primary_email", json!(["Britta@contoso.com"]));
            story.user().email = Some("Britta@contoso.com".to_owned());
            story.user().is_verified = true;
        },
    );
    cases.accept(
        "verified-primary-email-other",
        "Another address is verified.",
        Story::entra(),
        |story| {
            story.claim("verified_primary_email", "other@contoso.com");
        },
    );
    cases.accept(
        "user-name-as-email",
        "No mailbox, and the connection takes the user name.",
        Story::entra(),
        |story| {
            story.file.client.user_name_as_email = true;
            story.without_claim("email");
        },
    );
    cases.accept(
        "user-name-not-taken",
        "No mailbox.",
        Story::entra(),
        |story| {
            story.without_claim("email");
            story.user().email = None;
        },
    );
    cases.accept(
        "upn-ext",
        "The user name of a guest is not an address.",
        Story::entra(),
        |story| {
            story.file.client.user_name_as_email = true;
            story.without_claim("email");
            story.claim("preferred_username", "britta_fabrikam.com#EXT#@contoso.com");
            story.user().email = None;
        },
    );
}

fn guests(cases: &mut Cases) {
    for (name, claim, value, is_guest) in [
        ("guest-by-acct", "acct", json!(1), true),
        ("member-by-acct", "acct", json!(0), false),
        (
            "guest-by-idp",
            "idp",
            json!(format!("https://sts.windows.net/{OTHER_TENANT}/")),
            true,
        ),
        ("guest-of-live", "idp", json!("live.com"), true),
        (
            "member-by-idp",
            "idp",
            json!(format!("https://sts.windows.net/{TENANT}/")),
            false,
        ),
    ] {
        cases.accept(name, "Whose user it is.", Story::entra(), |story| {
            story.claim(claim, value);
            story.user().is_guest = is_guest;
        });
    }
    cases.accept(
        "same-oid-other-tenant",
        "The same object ID in another tenant is another user.",
        Story::entra(),
        |story| {
            story.file.client.issuer = Issuer::EntraTenants {
                cloud: Cloud::Global,
                tenants: vec![TENANT.parse().unwrap(), OTHER_TENANT.parse().unwrap()],
            };
            story.claim("tid", OTHER_TENANT);
            story.claim(
                "iss",
                format!("https://login.microsoftonline.com/{OTHER_TENANT}/v2.0"),
            );
            story.user().key = format!("tid:{OTHER_TENANT}/oid:{}", super::OBJECT);
        },
    );
}

fn groups(cases: &mut Cases) {
    const ONE: &str = "fee2c45b-915a-4a64-b130-f4eb9e75525e";
    let overflow = json!({ "groups": "src1" });
    for (name, claim, value, expected) in [
        (
            "groups",
            "groups",
            json!([ONE]),
            GroupsFile::Values(vec![ONE.to_owned()]),
        ),
        (
            "groups-upper-case",
            "groups",
            json!([ONE.to_uppercase()]),
            GroupsFile::Values(vec![ONE.to_owned()]),
        ),
        (
            "groups-by-name",
            "groups",
            json!(["Sales EU"]),
            GroupsFile::Values(vec!["Sales EU".to_owned()]),
        ),
        (
            "groups-text",
            "groups",
            json!("Editor"),
            GroupsFile::Values(vec!["Editor".to_owned()]),
        ),
        (
            "groups-empty",
            "groups",
            json!([]),
            GroupsFile::Values(Vec::new()),
        ),
        ("overflow", "_claim_names", overflow, GroupsFile::Overflow),
        (
            "overflow-of-another-claim",
            "_claim_names",
            json!({ "photos": "src1" }),
            GroupsFile::Missing,
        ),
        ("hasgroups", "hasgroups", json!(true), GroupsFile::Overflow),
        (
            "hasgroups-string",
            "hasgroups",
            json!("true"),
            GroupsFile::Overflow,
        ),
        (
            "hasgroups-false",
            "hasgroups",
            json!(false),
            GroupsFile::Missing,
        ),
        (
            "groups-src1",
            "groups:src1",
            json!("https://evil.example.com"),
            GroupsFile::Overflow,
        ),
    ] {
        cases.accept(
            name,
            "What the claims say of groups.",
            Story::entra(),
            |story| {
                story.claim(claim, value);
                story.user().groups = expected;
            },
        );
    }
    cases.accept(
        "overflow-beside-groups",
        "Some groups, and that there are more.",
        Story::entra(),
        |story| {
            story.claim("groups", json!([ONE]));
            story.claim("_claim_names", json!({ "groups": "src1" }));
            story.claim(
                "_claim_sources",
                json!({ "src1": { "endpoint": "http://169.254.169.254/" } }),
            );
            story.user().groups = GroupsFile::Overflow;
        },
    );
}

/// A provider that keeps the address out of its ID tokens.
fn asking() -> Story {
    let mut story = Story::named();
    story.without_claim("email");
    story.without_claim("email_verified");
    story.userinfo = Some(json!({
        "sub": "248289761001", "email": "jane@example.com", "email_verified": true,
    }));
    story
}

fn userinfo(cases: &mut Cases) {
    cases.accept(
        "userinfo",
        "The address comes from userinfo.",
        asking(),
        |_| {},
    );
    cases.accept(
        "userinfo-signed",
        "The same, as a JWT.",
        asking(),
        |story| {
            story.file.client.signed_userinfo = true;
            sign_userinfo(story, |_| {});
        },
    );
    cases.accept(
        "verified-from-id-token-email-from-userinfo",
        "The token's word is not about userinfo's address.",
        asking(),
        |story| {
            story.claim("email_verified", true);
            story.userinfo = Some(json!({ "sub": "248289761001", "email": "admin@example.com" }));
            story.user().email = Some("admin@example.com".to_owned());
            story.user().is_verified = false;
        },
    );
    cases.accept("verified-from-userinfo-email-from-id-token", "Userinfo's word is not about the token's address.", Story::named(), |story| {
        story.without_claim("email_verified");
        story.userinfo = Some(json!({ "sub": "248289761001", "email": "other@example.com", "email_verified": true }));
        story.user().is_verified = false;
    });
    cases.accept(
        "groups-from-userinfo",
        "The groups come from userinfo.",
        Story::named(),
        |story| {
            story.userinfo = Some(json!({ "sub": "248289761001", "groups": ["a"] }));
            story.user().groups = GroupsFile::Values(vec!["a".to_owned()]);
        },
    );
    cases.accept("identity-from-userinfo", "Userinfo does not say who it is.", Story::entra(), |story| {
        story.userinfo = Some(json!({
            "sub": super::SUBJECT, "oid": "00000000-0000-0000-0000-000000000000", "tid": OTHER_TENANT,
            "xms_edov": true, "verified_primary_email": ["admin@contoso.com"],
        }));
    });
}

/// Userinfo as a JWT that is good, with one change.
fn sign_userinfo(story: &mut Story, change: impl FnOnce(&mut Value)) {
    let claims = story.userinfo.as_mut().unwrap();
    claims["iss"] = NAMED.into();
    claims["aud"] = CLIENT.into();
    story.userinfo_header = Some(json!({ "alg": "RS256", "kid": KID }));
    change(claims);
}

pub(super) fn rejected(cases: &mut Cases) {
    for (name, value) in [
        ("groups-number", json!(7)),
        ("groups-object", json!({ "a": "b" })),
        ("groups-of-numbers", json!(["a", 7])),
        ("groups-null", Value::Null),
    ] {
        cases.reject(name, "H4", "Groups of the wrong type.", |story| {
            story.claim("groups", value);
        });
    }
    for (name, member, value) in [
        ("acct-list", "acct", json!([1])),
        ("idp-object", "idp", json!({})),
        ("idp-list", "idp", json!(["live.com"])),
        ("hasgroups-number", "hasgroups", json!(1)),
        ("claim-names-text", "_claim_names", json!("groups")),
    ] {
        let note = "What says who is a guest, or that groups are missing, of the wrong type.";
        cases.reject_from(Story::entra(), name, "H4", note, |story| {
            story.claim(member, value);
        });
    }
    cases.reject("groups-2001", "S1", "2,001 groups.", |story| {
        story.claim("groups", json!(vec!["g"; 2001]));
    });
    cases.reject(
        "group-of-257-characters",
        "S1",
        "A value that is too long.",
        |story| {
            story.claim("groups", json!(["g".repeat(257)]));
        },
    );

    let mut reject = |name, rule, note, change: fn(&mut Story)| {
        cases.reject_from(asking(), name, rule, note, change);
    };
    reject("userinfo-sub-other", "Q2", "Another user's.", |story| {
        story.userinfo.as_mut().unwrap()["sub"] = "admin".into();
    });
    reject("userinfo-sub-missing", "Q2", "Nobody's.", |story| {
        story.userinfo = Some(json!({ "email": "jane@example.com" }));
    });
    reject(
        "userinfo-sub-number",
        "H4",
        "A sub that is a number.",
        |story| {
            story.userinfo.as_mut().unwrap()["sub"] = 248_289_761_001_i64.into();
        },
    );
    reject("userinfo-array", "H3", "No object.", |story| {
        story.userinfo = Some(json!([]));
    });
    reject("userinfo-257k", "H3", "More than 256 KiB.", |story| {
        story.userinfo.as_mut().unwrap()["padding"] = "p".repeat(256 * 1024).into();
    });
    reject(
        "userinfo-plain-when-signed",
        "Q3",
        "Plain, where it must be signed.",
        |story| {
            story.file.client.signed_userinfo = true;
        },
    );
    reject(
        "userinfo-alg-none",
        "P2",
        "A JWT that is not signed.",
        |story| {
            sign_userinfo(story, |_| {});
            story.userinfo_header = Some(json!({ "alg": "none" }));
        },
    );
    reject(
        "userinfo-jwt-other-aud",
        "P5",
        "Another client's.",
        |story| {
            sign_userinfo(story, |claims| claims["aud"] = "another-client".into());
        },
    );
    reject(
        "userinfo-jwt-other-iss",
        "P4",
        "Another provider's.",
        |story| {
            sign_userinfo(story, |claims| {
                claims["iss"] = "https://evil.example.com".into();
            });
        },
    );
    reject("userinfo-jwt-without-iss", "P4", "Nobody's.", |story| {
        sign_userinfo(story, |claims| {
            drop(claims.as_object_mut().unwrap().remove("iss"));
        });
    });
    reject(
        "userinfo-jwt-logout-token",
        "P1",
        "A token of another kind.",
        |story| {
            sign_userinfo(story, |_| {});
            story.userinfo_header =
                Some(json!({ "alg": "RS256", "kid": KID, "typ": "logout+jwt" }));
        },
    );
    reject(
        "userinfo-jwt-sub-other",
        "Q2",
        "Another user's, signed.",
        |story| {
            sign_userinfo(story, |claims| claims["sub"] = "admin".into());
        },
    );
}
