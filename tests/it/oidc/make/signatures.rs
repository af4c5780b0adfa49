//! Rules K and P1 to P3: the token's form, its key and its signature.

use serde_json::{Value, json};

use super::{Cases, KID, OTHER_TENANT, jwk, signed};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

pub(super) fn cases(cases: &mut Cases) {
    form(cases);
    types_and_algorithms(cases);
    keys(cases);
}

fn form(cases: &mut Cases) {
    for (name, note, change) in [
        (
            "padding",
            "base64 with padding.",
            (|token| format!("{token}==")) as fn(String) -> String,
        ),
        ("one-part", "One part.", |token| {
            token.split('.').next().unwrap().to_owned()
        }),
        (
            "two-parts",
            "No signature, and no dot before it.",
            |token| token.rsplit_once('.').unwrap().0.to_owned(),
        ),
        ("four-parts", "Four parts.", |token| format!("{token}.e30")),
        ("jwe", "Five parts: an encrypted token.", |token| {
            format!("{token}.e30.e30")
        }),
        (
            "standard-alphabet",
            "base64 in the other alphabet.",
            |token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                format!("{signed}.{}", signature.replace(['-', '_'], "+"))
            },
        ),
        ("white-space", "A space at the end.", |token| {
            format!("{token} ")
        }),
        (
            "header-not-base64",
            "A header that is JSON as it stands.",
            |token| {
                let (_, rest) = token.split_once('.').unwrap();
                format!("{{\"alg\":\"RS256\"}}.{rest}")
            },
        ),
    ] {
        cases.reject(name, "P1", note, |story| story.token = change);
    }
    cases.reject(
        "noncanonical-base64",
        "P1",
        "Bits at the end that mean nothing.",
        |story| {
            // 256 octets of signature leave four such bits.
            story.token = |token| {
                let last = token.chars().last().unwrap();
                let stray = char::from_u32(u32::from(last) + 1).unwrap();
                format!("{}{stray}", &token[..token.len() - 1])
            };
        },
    );
    cases.reject("alg-missing", "P1", "No alg.", |story| {
        story.header = json!({ "typ": "JWT", "kid": KID });
    });
    cases.reject("id-token-65k", "H3", "More than 64 KiB.", |story| {
        story.claim("padding", "p".repeat(64 * 1024));
    });
    for (name, header) in [("header-array", json!([])), ("header-text", json!("RS256"))] {
        cases.reject(name, "H3", "A header that is no object.", |story| {
            story.header = header;
        });
    }
    cases.reject(
        "header-alg-twice",
        "H3",
        "alg twice in the header.",
        |story| {
            story.token = |token| {
                let (_, rest) = token.split_once('.').unwrap();
                let header = r#"{"alg":"none","alg":"RS256"}"#;
                format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header))
            };
        },
    );
    for (name, member, value) in [
        ("header-kid-number", "kid", json!(7)),
        ("header-alg-array", "alg", json!(["RS256"])),
        ("header-typ-null", "typ", Value::Null),
    ] {
        cases.reject(
            name,
            "H4",
            "A member of the header of the wrong type.",
            |story| {
                story.header[member] = value;
            },
        );
    }
}

fn types_and_algorithms(cases: &mut Cases) {
    for typ in [
        "logout+jwt",
        "at+jwt",
        "secevent+jwt",
        "application/jwt",
        "",
    ] {
        let name = match typ {
            "" => "typ-empty".to_owned(),
            typ => format!("typ-{}", typ.replace(['+', '/'], "-")),
        };
        cases.reject(&name, "P1", "Not an ID token.", |story| {
            story.header["typ"] = typ.into();
        });
    }
    for alg in [
        "none", "None", "NONE", "HS256", "HS384", "HS512", "rs256", "RS1", "ES256K",
    ] {
        let name = match alg {
            "None" => "alg-none-capitalised".to_owned(),
            "NONE" => "alg-none-upper-case".to_owned(),
            "rs256" => "alg-rs256-lower-case".to_owned(),
            alg => format!("alg-{}", alg.to_lowercase()),
        };
        cases.reject(&name, "P2", "An algorithm that is never taken.", |story| {
            story.header["alg"] = alg.into();
        });
    }
    cases.reject(
        "alg-none-unsigned",
        "P2",
        "No algorithm and no signature.",
        |story| {
            story.header["alg"] = "none".into();
            story.token = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
        },
    );
    cases.reject(
        "hs256-with-rsa-public-key",
        "P2",
        "The public key as a shared secret.",
        |story| {
            story.header["alg"] = "HS256".into();
            story.token = |token| {
                let (signed, _) = token.rsplit_once('.').unwrap();
                let public = super::key("idp").public_key_to_pem().unwrap();
                let secret = openssl::pkey::PKey::hmac(&public).unwrap();
                let digest = openssl::hash::MessageDigest::sha256();
                let mac = openssl::sign::Signer::new(digest, &secret)
                    .and_then(|mut by| by.sign_oneshot_to_vec(signed.as_bytes()))
                    .unwrap();
                format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac))
            };
        },
    );
    cases.reject(
        "rs256-under-ps256-only",
        "P2",
        "An algorithm that the provider does not list.",
        |story| {
            story.file.client.algorithms = vec!["PS256".to_owned()];
        },
    );
    cases.reject(
        "rs384-under-rs256-only",
        "P2",
        "A hash that the provider does not list.",
        |story| {
            story.header["alg"] = "RS384".into();
        },
    );
}

