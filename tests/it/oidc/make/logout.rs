//! Rules T4 and T5: logout tokens.

use serde_json::json;

use super::{Cases, NONCE, Story};

pub(super) fn accepted(cases: &mut Cases) {
    let mut accept = |name, note, change: fn(&mut Story)| {
        cases.accept(name, note, Story::logout(), change);
    };
    accept("logout", "A user and a session.", |_| {});
    accept("logout-typ-jwt", "An older provider's type.", |story| {
        story.header["typ"] = "JWT".into();
    });
    accept("logout-typ-absent", "No type.", |story| {
        story.header.as_object_mut().unwrap().remove("typ");
    });
    accept("logout-session", "A session alone.", |story| {
        story.without_claim("sub");
        "08a5019c-17e1-4977-8f42-65a12843ea02".clone_into(&mut story.user().key);
    });
    accept(
        "logout-without-exp-where-allowed",
        "An older provider without exp.",
        |story| {
            story.file.client.logout_without_expiry = true;
            story.without_claim("exp");
        },
    );
}

pub(super) fn rejected(cases: &mut Cases) {
    let mut reject = |name: &str, rule, note, change: fn(&mut Story)| {
        cases.reject_from(Story::logout(), name, rule, note, change);
    };
    reject("bc-no-events", "T4", "No event.", |story| {
        story.without_claim("events");
    });
    reject("bc-other-event", "T4", "Another event.", |story| {
        story.claim(
            "events",
            json!({ "http://schemas.openid.net/secevent/risc/event-type/account-disabled": {} }),
        );
    });
    reject("bc-event-array", "H4", "The event is no object.", |story| {
        story.claim(
            "events",
            json!({ "http://schemas.openid.net/event/backchannel-logout": [] }),
        );
    });
    reject("bc-events-text", "H4", "events is text.", |story| {
        story.claim(
            "events",
            "http://schemas.openid.net/event/backchannel-logout",
        );
    });
    reject("bc-nonce", "T4", "A nonce.", |story| {
        story.claim("nonce", NONCE);
    });
    reject("bc-nonce-null", "T4", "A nonce that is null.", |story| {
        story.claim("nonce", serde_json::Value::Null);
    });
    reject("bc-no-exp", "P6", "No exp.", |story| {
        story.without_claim("exp");
    });
    reject(
        "bc-expired-where-exp-may-be-absent",
        "P6",
        "An exp that is there counts.",
        |story| {
            story.file.client.logout_without_expiry = true;
            story.claim("exp", 0);
        },
    );
    reject("bc-no-jti", "T4", "No jti.", |story| {
        story.without_claim("jti");
    });
    reject("bc-jti-number", "H4", "A jti that is a number.", |story| {
        story.claim("jti", 7);
    });
    reject(
        "bc-neither-sub-nor-sid",
        "T4",
        "Nobody's sessions.",
        |story| {
            story.without_claim("sub");
            story.without_claim("sid");
        },
    );
    reject("bc-sid-number", "H4", "A sid that is a number.", |story| {
        story.claim("sid", 7);
    });
    reject("bc-no-iat", "T4", "No iat.", |story| {
        story.without_claim("iat");
    });
    reject(
        "bc-iat-six-minutes-old",
        "T4",
        "Issued six minutes ago.",
        |story| {
            let at = story.file.now.unix_timestamp() - 360;
            story.claim("iat", at);
        },
    );
    reject("bc-iat-future", "T4", "Issued in the future.", |story| {
        let at = story.file.now.unix_timestamp() + 181;
        story.claim("iat", at);
    });
    reject("bc-other-aud", "P5", "Another client's.", |story| {
        story.claim("aud", "another-client");
    });
    reject("bc-other-iss", "P4", "Another provider's.", |story| {
        story.claim("iss", "https://evil.example.com");
    });
    reject("bc-alg-none", "P2", "Not signed.", |story| {
        story.header["alg"] = "none".into();
        story.token = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
    });
    reject("bc-signed-by-another-key", "P3", "Another key.", |story| {
        story.signed_by = "other";
    });
    reject("bc-typ-access-token", "P1", "An access token.", |story| {
        story.header["typ"] = "at+jwt".into();
    });
    reject("bc-17k", "H3", "More than 16 KiB.", |story| {
        story.claim("padding", "p".repeat(16 * 1024));
    });
    cases.reject_from(
        Story::named(),
        "bc-id-token-as-logout-token",
        "T4",
        "An ID token.",
        |story| {
            story.is_logout = true;
        },
    );
    cases.reject_from(
        Story::logout(),
        "logout-token-as-id-token",
        "P1",
        "A logout token.",
        |story| {
            story.is_logout = false;
        },
    );
    cases.reject_from(
        Story::logout(),
        "logout-token-as-id-token-typ-jwt",
        "P8",
        "A logout token that does not say so.",
        |story| {
            story.is_logout = false;
            story.header["typ"] = "JWT".into();
        },
    );
}
