//! Advice is right or absent where the identity provider itself refuses (rule C2): one that refuses for a cause, until the cause is gone.

use crate::support::Federation;
use crate::support::identity_provider::{Begun, begin};
use vestibule::admin::{Fix, Side, fixes};
use vestibule::demo_idp::IdpStatus;
use vestibule::domain::LoginAttempt;
use vestibule::saml::advice::{AADSTS, StatusReason};

const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const MFA: &str = "https://refeds.org/profile/mfa";

/// What the identity provider has entered of us, and of its user.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct There {
    identifier: String,
    reply_url: String,
    sign_on_url: String,
    name_source: &'static str,
    is_assigned: bool,
    has_key: bool,
    wants_signed: bool,
    has_our_certificate: bool,
    /// Where it takes requests.
    login_url: String,
}

impl There {
    async fn of(world: &Federation) -> Self {
        Self {
            identifier: world.acme.entity_id(),
            reply_url: world.acme.acs_url(),
            sign_on_url: format!("{}/", world.acme.origin),
            name_source: "user.mail",
            is_assigned: true,
            has_key: true,
            wants_signed: false,
            has_our_certificate: true,
            login_url: begin(&mut world.browser(), "/sso/login").await.destination,
        }
    }

    /// Enters what a field of its pages has to hold.
    fn enter(&mut self, fix: &Fix) {
        let value = fix.value.clone();
        match (&*fix.field, value) {
            ("Identifier (Entity ID)", Some(value)) => self.identifier = value,
            ("Reply URL (Assertion Consumer Service URL)", Some(value)) => self.reply_url = value,
            ("Sign on URL (Optional)", Some(value)) => self.sign_on_url = value,
            ("Unique User Identifier (Name ID)", Some(value)) => {
                assert_eq!(value, "user.userprincipalname");
                self.name_source = "user.userprincipalname";
            }
            ("Add user/group", None) => self.is_assigned = true,
            ("New Certificate, then Make certificate active", None) => self.has_key = true,
            ("our signing certificate, from our metadata", None) => self.has_our_certificate = true,
            other => panic!("nobody has tried {other:?}"),
        }
    }
}

struct Cause {
    /// Which of [`AADSTS`], or the second word of the Status.
    code: &'static str,
    /// What of ours is the cause.
    settings: &'static [(&'static str, &'static str)],
    /// What of theirs.
    broken: fn(&mut There),
    /// Whether it refuses.
    refuses: fn(&There, &Begun) -> bool,
}

const fn ours(
    code: &'static str,
    settings: &'static [(&'static str, &'static str)],
    refuses: fn(&There, &Begun) -> bool,
) -> Cause {
    Cause {
        code,
        settings,
        broken: |_| {},
        refuses,
    }
}

const fn theirs(
    code: &'static str,
    broken: fn(&mut There),
    refuses: fn(&There, &Begun) -> bool,
) -> Cause {
    Cause {
        code,
        settings: &[],
        broken,
        refuses,
    }
}

const CAUSES: &[Cause] = &[
    theirs(
        "50011",
        |there| there.reply_url.push('/'),
        |there, asked| !asked.xml.contains(&format!("\"{}\"", there.reply_url)),
    ),
    theirs(
        "700016",
        |there| there.identifier.push('/'),
        |there, asked| !asked.xml.contains(&format!(">{}<", there.identifier)),
    ),
    theirs(
        "650056",
        |there| "x".clone_into(&mut there.identifier),
        |there, asked| !asked.xml.contains(&format!(">{}<", there.identifier)),
    ),
    theirs(
        "50105",
        |there| there.is_assigned = false,
        |there, _| !there.is_assigned,
    ),
    ours(
        "75008",
        &[
            ("sso_post_url", "https://login.example/wrong"),
            ("sso_redirect_url", "https://login.example/wrong"),
        ],
        |there, asked| asked.destination != there.login_url,
    ),
    ours("75011", &[("requested_authn_context", MFA)], |_, asked| {
        asked.xml.contains("RequestedAuthnContext")
    }),
    ours("75016", &[("name_id_policy", TRANSIENT)], |_, asked| {
        asked.xml.contains("NameIDPolicy")
    }),
    ours("75001", &[("binding", "post")], |_, asked| asked.by_post),
    ours("75001", &[("binding", "redirect")], |_, asked| {
        !asked.by_post
    }),
    theirs(
        "750054",
        |there| "https://login.microsoftonline.com/".clone_into(&mut there.sign_on_url),
        |there, asked| !asked.xml.contains(there.sign_on_url.trim_end_matches('/')),
    ),
    Cause {
        code: "76021",
        settings: &[("binding", "redirect")],
        broken: |there| there.wants_signed = true,
        refuses: |there, asked| there.wants_signed && !asked.signed_query,
    },
    Cause {
        code: "76021",
        settings: &[("sign_requests", "true")],
        broken: |there| there.has_our_certificate = false,
        refuses: |there, _| !there.has_our_certificate,
    },
    theirs(
        "501241",
        |there| there.name_source = "user.mail, which is empty",
        |there, _| there.name_source.ends_with("empty"),
    ),
    theirs(
        "50146",
        |there| there.has_key = false,
        |there, _| !there.has_key,
    ),
    ours(
        "900236",
        &[("name_id_policy", TRANSIENT), ("force_authn", "true")],
        |_, asked| asked.xml.contains("NameIDPolicy") || asked.xml.contains("ForceAuthn"),
    ),
    ours(
        "InvalidNameIDPolicy",
        &[("name_id_policy", TRANSIENT)],
        |_, asked| asked.xml.contains("NameIDPolicy"),
    ),
    ours(
        "NoAuthnContext",
        &[("requested_authn_context", MFA)],
        |_, asked| asked.xml.contains("RequestedAuthnContext"),
    ),
    ours("UnsupportedBinding", &[("binding", "post")], |_, asked| {
        asked.by_post
    }),
    ours("RequestDenied", &[("force_authn", "true")], |_, asked| {
        asked.xml.contains("ForceAuthn")
    }),
    ours(
        "RequestUnsupported",
        &[
            ("requested_authn_context", MFA),
            ("name_id_policy", TRANSIENT),
        ],
        |_, asked| asked.xml.contains("RequestedAuthnContext"),
    ),
    theirs(
        "RequestDenied",
        |there| there.reply_url.push('x'),
        |there, asked| !asked.xml.contains(&format!("\"{}\"", there.reply_url)),
    ),
];