fn keys(cases: &mut Cases) {
    cases.reject(
        "header-crit",
        "K1",
        "An extension that must be understood.",
        |story| {
            story.header["crit"] = json!(["b64"]);
            story.header["b64"] = false.into();
        },
    );
    cases.reject("header-crit-empty", "K1", "crit without a name.", |story| {
        story.header["crit"] = json!([]);
    });
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let name = format!("header-{member}");
        cases.reject(
            &name,
            "P3",
            "Signed with the key that the header brings.",
            |story| {
                story.signed_by = "other";
                story.header[member] = match member {
                    "jwk" => jwk("other", KID),
                    "x5c" => json!(["MIIB"]),
                    _ => "https://evil.example.com/keys".into(),
                };
            },
        );
    }
    cases.reject(
        "kid-unknown",
        "K3",
        "A key that nobody publishes.",
        |story| {
            story.header["kid"] = "unknown".into();
        },
    );
    cases.reject(
        "kid-absent-two-keys",
        "K3",
        "No kid, and two keys fit.",
        |story| {
            story.header.as_object_mut().unwrap().remove("kid");
        },
    );
    cases.reject(
        "kid-other-case",
        "K3",
        "The kid in another case.",
        |story| {
            story.header["kid"] = KID.to_uppercase().into();
        },
    );
    cases.reject(
        "kid-matches-wrong-kty",
        "K3",
        "The kid is one of another kind of key.",
        |story| {
            story.keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "kid": KID,
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }] });
        },
    );
    cases.reject(
        "key-for-another-algorithm",
        "K3",
        "The key says that it is for PS256.",
        |story| {
            story.keys["keys"][1]["alg"] = "PS256".into();
        },
    );
    cases.reject(
        "key-for-encryption",
        "K3",
        "The key is for encryption.",
        |story| {
            story.keys["keys"][1]["use"] = "enc".into();
        },
    );
    cases.reject(
        "key-published-with-its-private-part",
        "K3",
        "Everybody has the key.",
        |story| {
            story.keys["keys"][1]["d"] = "AQAB".into();
        },
    );
    cases.reject("no-keys", "K3", "An empty key set.", |story| {
        story.keys = json!({ "keys": [] });
    });
    cases.reject(
        "key-of-personal-accounts",
        "K5",
        "Entra's key is for another issuer.",
        |story| {
            let issuer = format!("https://login.microsoftonline.com/{OTHER_TENANT}/v2.0");
            story.keys["keys"][1]["issuer"] = issuer.into();
        },
    );
    cases.reject(
        "signed-by-another-key",
        "P3",
        "Another key, under the name of the provider's.",
        |story| {
            story.signed_by = "other";
        },
    );
    cases.reject("signature-empty", "P3", "An empty signature.", |story| {
        story.token = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
    });
    cases.reject(
        "signature-flipped",
        "P3",
        "One bit of the signature.",
        |story| {
            story.token = |token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let mut octets = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
                octets[100] ^= 1;
                format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(octets))
            };
        },
    );
    cases.reject(
        "signature-longer",
        "P3",
        "A zero before the signature.",
        |story| {
            story.token = |token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let octets = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
                format!(
                    "{signed}.{}",
                    BASE64_URL_SAFE_NO_PAD.encode([&[0], &octets[..]].concat())
                )
            };
        },
    );
    cases.reject(
        "payload-swapped",
        "P3",
        "The signature of other claims.",
        |story| {
            story.token = |token| {
                let parts: Vec<_> = token.split('.').collect();
                let other = signed(&json!({ "alg": "RS256", "kid": KID }), "{}", "idp");
                let payload = other.split('.').nth(1).unwrap();
                format!("{}.{payload}.{}", parts[0], parts[2])
            };
        },
    );
    cases.reject(
        "header-swapped",
        "P3",
        "The signature under another header.",
        |story| {
            story.token = |token| {
                let (_, rest) = token.split_once('.').unwrap();
                let header = json!({ "alg": "RS256", "kid": KID, "typ": "JWT", "a": 1 });
                format!(
                    "{}.{rest}",
                    BASE64_URL_SAFE_NO_PAD.encode(header.to_string())
                )
            };
        },
    );
}
