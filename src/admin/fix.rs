//! The field to change about a refused sign-in, or one with a warning: its exact name, on which side it is, and what belongs in it.
//!
//! Invariant: guidance only, and none rather than a wrong one. It is found anew each time a record is looked at, from the check
//! that was not met.

mod authentication;
mod names;
mod signed;
mod status;

use std::borrow::Cow;

use crate::domain::{Check, Company, Connection, FlowRequirement, LoginAttempt};
use crate::saml::{self, advice};
use crate::site::AnyRequirement;

/// A field to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whose page it is on.
    pub side: Side,
    /// The part of that page.
    pub part: &'static str,
    /// The field's name there.
    pub field: Cow<'static, str>,
    /// What has to be in it; none where that depends.
    pub value: Option<String>,
    /// The setting of the connection, or of the company where it is the operator's, that a command takes.
    pub setting: Option<&'static str>,
    /// Where it is in our console.
    pub path: Option<String>,
}

/// Whose page a field is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The identity provider's.
    IdentityProvider,
    /// The company's, in our console.
    Here,
    /// The operator's of this server.
    Operator,
}

impl Fix {
    /// The way to the field.
    pub fn label(&self) -> String {
        format!("{} → {}", self.part, self.field)
    }

    fn to(self, value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..self
        }
    }
}

const BASIC: &str = "Basic SAML Configuration";
const CERTIFICATES: &str = "SAML Certificates";
const CLAIMS_PAGE: &str = "Attributes & Claims";
const PEOPLE: &str = "Users & Permissions";

/// The fields to look at, most likely first. Empty when nothing has to be changed anywhere.
pub fn fixes(
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
    let finder = Finder {
        attempt,
        company,
        connection,
        check,
    };
    match AnyRequirement::from_check(check) {
        Some(AnyRequirement::Saml(requirement)) => finder.of_the_message(requirement),
        Some(AnyRequirement::Flow(requirement)) => finder.of_the_sign_in(requirement),
        // Its record's advice names the fields.
        Some(AnyRequirement::Oidc(_)) | None => Vec::new(),
    }
}

struct Finder<'a> {
    attempt: &'a LoginAttempt,
    company: &'a Company,
    connection: Option<&'a Connection>,
    check: &'a Check,
}

