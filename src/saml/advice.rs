//! What to do about a refusal: the field to change, and on which side.
//!
//! For the company's administrator, in the record of the attempt and in `explain`. Guidance only: codes of identity providers
//! change, and nothing here decides anything. Where nothing helps, nothing is advised.
//!
//! Tests: `tests/it/vectors/advice/lines.rs` follows each line. The other halves are `login/advice.rs`, for rules E and F, and
//! `admin::fixes`, which names the field in the console.

mod aadsts;
mod address;
mod status;

use super::assertion::NONE_WOULD_DO;
use super::cross_check::NOT_COMPARED;
use super::error::{Rejection, Requirement};
use super::response::ONLY_ASSERTION_VERIFIES;
use super::signature::UNREADABLE;

pub use aadsts::{AADSTS, aadsts, aadsts_in};
pub use address::{OtherOrigin, differs_by_port, other_origin};
pub use status::StatusReason;

/// What to do, most likely first. Empty when the check explains itself, and when nothing helps.
pub fn advice(rejection: &Rejection) -> Vec<String> {
    let received = rejection.received.as_ref();
    let text = match rejection.requirement {
        Requirement::Status => return status::advice(received),
        Requirement::Destination => return addressed(rejection),
        Requirement::SubjectConfirmation if received.contains("://") => {
            return addressed(rejection);
        }
        Requirement::SignatureValue if other_issuer(received).is_some() => {
            return another_issuer(rejection);
        }
        Requirement::IssueInstant | Requirement::LogoutTime => CLOCK,
        Requirement::InResponseTo => AGAIN,
        Requirement::AuthnContext if rejection.expected.starts_with(NONE_WOULD_DO) => &[
            "No sign-in can pass: what the connection asks for (Requested authentication context) and what it takes (Accepted authentication context) have nothing in common. Change one of the two in the SAML Settings, or clear it (requested_authn_context=none, accepted_authn_context=none).",
        ],
        requirement => match requirement.rule().number().as_bytes() {
            [b'A' | b'C', _] => message(requirement, received),
            [b'B', _] => signed(rejection),
            [b'D', _] => assertion(requirement, received),
            _ => encrypted(requirement),
        },
    };
    text.iter().map(|line| (*line).to_owned()).collect()
}

/// Rules A and C.
fn message(requirement: Requirement, received: &str) -> &'static [&'static str] {
    match requirement {
        Requirement::WellFormed => &[
            "The message is not XML that this server accepts. Look at what stands between the identity provider and this server: something may have cut or changed it.",
            "If it comes so from the identity provider, its support needs the received text above.",
        ],
        Requirement::DistinctIds => &[
            "The identity provider makes the IDs of its messages. Each has to be another one, and a name without colons and spaces. Its support needs this record; nothing has to be changed here.",
        ],
        Requirement::ResponseShape => shape(received),
        Requirement::ResponseIssuer => &[
            "The identity provider names itself in one way in the Response and in another in the assertion. Both have to be the same; its support needs this record.",
        ],
        Requirement::LogoutShape => &[
            "Check that our Logout URL is entered at the identity provider as Logout URL, and our Reply URL as Reply URL (Assertion Consumer Service).",
        ],
        Requirement::LogoutDestination => {
            &["Copy our Logout URL into the identity provider, exactly as shown here."]
        }
        _ => &[],
    }
}