/// What nobody can change by a field: what is written says what to do, and no field is named.
const NO_FIELD: &[&str] = &[
    // A request that was not understood, and how answers come, are fixed.
    "75005",
    "75003",
    // Clocks, and people who start again.
    "76026",
    "50058",
    // Sign-out.
    "50068",
    "50070",
    "50071",
    "NoPassive",
    "AuthnFailed",
    "UnknownPrincipal",
    "Unheard",
];

/// The causes that try a kind of refusal; a new kind does not compile without one.
fn causes_of(kind: StatusReason) -> &'static [&'static str] {
    match kind {
        StatusReason::NameIdPolicy => &["InvalidNameIDPolicy"],
        StatusReason::AuthnContext => &["NoAuthnContext"],
        StatusReason::Binding => &["UnsupportedBinding"],
        StatusReason::Request => &["RequestDenied", "RequestUnsupported"],
        StatusReason::Passive => &["NoPassive"],
        StatusReason::Person => &["AuthnFailed", "UnknownPrincipal"],
        StatusReason::Other => &["Unheard"],
    }
}

fn status(code: &str) -> IdpStatus {
    if code.starts_with(|first: char| first.is_ascii_digit()) {
        IdpStatus::failure("Responder", "RequestDenied", format!("AADSTS{code}: no."))
    } else {
        IdpStatus::failure("Requester", code, "no")
    }
}

async fn refused(world: &Federation, code: &str) -> (LoginAttempt, Vec<Fix>) {
    let answer = world
        .sign_in_with(&mut world.browser(), |spec| spec.status = status(code))
        .await;
    let attempt = world.assert_refused(&answer, "C2").await;
    let store = &world.app.store;
    let company = store.company(world.acme.id).await.unwrap().unwrap();
    let entra = store.connection(world.entra.id).await.unwrap();
    let advised = fixes(&attempt, &company, entra.as_ref());
    (attempt, advised)
}

#[tokio::test]
async fn every_refusal_of_the_identity_provider_is_mended_by_its_advice() {
    for cause in CAUSES {
        let world = Federation::new().await;
        let mut there = There::of(&world).await;
        (cause.broken)(&mut there);
        world.set(cause.settings).await;
        let asked = begin(&mut world.browser(), "/sso/login").await;
        assert!((cause.refuses)(&there, &asked), "{} refuses", cause.code);
        let (attempt, advised) = refused(&world, cause.code).await;
        assert!(!attempt.record.advice.is_empty(), "{}", cause.code);
        assert!(!advised.is_empty(), "{}", cause.code);
        for fix in &advised {
            match (fix.side, fix.setting, &fix.value) {
                (Side::IdentityProvider, ..) => there.enter(fix),
                (Side::Here, Some(key), Some(value)) => world.set(&[(key, value)]).await,
                // Copied from the identity provider's page.
                (Side::Here, None, None)
                    if fix
                        .path
                        .as_deref()
                        .is_some_and(|it| it.ends_with("#login_url")) =>
                {
                    let url = there.login_url.as_str();
                    world
                        .set(&[("sso_post_url", url), ("sso_redirect_url", url)])
                        .await;
                }
                (Side::Here, None, None) if &*fix.field == "Update Certificate" => {
                    assert!(there.has_key, "there is a certificate to upload");
                }
                other => panic!("nobody has tried {other:?} of {}", cause.code),
            }
        }
        let mut browser = world.browser();
        let asked = begin(&mut browser, "/sso/login").await;
        assert!(
            !(cause.refuses)(&there, &asked),
            "{} is not mended by {advised:?}",
            cause.code
        );
        let response = world.respond(&asked, |_| {});
        let answer = world.bring(&mut browser, &asked, &response).await;
        assert_eq!(answer.status, 303, "{}: {}", cause.code, answer.body);
    }
}

#[tokio::test]
async fn where_no_field_helps_none_is_named() {
    let world = Federation::new().await;
    for code in NO_FIELD {
        let (attempt, advised) = refused(&world, code).await;
        assert!(advised.is_empty(), "{code}: {advised:?}");
        assert!(!attempt.record.advice.is_empty(), "{code}");
    }
}

/// A code or a kind that is added is tried, or said to have no field.
#[test]
fn every_code_is_tried() {
    let kinds = [
        "InvalidNameIDPolicy",
        "NoAuthnContext",
        "NoPassive",
        "UnsupportedBinding",
        "RequestDenied",
        "RequestUnsupported",
        "AuthnFailed",
        "UnknownPrincipal",
        "Unheard",
    ];
    for word in kinds {
        let kind = StatusReason::from_status(&format!("Requester / {word}: no"));
        assert!(causes_of(kind).contains(&word), "{word} is {kind:?}");
    }
    for code in AADSTS.iter().map(|(code, _)| *code).chain(kinds) {
        let is_tried = CAUSES.iter().any(|cause| cause.code == code);
        assert!(is_tried != NO_FIELD.contains(&code), "{code}");
    }
}
