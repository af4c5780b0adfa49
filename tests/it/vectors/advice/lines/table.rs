//! Every line of advice: where it is given, and what is done about it.

use vestibule::saml::error::Requirement;

use crate::vectors::advice::maker::{
    self, addressed, signed, with_attribute, with_text, without_signatures,
};
use crate::vectors::advice::{attempt, every_certificate};
use crate::vectors::case::{Case, Message};
use crate::vectors::make::{Paper, logout_query};

/// A line, by words of it; refused vectors whose record has it; and what is done.
pub(super) struct Line {
    pub(super) says: &'static str,
    pub(super) at: &'static [&'static str],
    pub(super) then: fn(&mut Case),
}

const fn line(says: &'static str, at: &'static [&'static str], then: fn(&mut Case)) -> Line {
    Line { says, at, then }
}

/// Puts another message into a case.
fn sends(case: &mut Case, change: impl FnOnce(&str) -> String) {
    let text = String::from_utf8(case.xml().to_vec()).unwrap();
    case.message = Message::Xml(change(&without_signatures(&text)).into_bytes());
}

/// Nothing on the way, and nothing wrong in the identity provider's software: the message as it was made.
fn as_it_was_made(case: &mut Case) {
    case.message = Message::Xml(Paper::signed().into());
}

fn signs_again(case: &mut Case) {
    sends(case, |text| signed(text, "_assertion"));
}

fn clocks_agree(case: &mut Case) {
    let check = attempt(case).unwrap().record.checks.pop().unwrap();
    let mut times = check
        .received
        .split([' ', ';'])
        .filter_map(vestibule::saml::instant::parse);
    case.file.now = times.next().unwrap() - time::Duration::SECOND;
}

/// Starts again: the request that the Response answers.
fn starts_again(case: &mut Case) {
    sends(case, |text| {
        let text = with_attribute(text, "samlp:Response", "InResponseTo", "_again");
        let text = with_attribute(
            &text,
            "saml:SubjectConfirmationData",
            "InResponseTo",
            "_again",
        );
        signed(&text, "_assertion")
    });
    case.file.request_id = Some("_again".to_owned());
}

fn other_ids(case: &mut Case) {
    sends(case, |text| {
        let text = with_attribute(text, "samlp:Response", "ID", "_response");
        let text = with_attribute(&text, "saml:Assertion", "ID", "_assertion");
        signed(&text, "_assertion")
    });
}

fn bare_values(case: &mut Case) {
    let (issuer, audience) = (
        case.file.idp_entity_id.clone().unwrap(),
        case.file.entity_id.clone(),
    );
    sends(case, |text| {
        let text = with_text(&with_text(text, "Issuer", &issuer), "Audience", &audience);
        signed(
            &with_text(&text, "NameID", "b.simon@contoso.com"),
            "_assertion",
        )
    });
}

fn one_issuer(case: &mut Case) {
    let issuer = case.file.idp_entity_id.clone().unwrap();
    sends(case, |text| {
        signed(&with_text(text, "Issuer", &issuer), "_assertion")
    });
}

fn fresh(case: &mut Case) {
    maker::without_a_value(case, "Sign-in frequency").unwrap();
}

fn not_asked(case: &mut Case) {
    let settings = &mut case.file.settings;
    (settings.forced_at, settings.max_authentication_age) = (None, None);
}

fn in_the_wanted_way(case: &mut Case) {
    maker::without_a_value(case, "Require multifactor authentication").unwrap();
}

fn any_way(case: &mut Case) {
    let settings = &mut case.file.settings;
    settings.requested_authn_context.clear();
    settings.accepted_authn_context.clear();
}

fn encrypts_for_us(case: &mut Case) {
    maker::without_a_value(case, "Import Certificate").unwrap();
}

fn encrypts_nothing(case: &mut Case) {
    maker::without_a_value(case, "Deactivate token encryption").unwrap();
}

/// A logout request as the identity provider makes it when that is done.
fn asks_to_sign_out(case: &mut Case) {
    case.message = Message::Query(logout_query());
}

pub(super) const LINES: &[Line] = &[
    line(
        "The message is not XML that this server accepts",
        &["cut-off", "doctype", "html"],
        as_it_was_made,
    ),
    line(
        "The identity provider makes the IDs",
        &[
            "id-empty",
            "id-with-colon",
            "id-of-response-and-assertion-the-same",
        ],
        other_ids,
    ),
    line(
        "The message holds another assertion inside",
        &["original-in-advice"],
        as_it_was_made,
    ),
    line(
        "Check that our Reply URL is entered",
        &["root-logout-response"],
        as_it_was_made,
    ),
    line(
        "Let the identity provider answer by SAML 2.0",
        &["response-version-1-1", "assertion-missing"],
        as_it_was_made,
    ),
    line(
        "The identity provider names itself in one way",
        &["response-issuer-other", "response-issuer-slash"],
        one_issuer,
    ),
    line(
        "Copy our Reply URL",
        &["destination-slash", "recipient-other"],
        |case| {
            let url = case.file.acs_url.clone();
            sends(case, |text| signed(&addressed(text, &url), "_assertion"));
        },
    ),
    line(
        "The addresses differ by the port alone",
        &["destination-port"],
        |case| {
            let url = case.file.acs_url.clone();
            sends(case, |text| signed(&addressed(text, &url), "_assertion"));
        },
    ),
    line(
        "is the address that users see",
        &["destination-other", "recipient-other"],
        |case| {
            let url = "https://other.example/sso/acs";
            url.clone_into(&mut case.file.acs_url);
            sends(case, |text| signed(&addressed(text, url), "_assertion"));
        },
    ),
    line(
        "The identity provider puts its signature in a place",
        &["signature-at-the-end", "signature-twice-in-assertion"],
        signs_again,
    ),
    line(
        "Choose exclusive canonicalisation",
        &["transform-canonical-1-1", "method-canonical-1-1"],
        signs_again,
    ),
    line(
        "The identity provider has to sign the whole Response",
        &["reference-to-nothing", "transform-xpath"],
        signs_again,
    ),
    line(
        "The message was changed after it was signed",
        &["changed-name", "changed-digest"],
        as_it_was_made,
    ),
    line(
        "The value of the signature cannot be read",
        &["signature-value-not-base64"],
        signs_again,
    ),
    line(
        "The identity provider signs with a certificate",
        &["foreign-certificate"],
        |case| {
            case.file.certificates = every_certificate();
        },
    ),
    line(
        "For Entra ID use the application's own metadata",
        &["foreign-certificate"],
        |case| {
            case.file.certificates = every_certificate();
        },
    ),
    line(
        "No certificate of the connection fits",
        &["foreign-without-key-info"],
        |case| {
            case.file.certificates = every_certificate();
        },
    ),
    line(
        "Another identity provider signed this",
        &["foreign-idp-of-another-company"],
        as_it_was_made,
    ),
    line(
        "is the right one, import its metadata",
        &["foreign-idp-of-another-company"],
        |case| {
            case.file.certificates = every_certificate();
            case.file.idp_entity_id = Some("https://other.example/saml".to_owned());
        },
    ),
    line(
        "Choose SHA-256 as Signing Algorithm",
        &["rsa-sha1", "digest-sha1"],
        signs_again,
    ),
    line(
        "Choose RSA-SHA256 as Signing Algorithm",
        &["rsa-md5", "hmac-sha1"],
        signs_again,
    ),
    line(
        "The Response was changed after it was signed",
        &["changed-response-both-signed"],
        as_it_was_made,
    ),
    line(
        "Set the Signing Option",
        &["signature-missing"],
        signs_again,
    ),
    line(
        "Make a new signing certificate",
        &["certificate-expired"],
        |case| {
            case.file.certificates = every_certificate();
        },
    ),
    line(
        "Upload the identity provider's metadata or certificate",
        &["key-none"],
        |case| {
            case.file.certificates = every_certificate();
        },
    ),
    line(
        "Compare the clocks",
        &[
            "response-issued-in-the-future",
            "not-before-one-second-outside",
        ],
        clocks_agree,
    ),
    line(
        "If the user waited long",
        &["confirmation-expired"],
        as_it_was_made,
    ),
    line(
        "Start the sign-in again",
        &["answers-another-request", "confirmation-of-another-request"],
        starts_again,
    ),
    line(
        "The identity provider puts white space around",
        &["issuer-space", "audience-space", "name-space-around"],
        bare_values,
    ),
    line(
        "The signature is by a certificate of this connection",
        &["issuer-slash"],
        |case| {
            let check = attempt(case).unwrap().record.checks.pop().unwrap();
            let issuer = check.received.split(" (").next().unwrap().to_owned();
            case.file.idp_entity_id = Some(issuer);
        },
    ),
    line("Entra ID writes spn:", &["audience-spn"], bare_values),
    line(
        "If it stays, add the received value",
        &["audience-spn"],
        |case| {
            case.file.settings.extra_audiences = vec![format!("spn:{}", case.file.entity_id)];
        },
    ),
    line(
        "Copy our Identifier",
        &["audience-slash", "audience-other"],
        bare_values,
    ),
    line(
        "If the identity provider cannot send it",
        &["audience-slash"],
        |case| {
            case.file.settings.extra_audiences = vec![format!("{}/", case.file.entity_id)];
        },
    ),
    line(
        "The identity provider sends a condition",
        &["condition-unknown"],
        |case| {
            sends(case, |text| {
                signed(&text.replace("<saml:FullMoon/>", ""), "_assertion")
            });
        },
    ),
    line(
        "Set the Name identifier format",
        &["name-format-persistent"],
        |case| {
            case.file.settings.name_id_format =
                Some(vestibule::saml::names::NAMEID_PERSISTENT.to_owned());
        },
    ),
    line(
        "The identity provider encrypts the NameID",
        &["name-encrypted"],
        |case| {
            sends(case, |text| {
                signed(
                    &maker::named(&maker::without(
                        text,
                        "<saml:EncryptedID",
                        "</saml:EncryptedID>",
                    )),
                    "_assertion",
                )
            });
        },
    ),
    line(
        "Or let it encrypt the NameID",
        &["name-encrypted"],
        encrypts_for_us,
    ),
    line(
        "The name is one that the identity provider made for another",
        &["name-with-qualifier-of-another"],
        |case| {
            let ours = case.file.entity_id.clone();
            sends(case, |text| {
                signed(
                    &with_attribute(text, "saml:NameID", "SPNameQualifier", &ours),
                    "_assertion",
                )
            });
        },
    ),
    line(
        "The identity provider sent no name",
        &["name-empty", "name-missing"],
        |case| {
            sends(case, |text| signed(&maker::named(text), "_assertion"));
        },
    ),
    line(
        "Some identity providers send one only",
        &["name-empty"],
        |case| {
            sends(case, |text| signed(&maker::named(text), "_assertion"));
        },
    ),
    line(
        "The NameID says that it is an e-mail address",
        &["name-not-an-address"],
        |case| {
            sends(case, |text| signed(&maker::named(text), "_assertion"));
        },
    ),
    line(
        "The identity provider did not let the user sign in again",
        &["authn-forced-eight-hours-ago", "authn-age-and-forced"],
        fresh,
    ),
    line(
        "The identity provider does not say when the user signed in",
        &["authn-forced-without-statement"],
        as_it_was_made,
    ),
    line(
        "If an older sign-in will do",
        &["authn-forced-eight-hours-ago", "authn-age-and-forced"],
        not_asked,
    ),
    line(
        "The identity provider let the user sign in another way",
        &["authn-context-another", "authn-context-not-accepted"],
        in_the_wanted_way,
    ),
    line(
        "If the received way will do",
        &["authn-context-another"],
        any_way,
    ),
    line(
        "have nothing in common",
        &["authn-context-requested-and-not-accepted"],
        any_way,
    ),
    line(
        "Let the identity provider include an AuthnStatement",
        &["authn-statement-missing"],
        as_it_was_made,
    ),
    line(
        "If it cannot, set AuthnStatement",
        &["authn-statement-missing"],
        |case| {
            case.file.settings.authn_statement_optional = true;
        },
    ),
    line(
        "The session at the identity provider has ended",
        &["session-ended"],
        as_it_was_made,
    ),
    line(
        "Choose AES-256-GCM and RSA-OAEP",
        &["encrypted-key-rsa-1-5", "encrypted-triple-des"],
        encrypts_for_us,
    ),
    line(
        "Let the identity provider sign the Response as well",
        &["encrypted-cbc-256-unsigned"],
        |case| {
            let text = String::from_utf8(case.xml().to_vec()).unwrap();
            case.message = Message::Xml(signed(&text, "_response").into_bytes());
        },
    ),
    line(
        "AD FS: Set-AdfsRelyingPartyTrust",
        &["encrypted-cbc-128-unsigned"],
        encrypts_nothing,
    ),
    line(
        "If it can do neither, the connection can take the danger",
        &["encrypted-cbc-256-unsigned"],
        |case| {
            case.file.settings.danger_accept_cbc = true;
        },
    ),
    line(
        "Upload our current encryption certificate",
        &[
            "encrypted-for-another-key",
            "encrypted-without-our-key",
            "name-encrypted-for-another",
        ],
        encrypts_for_us,
    ),
    // Logout.
    line(
        "Check that our Logout URL is entered",
        &["query-not-a-logout-message"],
        asks_to_sign_out,
    ),
    line(
        "Copy our Logout URL",
        &["query-destination-other"],
        asks_to_sign_out,
    ),
    line(
        "The identity provider has to sign its logout messages",
        &["query-unsigned"],
        asks_to_sign_out,
    ),
];

/// What says something and changes nothing.
pub(super) const EXPLAINED: &[&str] = &["If it comes so from the identity provider"];

/// Tried with the whole server: by these tests.
pub(super) const ELSEWHERE: &[(Requirement, &str)] = &[
    // What the identity provider refuses is in our request, and another implementation is in the server.
    (
        Requirement::Status,
        "every_refusal_of_the_identity_provider_is_mended_by_its_advice",
    ),
    // No vector has a logout request that has expired.
    (
        Requirement::LogoutTime,
        "what_is_advised_about_logout_messages_lets_them_pass",
    ),
    (
        Requirement::SecondOpinion,
        "what_is_advised_where_two_implementations_disagree",
    ),
];