/// Rules B.
fn signed(rejection: &Rejection) -> &'static [&'static str] {
    let received = rejection.received.as_ref();
    match rejection.requirement {
        Requirement::SignaturePlacement => &[
            "The identity provider puts its signature in a place where none may stand. It belongs right after the Issuer of the Response or of the assertion. Its support needs this record; nothing has to be changed here.",
        ],
        Requirement::Reference if received.contains("c14n") => EXCLUSIVE,
        Requirement::Reference => &[
            "The identity provider has to sign the whole Response or the whole assertion, by its ID, with the transforms enveloped-signature and exclusive canonicalisation. Its support needs this record; nothing has to be changed here.",
        ],
        Requirement::SignatureValue => signature(received),
        Requirement::Digest => CHANGED,
        Requirement::Algorithm => algorithm(rejection),
        // Both are there, so that no Signing Option is missing.
        Requirement::Coverage if received == ONLY_ASSERTION_VERIFIES => &[
            "The Response was changed after it was signed, or another key signed it. Let nothing between the identity provider and this server change it, and upload the identity provider's current metadata.",
        ],
        Requirement::Coverage => &[
            "Set the Signing Option at the identity provider to what the connection demands (Entra ID: SAML Certificates, Edit, Signing Option).",
        ],
        Requirement::CertificateValidity => &[
            "Make a new signing certificate at the identity provider, make it active, and upload it here.",
        ],
        Requirement::TrustedKey => &["Upload the identity provider's metadata or certificate."],
        Requirement::SecondOpinion if received.starts_with(NOT_COMPARED) => not_compared(received),
        Requirement::SecondOpinion => &[
            "Two implementations of SAML read this message differently: somebody has prepared it, or one of the two has a defect. Tell the operator of this server, and let nobody in by another way until it is understood.",
            "For the developers, keep what the identity provider sent (the browser's developer tools show SAMLResponse).",
        ],
        Requirement::LogoutSignature => &[
            "The identity provider has to sign its logout messages, with the certificate that it signs sign-ins with.",
        ],
        _ => &[],
    }
}

const STRICT: &str = "The second implementation cannot judge such a message, and the operator of this server wants every sign-in judged twice (verification.cross_check = \"strict\"). The operator can let what it cannot judge pass, with a note in its record: verification.cross_check = \"compare\".";

/// Rule B9, where there is nothing to compare: what the identity provider can do about it depends on what it is.
fn not_compared(received: &str) -> &'static [&'static str] {
    if received.contains("does not know") || received.contains("no signature of its own") {
        &[
            STRICT,
            "Let the identity provider sign the assertion itself, with RSA-SHA256.",
        ]
    } else if received.contains("encrypted NameID") {
        &[
            STRICT,
            "Let the identity provider send the NameID as it is, not encrypted by itself.",
        ]
    } else {
        &[STRICT]
    }
}

/// Rules D.
fn assertion(requirement: Requirement, received: &str) -> &'static [&'static str] {
    match requirement {
        Requirement::SubjectConfirmation if received.contains("our clock says") => CLOCK,
        Requirement::SubjectConfirmation if received.contains("InResponseTo") => AGAIN,
        Requirement::Issuer | Requirement::Audience | Requirement::NameId
            if has_space_around(received) =>
        {
            &[
                "The identity provider puts white space around the value, and signs it so. It has to send the value alone: look whether it was typed or pasted there with a space or a line end, or whether messages are laid out on several lines (\"pretty print\").",
            ]
        }
        Requirement::Issuer if received.starts_with("https://sts.windows.net/") => &[
            "The signature is by a certificate of this connection, and the issuer is another one: the connection has the metadata of another Entra tenant, or the issuer was changed at Entra ID. If it is the right one, enter it as the connection's Microsoft Entra Identifier.",
        ],
        Requirement::Issuer => &[
            "The signature is by a certificate of this connection, and the issuer is written in another way. If it is the right one, enter it exactly so as the connection's Microsoft Entra Identifier (idp_entity_id).",
        ],
        Requirement::Audience if received.contains("spn:") => &[
            "Entra ID writes spn: before an audience that is no identifier of the application. Enter our Identifier (Entity ID) under Basic SAML Configuration, exactly as shown here.",
            "If it stays, add the received value to the connection's Further audiences.",
        ],
        Requirement::Audience => &[
            "Copy our Identifier (Entity ID) into the identity provider, exactly as shown here.",
            "If the identity provider cannot send it, add the received value to the connection's Further audiences.",
        ],
        Requirement::KnownConditions => &[
            "The identity provider sends a condition that this server does not know, and so cannot keep. Let it leave the condition out.",
        ],
        Requirement::Conditions => CLOCK,
        Requirement::NameId => name_id(received),
        Requirement::Freshness if received == "no AuthnInstant" => &[
            "The identity provider does not say when the user signed in. Let it send an AuthnStatement with AuthnInstant (Keycloak: client settings, Include AuthnStatement).",
            OLDER_WILL_DO,
        ],
        Requirement::Freshness => &[
            "The identity provider did not let the user sign in again. Let it honour ForceAuthn, or shorten its session (Entra ID: Conditional Access, Session, Sign-in frequency; AD FS and Keycloak do it by themselves; Okta: sign-on policy, Re-authentication frequency).",
            OLDER_WILL_DO,
        ],
        Requirement::AuthnContext => &[
            "The identity provider let the user sign in another way. Demand the wanted way there (Entra ID: Conditional Access, Grant, Require multifactor authentication; Okta: sign-on policy; Keycloak: authentication flow and ACR to LoA mapping).",
            "If the received way will do, add it to “Requested authentication context” or “Accepted authentication context” in the SAML Settings, or clear both (requested_authn_context=none, accepted_authn_context=none).",
        ],
        Requirement::AuthnStatement if received == "none" => &[
            "Let the identity provider include an AuthnStatement (Keycloak: client settings, Include AuthnStatement).",
            "If it cannot, set AuthnStatement to optional in the connection's SAML Settings.",
        ],
        Requirement::AuthnStatement if received.contains("longer") => &[],
        Requirement::AuthnStatement => {
            &["The session at the identity provider has ended. Sign in again."]
        }
        _ => &[],
    }
}

