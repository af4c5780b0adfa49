//! The field to change about a refused sign-in: its exact name, and on which side it is.
//!
//! Invariant: guidance only. It is found anew each time a record is looked at, from the check that was not met.

use crate::domain::login_attempt;
use crate::domain::{Check, Company, Connection, LoginAttempt, RequiredSignature};
use crate::saml::advice::aadsts_in;

/// A field to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whose page it is on.
    pub side: Side,
    /// The part of that page.
    pub part: &'static str,
    /// The field's name there.
    pub field: &'static str,
    /// What has to be in it; none where that depends.
    pub value: Option<String>,
}

/// Whose page a field is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The identity provider's.
    IdentityProvider,
    /// Ours.
    Here(Place),
}

/// A place in our console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The connection's settings: the field of this key.
    Setting(&'static str),
    /// The connection's certificates.
    Certificates,
    /// The import of metadata.
    Metadata,
    /// The values to copy to the identity provider.
    Copy,
    /// The users.
    Users,
    /// The permission groups.
    Groups,
    /// The company's e-mail domains.
    Domains,
}

const BASIC: &str = "Basic SAML Configuration";
const CERTIFICATES: &str = "SAML Certificates";
const CLAIMS: &str = "Attributes & Claims";
const SETTINGS: &str = "SAML Settings";

/// The fields to look at, most likely first. Empty when nothing has to be changed anywhere.
pub(super) fn fixes(
    attempt: &LoginAttempt,
    company: &Company,
    connection: Option<&Connection>,
) -> Vec<Fix> {
    let failed = attempt
        .record
        .checks
        .iter()
        .rev()
        .find(|check| !check.passed);
    let Some(check) = failed else {
        return Vec::new();
    };
    Finder {
        company,
        connection,
        check,
    }
    .find()
}

struct Finder<'a> {
    company: &'a Company,
    connection: Option<&'a Connection>,
    check: &'a Check,
}