impl Finder<'_> {
    /// Rules A to D and G: the verdict on a message.
    fn of_the_message(&self, requirement: saml::error::Requirement) -> Vec<Fix> {
        use saml::error::Requirement as R;
        let received = &*self.check.received;
        match requirement {
            R::TrustedKey => self.certificates(),
            R::SignatureValue => self.signature(),
            R::Algorithm => self.algorithm(),
            R::Coverage | R::LogoutSignature => self.coverage(),
            R::CertificateValidity => self.validity(),
            R::Status => self.status(),
            R::Destination => self.address(received),
            R::LogoutDestination => {
                vec![there(BASIC, "Logout URL (Optional)").to(self.company.slo_url())]
            }
            R::SubjectConfirmation if received.contains("://") => self.address(received),
            R::SubjectConfirmation | R::Conditions | R::IssueInstant | R::LogoutTime => {
                self.clock().into_iter().collect()
            }
            R::Issuer => self.issuer(),
            R::Audience => self.audience(),
            R::AuthnStatement if received == "none" => {
                vec![self.setting("authn_statement").to("optional")]
            }
            R::NameId => self.name_id(),
            R::Freshness => self.freshness(),
            R::AuthnContext => self.authn_context(),
            R::EncryptionAlgorithm => {
                vec![there("Token encryption", "Deactivate token encryption")]
            }
            R::EncryptionIntegrity => {
                vec![
                    there(CERTIFICATES, "Signing Option").to("Sign SAML response and assertion"),
                    there("Token encryption", "Deactivate token encryption"),
                    self.setting("danger_accept_cbc").to("true"),
                ]
            }
            R::Decryption => vec![
                there("Token encryption", "Import Certificate"),
                self.here("Copy into Entra", "Encryption certificate", "/copy"),
            ],
            // What these are refused for is in the identity provider's software, or was done on the way.
            _ => Vec::new(),
        }
    }

    /// Rules E and F: which sign-in it is, and whose account.
    fn of_the_sign_in(&self, requirement: FlowRequirement) -> Vec<Fix> {
        use FlowRequirement as F;
        let received = &*self.check.received;
        match requirement {
            F::KnownIssuer => vec![self.console(
                "Single Sign On Settings",
                "New connection",
                "/admin/connections",
            )],
            F::Claims => self.claims(),
            F::Solicited => {
                vec![self.sign_on_url(), self.setting("unsolicited").to("accept")]
            }
            F::ConnectionEnabled => {
                vec![self.here("Single Sign On Settings", "Enable", "")]
            }
            F::Linkable | F::EmailClaim | F::EmailDomain => self.account(received),
            F::Account if received.contains("claims hold no") => vec![
                there(CLAIMS_PAGE, "emailaddress").to("user.mail"),
                self.setting("attributes.email"),
            ],
            F::Account if received.contains("the company has all of the") => {
                vec![self.console(PEOPLE, "Delete", "/admin/users")]
            }
            F::Account => vec![
                self.setting("jit_group"),
                self.console(PEOPLE, "Create SSO User", "/admin/users"),
            ],
            F::ActiveAccount => vec![self.console(PEOPLE, "Activate", "/admin/users")],
            F::Groups => self.groups(),
            F::PasswordAllowed if received.contains("is in the permission group") => {
                vec![self.console(
                    PEOPLE,
                    "This group can only sign in via single sign-on",
                    "/admin/groups",
                )]
            }
            F::PasswordAllowed | F::Password
                if received.contains("no password") || received.contains("no such account") =>
            {
                vec![self.console(PEOPLE, "Password", "/admin/users")]
            }
            _ => Vec::new(),
        }
    }

    fn groups(&self) -> Vec<Fix> {
        let received = &*self.check.received;
        if received.starts_with("too many") {
            vec![there(CLAIMS_PAGE, "the group claim").to("Groups assigned to the application")]
        } else if received.starts_with("no groups") {
            vec![
                there(CLAIMS_PAGE, "Add a group claim"),
                self.setting("attributes.groups"),
            ]
        } else {
            vec![self.setting("group_mapping")]
        }
    }

    /// The message was sent to another address than ours.
    fn address(&self, received: &str) -> Vec<Fix> {
        let received = value_in(received.strip_prefix("Recipient ").unwrap_or(received));
        let ours = self.company.acs_url();
        let reply_url =
            there(BASIC, "Reply URL (Assertion Consumer Service URL)").to(ours.as_str());
        match advice::other_origin(&ours, received) {
            // The browser found us by that address.
            Some(origin) => {
                let ours = Fix {
                    side: Side::Operator,
                    setting: Some("origin"),
                    ..there("The company's settings", "origin")
                };
                let ours = ours.to(origin.address);
                if origin.is_the_public_one {
                    vec![ours]
                } else {
                    vec![reply_url, ours]
                }
            }
            None => vec![reply_url],
        }
    }

    fn identifier(&self) -> Fix {
        there(BASIC, "Identifier (Entity ID)").to(self.company.entity_id())
    }

    fn sign_on_url(&self) -> Fix {
        there(BASIC, "Sign on URL (Optional)").to(format!("{}/", self.company.origin))
    }

    /// A field of the connection's settings, by the name that it has there.
    fn setting(&self, key: &'static str) -> Fix {
        let known = super::SETTINGS.iter().find(|it| it.key == key);
        // It is a choice of two.
        let anchor = match key {
            // A choice of two, and a switch before its list.
            "binding" => "binding-post",
            "jit_group" => "jit",
            key => key,
        };
        Fix {
            setting: Some(key),
            ..self.here(
                "SAML Settings",
                known.map_or(key, |it| it.label),
                &format!("#{anchor}"),
            )
        }
    }

    /// The present value of a setting.
    fn value(&self, key: &str) -> Option<String> {
        self.connection?.settings.value(key)
    }

    /// Rule F2, by what was in the way.
    fn account(&self, received: &str) -> Vec<Fix> {
        let name_id = there(CLAIMS_PAGE, "Unique User Identifier (Name ID)").to("user.mail");
        let trusted = self.setting("trust_email_claim").to("true");
        let domains = self.console(
            "Single Sign On Settings",
            "E-mail domains",
            "/admin/domains",
        );
        // The address before it may hold any word.
        let Some((_, why)) = received.split_once(" exists, and ") else {
            return if received.ends_with("none of the company's domains") {
                vec![domains, self.setting("guests").to("true")]
            } else if received.starts_with("the e-mail claim says") {
                vec![name_id, trusted]
            } else {
                vec![domains]
            };
        };
        if why.contains("the NameID is not its address") {
            // A claim opens no such account, trusted or not.
            vec![name_id]
        } else if why.contains("the NameID is") {
            vec![name_id, trusted]
        } else if why.starts_with("its domain is not assigned") {
            vec![domains]
        } else if why.starts_with("an API token") {
            vec![self.console(PEOPLE, "Password", "/admin/users")]
        } else {
            vec![self.console(PEOPLE, "Single sign-on", "/admin/users")]
        }
    }

    /// A setting to take back, where it is set.
    fn if_set(&self, key: &'static str, to: &str) -> Option<Fix> {
        let is_set = self.value(key).is_some_and(|value| value != to);
        is_set.then(|| self.setting(key).to(to))
    }

    /// A field on a page of the connection.
    fn here(&self, part: &'static str, field: &'static str, rest: &str) -> Fix {
        // Claims and groups have a page of their own.
        let is_claim = rest.starts_with("#attributes.") || rest == "#group_mapping";
        let page = if is_claim { "/claims" } else { "" };
        Fix {
            side: Side::Here,
            path: self
                .connection
                .map(|it| format!("/admin/connections/{}{page}{rest}", it.id)),
            ..there(part, field)
        }
    }

    /// A field on another page of the console.
    fn console(&self, part: &'static str, field: &'static str, path: &str) -> Fix {
        Fix {
            path: Some(path.to_owned()),
            ..self.here(part, field, "")
        }
    }
}

/// The value alone, where a record says how it differs.
fn value_in(received: &str) -> &str {
    received.split(" (").next().unwrap_or_default()
}

fn there(part: &'static str, field: &'static str) -> Fix {
    Fix {
        side: Side::IdentityProvider,
        part,
        field: field.into(),
        value: None,
        setting: None,
        path: None,
    }
}