/// Rules G.
fn encrypted(requirement: Requirement) -> &'static [&'static str] {
    match requirement {
        Requirement::EncryptionAlgorithm => &[
            "Choose AES-256-GCM and RSA-OAEP for encryption at the identity provider. RSA-1.5 and Triple DES are not accepted.",
        ],
        Requirement::EncryptionIntegrity => &[
            "Let the identity provider sign the Response as well, or encrypt with AES-GCM, or not encrypt at all: the browser's connection is encrypted anyway.",
            "AD FS: Set-AdfsRelyingPartyTrust -TargetName NAME -EncryptClaims $false (or -SamlResponseSignature MessageAndAssertion). Okta: General, SAML Settings, Advanced: Assertion Encryption: Unencrypted, or Encryption Algorithm: AES256-GCM. Entra ID: Token encryption, deactivate.",
            "If it can do neither, the connection can take the danger (danger_accept_cbc=true).",
        ],
        Requirement::Decryption => &[
            "Upload our current encryption certificate (from our metadata) at the identity provider.",
        ],
        _ => &[],
    }
}

const OLDER_WILL_DO: &str = "If an older sign-in will do, switch off “Ask for credentials each time” and “Longest time since the sign-in” in the SAML Settings (force_authn=false, max_authentication_age=none), and let the application leave force=1 out.";

const CLOCK: &[&str] = &[
    "Compare the clocks: let both servers keep time by NTP.",
    "If the user waited long at the identity provider, start the sign-in again.",
];

const AGAIN: &[&str] = &[
    "Start the sign-in again from the application or from the Sign on URL. A Response fits one request only.",
];

const EXCLUSIVE: &[&str] = &[
    "Choose exclusive canonicalisation (http://www.w3.org/2001/10/xml-exc-c14n#) at the identity provider. Keycloak calls it Canonicalization Method, EXCLUSIVE.",
];

const CHANGED: &[&str] = &[
    "The message was changed after it was signed. The certificate is the right one. Let nothing between the identity provider and this server change the message: a proxy, a filter, an extension of the browser.",
];

/// Whether a record says that a name in the format of an e-mail address is none.
pub fn is_no_address(received: &str) -> bool {
    received == "something else" || received.starts_with("no e-mail address")
}

/// Whether a value has white space before or after it.
pub fn has_space_around(value: &str) -> bool {
    // A line end stands in a record as a replacement character.
    let space = |c: char| c.is_whitespace() || c == '\u{FFFD}';
    value.starts_with(space) || value.ends_with(space) || value.contains("white space around")
}