impl Finder<'_> {
    fn find(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        match &*self.check.rule {
            "B2" | "B3" | "B6" => vec![
                there(CERTIFICATES, "App Federation Metadata Url", None),
                here("Single Sign On Settings", "Metadata", Place::Metadata),
                here(
                    "x.509 Certificate",
                    "Update Certificate",
                    Place::Certificates,
                ),
            ],
            "B4" => vec![there(CERTIFICATES, "Signing Algorithm", Some("SHA-256"))],
            "B7" => vec![
                there(CERTIFICATES, "Signing Option", Some(self.signing_option())),
                setting("What must be signed", "required_signature"),
            ],
            "B8" => vec![
                there(
                    CERTIFICATES,
                    "New Certificate, then Make certificate active",
                    None,
                ),
                here(
                    "x.509 Certificate",
                    "Update Certificate",
                    Place::Certificates,
                ),
            ],
            "C2" => self.status(),
            "C3" => self.reply_url(),
            "D2" if received.contains("://") => self.reply_url(),
            "C4" | "D1" => vec![
                there(CERTIFICATES, "App Federation Metadata Url", None),
                here("Single Sign On Settings", "Metadata", Place::Metadata),
            ],
            "C5" | "D3" => vec![setting("Clock skew", "clock_skew_seconds")],
            "D2" if received.contains("our clock says") => {
                vec![setting("Clock skew", "clock_skew_seconds")]
            }
            "D4" => vec![
                self.identifier(),
                setting("Further audiences", "extra_audiences"),
            ],
            "D6" if received == "none" => vec![setting("AuthnStatement", "authn_statement")],
            "D7" => self.name(received),
            "D8" => vec![
                there("Conditional Access, Session", "Sign-in frequency", None),
                setting("Ask for credentials each time", "force_authn"),
                setting("Longest time since the sign-in", "max_authentication_age"),
            ],
            "D9" => vec![
                there(
                    "Conditional Access, Grant",
                    "Require multifactor authentication",
                    None,
                ),
                setting(
                    "Requested authentication context",
                    "requested_authn_context",
                ),
                setting("Accepted authentication context", "accepted_authn_context"),
            ],
            "E3" => vec![there(BASIC, "Relay State (Optional): leave it empty", None)],
            "E5" => vec![
                self.sign_on_url(),
                setting("Responses that nobody asked for", "unsolicited"),
            ],
            "E6" => vec![here(
                "Single Sign On Settings",
                "Enable",
                Place::Setting(""),
            )],
            "F2" => vec![here(
                "Single Sign On Settings",
                "E-mail domains",
                Place::Domains,
            )],
            "F3" if received.contains("e-mail") => vec![
                there(CLAIMS, "emailaddress", Some("user.mail")),
                setting("Claims, E-mail address", "attributes.email"),
            ],
            "F3" => vec![
                setting("Enable Just-In-Time User Provisioning", "jit"),
                here("Users & Permissions", "Create SSO User", Place::Users),
            ],
            "F4" => vec![here("Users & Permissions", "Activate", Place::Users)],
            "F6" if received.contains("group") => vec![here(
                "Users & Permissions",
                "This group can only sign in via single sign-on",
                Place::Groups,
            )],
            "F6" => vec![here("Users & Permissions", "Password", Place::Users)],
            "G2" => vec![
                there("Token encryption", "Deactivate token encryption", None),
                setting(
                    "Accept AES-CBC in a response that is not signed",
                    "danger_accept_cbc",
                ),
            ],
            "G1" | "G3" => vec![
                there("Token encryption", "Import Certificate", None),
                here("Copy into Entra", "Encryption certificate", Place::Copy),
            ],
            _ => Vec::new(),
        }
    }

    /// By Entra's code, when the Status has one.
    fn status(&self) -> Vec<Fix> {
        match aadsts_in(&self.check.received).unwrap_or_default() {
            "50011" => self.reply_url(),
            "700016" | "650056" => vec![self.identifier()],
            "50105" => vec![there("Users and groups", "Add user/group", None)],
            "75008" => vec![setting("Login URL", "login_url")],
            "75011" => vec![setting(
                "Requested authentication context",
                "requested_authn_context",
            )],
            "75016" => vec![setting("NameID format that is asked for", "name_id_policy")],
            "75001" | "75003" => vec![setting("Binding Options for Requests", "binding-post")],
            "750054" => vec![self.sign_on_url()],
            "76021" => vec![setting("Sign requests", "sign_requests")],
            "501241" => vec![there(
                CLAIMS,
                "Unique User Identifier (Name ID)",
                Some("user.userprincipalname"),
            )],
            "50146" => vec![there(
                CERTIFICATES,
                "New Certificate, then Make certificate active",
                None,
            )],
            _ => Vec::new(),
        }
    }

    fn name(&self, received: &str) -> Vec<Fix> {
        if &*self.check.subject == login_attempt::CLAIMS {
            return vec![
                there(CLAIMS, "emailaddress", Some("user.mail")),
                setting("Claims", "attributes.email"),
                setting("Identity attribute", "identity_attribute"),
            ];
        }
        let field = "Unique User Identifier (Name ID)";
        if received.contains("Format") {
            let format = self
                .connection
                .and_then(|it| it.settings.name_id_format.clone());
            return vec![
                Fix {
                    side: Side::IdentityProvider,
                    part: CLAIMS,
                    field: "Unique User Identifier (Name ID), Name identifier format",
                    value: format,
                },
                setting("Name Id Format", "name_id_format"),
            ];
        }
        vec![there(CLAIMS, field, Some("user.userprincipalname"))]
    }

    fn reply_url(&self) -> Vec<Fix> {
        vec![there(
            BASIC,
            "Reply URL (Assertion Consumer Service URL)",
            Some(&self.company.acs_url()),
        )]
    }

    fn identifier(&self) -> Fix {
        there(
            BASIC,
            "Identifier (Entity ID)",
            Some(&self.company.entity_id()),
        )
    }

    fn sign_on_url(&self) -> Fix {
        let url = format!("{}/", self.company.origin);
        there(BASIC, "Sign on URL (Optional)", Some(&url))
    }

    /// Entra's words.
    fn signing_option(&self) -> &'static str {
        match self.connection.map(|it| it.settings.required_signature) {
            Some(RequiredSignature::Both) => "Sign SAML response and assertion",
            Some(RequiredSignature::Response) => "Sign SAML response",
            _ => "Sign SAML assertion",
        }
    }
}

fn there(part: &'static str, field: &'static str, value: Option<&str>) -> Fix {
    Fix {
        side: Side::IdentityProvider,
        part,
        field,
        value: value.map(str::to_owned),
    }
}

/// A field of the connection's settings, by the name that it has there.
fn setting(otherwise: &'static str, key: &'static str) -> Fix {
    let known = super::SETTINGS.iter().find(|it| it.key == key);
    let field = known.map_or(otherwise, |it| it.label);
    here(SETTINGS, field, Place::Setting(key))
}

fn here(part: &'static str, field: &'static str, place: Place) -> Fix {
    Fix {
        side: Side::Here(place),
        part,
        field,
        value: None,
    }
}
