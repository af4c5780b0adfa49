//! What to do about a refusal: the field to change, and on which side.
//!
//! For the company's administrator, in the record of the attempt and in `explain`. Guidance only: codes of identity providers
//! change, and nothing here decides anything.

use super::cross_check::NOT_COMPARED;
use super::error::{Rejection, Requirement};
use super::response::ONLY_ASSERTION_VERIFIES;

/// What to do, most likely first. Empty when the check explains itself.
pub fn advice(rejection: &Rejection) -> Vec<String> {
    let received = rejection.received.as_ref();
    let text: &[&str] = match rejection.requirement {
        Requirement::Status => return status_advice(received),
        Requirement::WellFormed => &[
            "The message is not XML that this server accepts. Look at what stands between the identity provider and this server: something may have cut or changed it.",
            "If it comes so from the identity provider, its support needs the received text above.",
        ],
        Requirement::ResponseShape => &[
            "Let the identity provider answer by SAML 2.0 with one Response that holds one assertion. Check that the Reply URL is entered as Assertion Consumer Service, not as Logout URL.",
        ],
        Requirement::Destination | Requirement::SubjectConfirmation
            if received.contains("written out") =>
        {
            &[
                "The identity provider has our Reply URL (ACS) with its port written out (:443 or :80). Enter it there as shown here, without the port.",
            ]
        }
        // The value is right, and the identity provider has to write it so.
        Requirement::Issuer
        | Requirement::ResponseIssuer
        | Requirement::Audience
        | Requirement::Destination
        | Requirement::SubjectConfirmation
        | Requirement::NameId
            if received.contains("white space around it") =>
        {
            &[
                "The identity provider puts white space around the value, as some do that lay their XML out before they sign it. Let it send the value alone: switch its formatting (pretty print) off, or take the space out of the field.",
            ]
        }
        Requirement::Destination | Requirement::SubjectConfirmation if received.contains("://") => {
            &[
                "Copy our Reply URL (Assertion Consumer Service URL) into the identity provider, exactly as shown here.",
                "If a reverse proxy stands in front, check that the company's origin is the address that users see.",
            ]
        }
        Requirement::SubjectConfirmation if received.contains("our clock says") => CLOCK,
        Requirement::SubjectConfirmation | Requirement::InResponseTo => &[
            "Start the sign-in again from the application or from the Sign on URL. A Response fits one request only.",
        ],
        Requirement::Issuer if received.starts_with("https://sts.windows.net/") => &[
            "The assertion comes from another Entra tenant, or the connection has the metadata of another application. Upload the application's Federation Metadata XML again.",
        ],
        Requirement::Issuer | Requirement::ResponseIssuer => &[
            "Upload the identity provider's metadata again: its entity ID differs from the connection's.",
        ],
        Requirement::Audience => &[
            "Copy our Identifier (Entity ID) into the identity provider, exactly as shown here.",
            "If the identity provider cannot send it, add the received value to the connection's Further audiences.",
        ],
        Requirement::Conditions | Requirement::IssueInstant => CLOCK,
        Requirement::SignatureValue if received.contains("names certificate") => &[
            "The identity provider signs with a certificate that the connection does not have. Upload its current metadata or certificate.",
            "For Entra ID use the application's own metadata (App Federation Metadata Url, with ?appid=), not the tenant's.",
        ],
        Requirement::SignatureValue | Requirement::Digest => &[
            "The message was changed after it was signed, or another key signed it. Upload the identity provider's current metadata.",
        ],
        Requirement::Algorithm if received.contains("SHA-1") => &[
            "Choose SHA-256 as Signing Algorithm at the identity provider (Entra ID: SAML Certificates, Edit).",
        ],
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
        Requirement::SecondOpinion if received.starts_with(NOT_COMPARED) => &[
            "The second implementation cannot judge such a message, and the operator of this server wants every sign-in judged twice (verification.cross_check = \"strict\").",
            "Let the identity provider sign the assertion itself, with RSA-SHA256.",
        ],
        Requirement::SecondOpinion => &[
            "Two implementations of SAML read this message differently: somebody has prepared it, or one of the two has a defect. Tell the operator of this server, and let nobody in by another way until it is understood.",
            "For the developers, keep what the identity provider sent (the browser's developer tools show SAMLResponse).",
        ],
        Requirement::NameId if received.contains("encrypted NameID") => &[
            "The identity provider encrypts the NameID (EncryptedID). Let it send the NameID in the clear: the connection itself is encrypted.",
            "Or let it encrypt the NameID for our encryption certificate.",
        ],
        Requirement::NameId if received.contains("SPNameQualifier") => &[
            "The name is one that the identity provider made for another service provider. Enter our Identifier (Entity ID) there as the SP Name Qualifier, or leave that field empty.",
        ],
        Requirement::NameId if received.contains("Format") => &[
            "Set the Name identifier format at the identity provider to the connection's, or change the connection's Name Id Format.",
        ],
        Requirement::NameId => &[
            "Choose a source for the Unique User Identifier (Name ID) that every user has, such as user.mail or user.userprincipalname.",
        ],
        Requirement::AuthnStatement if received == "none" => &[
            "Let the identity provider include an AuthnStatement (Keycloak: client settings, Include AuthnStatement).",
        ],
        Requirement::AuthnStatement => {
            &["The session at the identity provider has ended. Sign in again."]
        }
        Requirement::Freshness => &[
            "The identity provider did not let the user sign in again. Let it honour ForceAuthn, or shorten its session (Entra ID: Conditional Access, Session, Sign-in frequency; AD FS and Keycloak do it by themselves; Okta: sign-on policy, Re-authentication frequency).",
            "If an older sign-in will do, switch off “Ask for credentials each time” and “Longest time since the sign-in” in the SAML Settings (force_authn=false, max_authentication_age=none), and let the application leave force=1 out.",
        ],
        Requirement::AuthnContext => &[
            "The identity provider let the user sign in another way. Demand the wanted way there (Entra ID: Conditional Access, Grant, Require multifactor authentication; Okta: sign-on policy; Keycloak: authentication flow and ACR to LoA mapping).",
            "If the received way will do, add it to “Requested authentication context” or “Accepted authentication context” in the SAML Settings, or clear both (requested_authn_context=none, accepted_authn_context=none).",
        ],
        Requirement::EncryptionAlgorithm => &[
            "Choose AES-256-GCM (or AES-256-CBC with a signed Response) and RSA-OAEP for token encryption at the identity provider.",
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
    };
    text.iter().map(|line| (*line).to_owned()).collect()
}

const CLOCK: &[&str] = &[
    "Compare the clocks: let both servers keep time by NTP.",
    "If the user waited long at the identity provider, start the sign-in again.",
];

/// What Entra's codes mean for a service provider's administrator, and what to do. Guidance: Microsoft changes its codes.
pub const AADSTS: &[(&str, &str)] = &[
    (
        "50011",
        "Entra ID does not know our Reply URL. Copy our Reply URL (Assertion Consumer Service URL) into Basic SAML Configuration.",
    ),
    (
        "700016",
        "Entra ID does not know our Identifier. Copy our Identifier (Entity ID) into Basic SAML Configuration.",
    ),
    (
        "650056",
        "Entra ID finds the application misconfigured. Copy our Identifier (Entity ID) into Basic SAML Configuration.",
    ),
    (
        "50105",
        "The user is not assigned to the application. Assign the user or a group under Users and groups.",
    ),
    (
        "75005",
        "Entra ID did not understand the request. Send the attempt's code to the operator of this server.",
    ),
    (
        "75008",
        "The Login URL is wrong. Copy the Login URL from Entra ID again.",
    ),
    (
        "75011",
        "The user signed in by another method than the request asked for. Clear the connection's requested authentication context.",
    ),
    (
        "75016",
        "Entra ID does not offer the NameID format that the request asked for. Clear the connection's NameID policy or choose another format.",
    ),
    (
        "75001",
        "The binding is wrong. Use HTTP-Redirect or HTTP-POST for requests.",
    ),
    (
        "75003",
        "Entra ID cannot answer by that binding. Responses come by HTTP-POST.",
    ),
    (
        "750054",
        "The Sign on URL points at Entra ID. Copy our Sign on URL into Basic SAML Configuration.",
    ),
    (
        "76021",
        "Entra ID demands signed requests. Switch on the signing of requests for the connection.",
    ),
    (
        "76026",
        "The request was too old. Compare the clocks: let this server keep time by NTP.",
    ),
    (
        "501241",
        "The source of the NameID is empty for this user. Choose another source for Unique User Identifier (Name ID).",
    ),
    (
        "50058",
        "The user is not signed in at Entra ID, and the request allowed no question. Sign in again.",
    ),
    (
        "50146",
        "The application has no signing key at Entra ID, or it has expired. Make a new SAML certificate and make it active.",
    ),
    (
        "900236",
        "The request holds something that Entra ID does not support.",
    ),
    (
        "50068",
        "Sign-out: Entra ID does not know this session any more. Here it has ended; nothing is left to do.",
    ),
    (
        "50070",
        "Sign-out: Entra ID does not know this NameID. Here the session has ended; nothing is left to do.",
    ),
    (
        "50071",
        "Sign-out: the message was too old for Entra ID. Compare the clocks: let this server keep time by NTP. Here the session has ended.",
    ),
];

/// The number of the first of Entra's codes in a text, such as `50105` in "AADSTS50105: …".
pub fn aadsts_in(text: &str) -> Option<&str> {
    let rest = text.split("AADSTS").nth(1)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let code = rest.get(..digits)?;
    (!code.is_empty() && code.len() <= 10).then_some(code)
}

/// What one of Entra's codes means and what to do; none for one that is not known here.
pub fn aadsts(code: &str) -> Option<&'static str> {
    let found = AADSTS.iter().find(|(known, _)| *known == code)?;
    Some(found.1)
}

fn status_advice(received: &str) -> Vec<String> {
    let Some(code) = aadsts_in(received) else {
        return vec!["The identity provider refused the sign-in. Its own log says why.".to_owned()];
    };
    let mut lines: Vec<String> = aadsts(code).map(str::to_owned).into_iter().collect();
    lines.push(format!(
        "Microsoft explains the code at https://login.microsoftonline.com/error?code={code}"
    ));
    lines
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
        assert!(lines[0].contains("requested authentication context"));
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
    fn unknown_codes_lead_somewhere_too() {
        assert_eq!(status("AADSTS99: x").len(), 1);
        assert_eq!(status("Responder").len(), 1);
        assert!(status("AADSTS<script>")[0].contains("own log"));
    }
}
