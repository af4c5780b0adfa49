//! Rules N4 and N5: what the token endpoint answers.

use serde_json::{Value, json};

use super::Cases;

pub(super) fn cases(cases: &mut Cases) {
    for (name, member, value) in [
        ("token-type-mac", "token_type", json!("mac")),
        ("token-type-missing", "token_type", Value::Null),
        ("access-token-missing", "access_token", Value::Null),
    ] {
        cases.reject(
            name,
            "N4",
            "An answer without what it must have.",
            |story| {
                story.answer[member] = value;
            },
        );
    }
    cases.reject(
        "id-token-missing",
        "N4",
        "No ID token: the scope openid was not granted.",
        |story| {
            story.written_answer =
                Some(json!({ "token_type": "Bearer", "access_token": "a" }).to_string());
        },
    );
    for (name, member, value) in [
        ("access-token-number", "access_token", json!(7)),
        ("id-token-array", "id_token", json!(["a.b.c"])),
        ("token-type-object", "token_type", json!({})),
        ("expires-in-object", "expires_in", json!({})),
        ("expires-in-words", "expires_in", json!("an hour")),
    ] {
        cases.reject(name, "H4", "A member of the wrong type.", |story| {
            story.answer[member] = value;
        });
    }
    for (name, body) in [
        ("answer-array", "[]"),
        ("answer-empty", ""),
        (
            "answer-with-a-member-twice",
            r#"{"id_token":"a","id_token":"b"}"#,
        ),
        ("answer-and-more", "{} {}"),
    ] {
        cases.reject(name, "N4", "Not one JSON object.", |story| {
            story.written_answer = Some(body.to_owned());
        });
    }
    cases.reject("answer-257k", "H3", "More than 256 KiB.", |story| {
        story.answer["padding"] = "p".repeat(256 * 1024).into();
    });
    cases.reject("answer-html", "N5", "A page instead of JSON.", |story| {
        story.is_json = false;
        story.written_answer = Some("<html>Sign in</html>".to_owned());
    });
    cases.reject(
        "answer-201",
        "N5",
        "Another status, with all that it must have.",
        |story| {
            story.status = 201;
        },
    );
    cases.reject("answer-302", "N5", "A redirect.", |story| {
        story.status = 302;
        story.written_answer = Some(String::new());
    });
    cases.reject(
        "token-200-with-error",
        "N5",
        "Status 200 and an error beside the tokens.",
        |story| {
            story.answer["error"] = "invalid_grant".into();
        },
    );
    for (name, status, error, description) in [
        (
            "invalid-client-secret",
            401,
            "invalid_client",
            "AADSTS7000215: Invalid client secret provided.",
        ),
        (
            "invalid-client-expired",
            401,
            "invalid_client",
            "AADSTS7000222: The provided client secret keys are expired.",
        ),
        (
            "invalid-grant-used",
            400,
            "invalid_grant",
            "AADSTS54005: OAuth2 Authorization code was already redeemed.",
        ),
        (
            "unauthorized-client",
            400,
            "unauthorized_client",
            "AADSTS700016: Application was not found in the directory.",
        ),
        (
            "temporarily-unavailable",
            503,
            "temporarily_unavailable",
            "Try again",
        ),
    ] {
        cases.reject(name, "N5", "The token endpoint says no.", |story| {
            story.status = status;
            story.written_answer = Some(
                json!({ "error": error, "error_description": description, "error_uri": "javascript:alert(1)" })
                    .to_string(),
            );
        });
    }
}