fn shape(received: &str) -> &'static [&'static str] {
    if received.contains("nested") {
        &[
            "The message holds another assertion inside, in an Advice for example, and could be read in two ways. Let the identity provider leave it out.",
        ]
    } else if received.contains("Logout") {
        &[
            "Check that our Reply URL is entered at the identity provider as Assertion Consumer Service, and our Logout URL as Logout URL.",
        ]
    } else {
        &[
            "Let the identity provider answer by SAML 2.0, with one Response that holds one assertion.",
        ]
    }
}

/// Rules C3 and D2: another address than ours.
fn addressed(rejection: &Rejection) -> Vec<String> {
    let ours = rejection.expected.trim_start_matches("Recipient ");
    let ours = ours.split(',').next().unwrap_or_default();
    let received = rejection.received.trim_start_matches("Recipient ");
    let received = received.split(" (").next().unwrap_or_default();
    let copy = "Copy our Reply URL (Assertion Consumer Service URL) into the identity provider, exactly as shown here.";
    if differs_by_port(ours, received) {
        return vec![
            "The addresses differ by the port alone, which https has anyway. Enter our Reply URL at the identity provider without :443.".to_owned(),
        ];
    }
    match other_origin(ours, received) {
        Some(OtherOrigin {
            address,
            is_the_public_one: true,
        }) => vec![format!(
            "The message came to {address}, and this server has another origin for the company: the one that the proxy uses. If users see {address}, the operator has to set it: vestibule company set SLUG origin={address}. Do not enter our present address at the identity provider."
        )],
        Some(OtherOrigin { address, .. }) => vec![
            copy.to_owned(),
            format!(
                "If {address} is the address that users see, the company's origin is wrong and not the Reply URL: the operator has to set it (vestibule company set SLUG origin={address})."
            ),
        ],
        None => vec![copy.to_owned()],
    }
}

/// Whether the record of rule B3 is of a signature that cannot be read: no certificate can fit it.
pub fn is_unreadable(received: &str) -> bool {
    // The second as records of the first version have it.
    matches!(received, UNREADABLE | "something else")
}

/// The issuer that a record of rule B3 names, where another identity provider signed: one whose message was changed on the way
/// names the connection's own certificate.
pub fn other_issuer(received: &str) -> Option<&str> {
    let issuer = issuer_beside(received)?;
    (!received.contains(OWN)).then_some(issuer)
}

/// The issuer that stands before a signature in what was expected and in what came.
fn issuer_beside(text: &str) -> Option<&str> {
    let (issuer, _) = text
        .strip_prefix("issuer ")?
        .split_once(", and a signature")?;
    Some(issuer)
}

fn another_issuer(rejection: &Rejection) -> Vec<String> {
    let received = other_issuer(&rejection.received).unwrap_or_default();
    let expected = issuer_beside(&rejection.expected).unwrap_or_default();
    vec![
        format!(
            "Another identity provider signed this: it calls itself {received}, and this connection is for {expected}. Both may be tenants or applications of one provider. Sign in where this connection leads."
        ),
        format!(
            "If {received} is the right one, import its metadata for this connection, or make a connection of its own for it (Entra ID: App Federation Metadata Url, with ?appid=). Its certificate alone does not help."
        ),
    ]
}

const OWN: &str = "names the configured certificate";

/// Rule B3.
fn signature(received: &str) -> &'static [&'static str] {
    if received.contains("names certificate") {
        &[
            "The identity provider signs with a certificate that the connection does not have. Upload its current metadata or certificate.",
            "For Entra ID use the application's own metadata (App Federation Metadata Url, with ?appid=), not the tenant's.",
        ]
    } else if received.contains(OWN) {
        CHANGED
    } else if is_unreadable(received) {
        &[
            "The value of the signature cannot be read: something on the way changed the message, or the identity provider wrote it wrongly. Its support needs this record; no certificate helps.",
        ]
    } else {
        &[
            "No certificate of the connection fits the signature, and the message names none. Upload the identity provider's current metadata or certificate.",
        ]
    }
}

