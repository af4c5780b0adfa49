//! Sign-ins that are good, in the ways in which good ones differ.

use serde_json::json;
use vestibule::oidc::{Cloud, Issuer};

use super::{ACCESS_TOKEN, CLIENT, Cases, KID, NAMED, OBJECT, OTHER_TENANT, Story, TENANT, jwk};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

fn listed(tenants: &[&str]) -> Issuer {
    Issuer::EntraTenants {
        cloud: Cloud::Global,
        tenants: tenants.iter().map(|it| it.parse().unwrap()).collect(),
    }
}

pub(super) fn cases(cases: &mut Cases) {
    let mut entra = |name, note, change: fn(&mut Story)| {
        cases.accept(name, note, Story::entra(), change);
    };
    entra("entra", "One tenant of Entra.", |_| {});
    entra(
        "entra-listed-tenant",
        "A tenant of a list, through the common address.",
        |story| {
            story.file.client.issuer = listed(&[OTHER_TENANT, TENANT]);
            story.user().key = format!("tid:{TENANT}/oid:{OBJECT}");
        },
    );
    entra(
        "entra-key-of-template",
        "Entra's key says that it is for every tenant.",
        |story| {
            story.keys["keys"][1]["issuer"] =
                "https://login.microsoftonline.com/{tenantid}/v2.0".into();
        },
    );
    entra(
        "kid-absent-one-key",
        "No kid, and only one key fits.",
        |story| {
            story.header.as_object_mut().unwrap().remove("kid");
            story.keys = json!({ "keys": [jwk("idp", KID), { "kty": "oct", "k": "AAAA" }] });
        },
    );
    entra(
        "two-keys-of-one-kid",
        "Two keys of that name; the second signed.",
        |story| {
            story.keys = json!({ "keys": [jwk("other", KID), jwk("idp", KID)] });
        },
    );
    entra("typ-absent", "No typ in the header.", |story| {
        story.header.as_object_mut().unwrap().remove("typ");
    });
    entra("typ-lower-case", "The typ is jwt.", |story| {
        story.header["typ"] = "jwt".into();
    });
    entra(
        "header-x5t",
        "The header names a certificate, which nobody looks at.",
        |story| {
            story.header["x5t"] = KID.into();
        },
    );
    entra(
        "profile-null",
        "A claim that only describes the user is null.",
        |story| {
            story.claim("given_name", serde_json::Value::Null);
        },
    );
    entra("fraction-of-a-second", "A time has a fraction.", |story| {
        let now = story.started();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        story.claim("iat", now as f64 + 0.75);
    });

    let mut named = |name, note, change: fn(&mut Story)| {
        cases.accept(name, note, Story::named(), change);
    };
    named("another-provider", "A provider that is not Entra.", |_| {});
    named("aud-array", "The audience is an array of one.", |story| {
        story.claim("aud", json!([CLIENT]));
    });
    named(
        "aud-extra-allowed",
        "A further audience that the connection takes, and azp.",
        |story| {
            story
                .file
                .client
                .extra_audiences
                .insert("https://api.example.com".to_owned());
            story.claim("aud", json!([CLIENT, "https://api.example.com"]));
            story.claim("azp", CLIENT);
        },
    );
    named("azp", "One audience, and azp is ours.", |story| {
        story.claim("azp", CLIENT);
    });
    named(
        "iss-parameter",
        "The callback names the issuer (RFC 9207).",
        |story| {
            story.file.client.answers_name_issuer = true;
            story.parameter("iss", NAMED);
        },
    );
    named(
        "iss-parameter-unadvertised",
        "The same from a provider that does not say so.",
        |story| {
            story.parameter("iss", NAMED);
        },
    );
    named(
        "unknown-parameter",
        "A parameter that nobody knows.",
        |story| {
            story.parameter("utm_source", "portal");
        },
    );
    named("at-hash", "The hash of the access token.", |story| {
        let digest = openssl::sha::sha256(ACCESS_TOKEN.as_bytes());
        story.claim("at_hash", BASE64_URL_SAFE_NO_PAD.encode(&digest[..16]));
    });
    named("token-type-lower-case", "token_type is bearer.", |story| {
        story.answer["token_type"] = "bearer".into();
    });
    named(
        "expires-in-absent",
        "Nobody says how long the access token lasts.",
        |story| {
            story.answer["expires_in"] = serde_json::Value::Null;
        },
    );
    named(
        "expires-in-text",
        "expires_in is a text of digits.",
        |story| {
            story.answer["expires_in"] = "3600".into();
        },
    );
    named("forced", "Asked to sign in again, and did.", |story| {
        story.file.open.forced = true;
    });
    named(
        "forced-skew",
        "The provider's clock is three minutes behind.",
        |story| {
            story.file.open.forced = true;
            let at = story.started() - 180;
            story.claim("auth_time", at);
        },
    );
    named("max-age", "Signed in within the hour.", |story| {
        story.file.client.max_authentication_age = Some(3600);
        let at = story.started() - 3600 - 180;
        story.claim("auth_time", at);
    });
    named("acr", "One of the ways that were asked for.", |story| {
        story.file.client.accepted_acr = vec!["urn:mfa".to_owned(), "phr".to_owned()];
        story.claim("acr", "phr");
    });
    named(
        "exp-at-the-edge",
        "Expired one second less than the skew ago.",
        |story| {
            let at = story.file.now.unix_timestamp() - 179;
            story.claim("exp", at);
        },
    );
    named(
        "nbf-at-the-edge",
        "Valid in as many seconds as clocks may differ.",
        |story| {
            let at = story.file.now.unix_timestamp() + 180;
            story.claim("nbf", at);
        },
    );
    named(
        "iat-at-the-edge",
        "Issued as many seconds ahead as clocks may differ.",
        |story| {
            let at = story.file.now.unix_timestamp() + 180;
            story.claim("iat", at);
        },
    );
    named(
        "iat-dated-back",
        "Dated back as far as a token may be.",
        |story| {
            let at = story.started() - 780;
            story.claim("iat", at);
        },
    );
    named("subject-255", "A sub of 255 characters.", |story| {
        let subject = "s".repeat(255);
        story.claim("sub", subject.clone());
        story.user().key = format!("sub:{subject}");
    });
}
