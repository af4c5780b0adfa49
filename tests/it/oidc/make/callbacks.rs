//! Rules H1, H3 and M: what comes back to the redirect URI.

use super::{Cases, NAMED, STATE, Story, TENANT};

pub(super) fn cases(cases: &mut Cases) {
    for (name, parameter) in [
        ("callback-with-id-token", "id_token"),
        ("callback-with-access-token", "access_token"),
        ("callback-with-token", "token"),
        ("callback-with-response", "response"),
    ] {
        cases.reject(name, "H1", "The answer of another flow.", |story| {
            story.parameter(parameter, "eyJhbGciOiJub25lIn0.e30.");
        });
    }
    cases.reject("callback-17k", "H3", "More than 16 KiB.", |story| {
        story.parameter("padding", &"p".repeat(16 * 1024));
    });
    for name in ["code", "state", "session_state"] {
        let case = format!("two-{}s", name.replace('_', "-"));
        cases.reject(&case, "M2", "A parameter twice.", |story| {
            let (_, value) = story.callback.iter().find(|(it, _)| it == name).unwrap();
            let value = value.clone();
            story.callback.push((name.to_owned(), value));
        });
    }
    cases.reject("code-and-error", "M2", "A code and an error.", |story| {
        story.parameter("error", "access_denied");
    });
    cases.reject("neither-code-nor-error", "M2", "Neither.", |story| {
        story.without_parameter("code");
    });
    cases.reject("code-empty", "M2", "An empty code.", |story| {
        story.parameter("code", "");
    });
    cases.reject("code-4097", "M2", "A code of 4,097 octets.", |story| {
        story.parameter("code", &"c".repeat(4097));
    });
    cases.reject(
        "code-with-line-end",
        "M2",
        "A code that ends a line.",
        |story| {
            story.parameter("code", "abc\r\ndef");
        },
    );
    cases.reject(
        "code-not-ascii",
        "M2",
        "A code that is not ASCII.",
        |story| {
            story.parameter("code", "cödé");
        },
    );
    cases.reject("state-missing", "M2", "No state.", |story| {
        story.without_parameter("state");
    });
    cases.reject("state-short", "M2", "A state of 42 characters.", |story| {
        story.parameter("state", &STATE[1..]);
    });
    cases.reject(
        "state-odd-character",
        "M2",
        "A state with a character that is not base64url.",
        |story| {
            story.parameter("state", &STATE.replacen('c', "+", 1));
        },
    );
    cases.reject(
        "error-without-state",
        "M2",
        "An error for nobody.",
        |story| {
            story.callback = vec![("error".to_owned(), "access_denied".to_owned())];
        },
    );
    cases.reject(
        "state-other",
        "M3",
        "The state of another sign-in.",
        |story| {
            story.parameter("state", &STATE.replacen('c', "d", 1));
        },
    );
    cases.reject(
        "state-other-with-error",
        "M3",
        "An error with the state of another sign-in.",
        |story| {
            story.without_parameter("code");
            story.parameter("error", "access_denied");
            story.parameter("state", &STATE.replacen('c', "d", 1));
        },
    );
    let issuer = |story: &mut Story, iss: &str| story.parameter("iss", iss);
    cases.reject_from(
        Story::named(),
        "iss-other",
        "M4",
        "Another provider's answer.",
        |story| {
            issuer(story, "https://evil.example.com");
        },
    );
    cases.reject_from(
        Story::named(),
        "iss-slash-in-callback",
        "M4",
        "A slash too many.",
        |story| {
            issuer(story, "https://idp.example.com/");
        },
    );
    cases.reject_from(
        Story::named(),
        "iss-empty",
        "M4",
        "An empty iss.",
        |story| issuer(story, ""),
    );
    cases.reject_from(
        Story::named(),
        "iss-absent-advertised",
        "M4",
        "The provider says that it names itself, and does not.",
        |story| {
            story.file.client.answers_name_issuer = true;
        },
    );
    cases.reject_from(
        Story::named(),
        "iss-wrong-with-error",
        "M4",
        "An error of another provider.",
        |story| {
            story.without_parameter("code");
            story.parameter("error", "access_denied");
            issuer(story, "https://evil.example.com");
        },
    );
    cases.reject(
        "iss-template-in-callback",
        "M4",
        "The issuer of every tenant.",
        |story| {
            issuer(story, "https://login.microsoftonline.com/{tenantid}/v2.0");
        },
    );
    cases.reject("iss-v1-in-callback", "M4", "Entra's v1 issuer.", |story| {
        issuer(story, &format!("https://sts.windows.net/{TENANT}/"));
    });
    for (name, error) in [
        ("error-access-denied", "access_denied"),
        ("error-login-required", "login_required"),
        ("error-server-error", "server_error"),
        ("error-of-its-own", "something_else"),
    ] {
        cases.reject_from(
            Story::named(),
            name,
            "M5",
            "The provider says no.",
            |story| {
                story.without_parameter("code");
                story.parameter("error", error);
                story.parameter(
                    "error_description",
                    "<script>alert(1)</script>\r\nSet-Cookie: a=b",
                );
                story.parameter("error_uri", "javascript:alert(1)");
                story.parameter("iss", NAMED);
            },
        );
    }
}