/// Rule B4.
fn algorithm(rejection: &Rejection) -> &'static [&'static str] {
    if rejection.received.contains("SHA-1") {
        &[
            "Choose SHA-256 as Signing Algorithm at the identity provider (Entra ID: SAML Certificates, Edit).",
        ]
    } else if rejection.expected.contains("canonical") {
        EXCLUSIVE
    } else if rejection.expected.contains("SHA-") {
        &["Choose RSA-SHA256 as Signing Algorithm at the identity provider."]
    } else {
        &[]
    }
}

/// Rule D7.
fn name_id(received: &str) -> &'static [&'static str] {
    if received.contains("transient") {
        &[
            "A transient name is another one at each sign-in, and names nobody. Let the identity provider send the NameID in the connection's format, or let the connection ask for it (Ask for a Name Id Format).",
        ]
    } else if received.contains("Format") {
        &[
            "Set the Name identifier format at the identity provider to the connection's, or change the connection's Name Id Format.",
        ]
    } else if received.contains("encrypted NameID") {
        &[
            "The identity provider encrypts the NameID (EncryptedID). Let it send the NameID in the clear: the connection itself is encrypted.",
            "Or let it encrypt the NameID for our encryption certificate.",
        ]
    } else if received.contains("SPNameQualifier") {
        &[
            "The name is one that the identity provider made for another service provider. Enter our Identifier (Entity ID) there as the SP Name Qualifier, or leave that field empty.",
        ]
    } else if matches!(received, "an empty one" | "none") {
        &[
            "The identity provider sent no name for this user. Choose a source for the NameID that every user has (Entra ID: Unique User Identifier (Name ID), user.mail).",
            "Some identity providers send one only when a format is asked for (LemonLDAP::NG): fill in Ask for a Name Id Format in the connection's SAML Settings (name_id_policy).",
        ]
    } else if is_no_address(received) {
        &[
            "The NameID says that it is an e-mail address, and is none. Choose the e-mail address as its source (Entra ID: Unique User Identifier (Name ID), user.mail).",
        ]
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(received: &'static str) -> Vec<String> {
        advice(&Rejection {
            requirement: Requirement::Status,
            expected: "Success".into(),
            received: received.into(),
        })
    }

    #[test]
    fn entra_codes_are_explained() {
        let lines = status("Requester / NoAuthnContext: AADSTS75011: Authentication method …");
        assert!(
            lines[0].starts_with("The user signed in by another method than the request asked")
        );
        assert!(lines[0].contains("(Requested authentication context), take that back."));
        assert!(lines[1].ends_with("code=75011"));
    }

    #[test]
    fn a_broken_signature_is_not_a_missing_one() {
        let coverage = |received: &'static str| {
            advice(&Rejection {
                requirement: Requirement::Coverage,
                expected: "".into(),
                received: received.into(),
            })
        };
        let broken = coverage(ONLY_ASSERTION_VERIFIES).remove(0);
        assert!(
            broken.starts_with(
                "The Response was changed after it was signed, or another key signed it"
            )
        );
        assert!(coverage("the assertion is signed")[0].contains("Signing Option"));
    }

    #[test]
    fn no_certificate_is_asked_for_where_there_is_no_signature_to_verify() {
        let lines = advice(&Rejection {
            requirement: Requirement::SignatureValue,
            expected: "base64".into(),
            received: UNREADABLE.into(),
        });
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("no certificate helps"));
    }

    #[test]
    fn unknown_codes_lead_somewhere_too() {
        assert_eq!(status("AADSTS99: x").len(), 1);
        assert_eq!(status("Responder").len(), 1);
        assert!(
            status("Requester / RequestDenied: no")[1].contains("what this connection asks for")
        );
        assert!(status("Requester / InvalidNameIDPolicy")[0].contains("name_id_policy=none"));
        // Only the words count, and no message.
        assert!(status("Responder: a NoPassive / NoPassive")[0].contains("own log"));
        assert!(status("AADSTS<script>")[0].contains("own log"));
    }
}
