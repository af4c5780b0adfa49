//! Our own metadata: in the order of saml-schema-metadata-2.0, and the same octets for the same input.
//!
//! Tests: `tests/it/sp_metadata.rs`. What stands in it is chosen by `site`.

use super::{Localized, MetadataOrganization};
use crate::saml::names;
use crate::saml::signature::{SignError, SigningKey, sign_enveloped};
use crate::text::is_unseen;
use crate::xml::XmlWriter;

/// What a service provider publishes about itself (saml-metadata 2.4.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpMetadata {
    /// The entity ID.
    pub entity_id: String,
    /// The assertion consumer service, HTTP-POST.
    pub acs_url: String,
    /// The logout endpoint, HTTP-Redirect and HTTP-POST.
    pub slo_url: Option<String>,
    /// Name identifier formats, most wanted first.
    pub name_id_formats: Vec<String>,
    /// Certificates of the keys that sign our messages: base64 of the DER encoding without white space, newest first.
    pub signing_certificates: Vec<String>,
    /// Certificates of the keys that assertions are encrypted to, in the same form.
    pub encryption_certificates: Vec<String>,
    /// Whether our requests are signed.
    pub authn_requests_signed: bool,
    /// Whether assertions have to be signed themselves.
    pub want_assertions_signed: bool,
    /// Who runs it.
    pub organization: Option<MetadataOrganization>,
    /// Whom to write to.
    pub contacts: Vec<MetadataContact>,
    /// What a sign-in page may show.
    pub ui_info: UiInfo,
}

/// Names and pages for people (sstc-saml-metadata-ui 2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UiInfo {
    /// The name of the service.
    pub display_names: Vec<Localized>,
    /// What it is for.
    pub descriptions: Vec<Localized>,
    /// Its logo.
    pub logo: Option<UiLogo>,
    /// Pages about it.
    pub information_urls: Vec<Localized>,
    /// Its privacy statements.
    pub privacy_statement_urls: Vec<Localized>,
}

/// A logo (sstc-saml-metadata-ui 2.1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiLogo {
    /// An https URL.
    pub url: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Someone to write to (saml-metadata 2.3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataContact {
    /// What for.
    pub kind: ContactKind,
    /// Given name, or the name of a team.
    pub given_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// E-mail address, without `mailto:`.
    pub email: String,
}

/// What a contact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// The running of the service.
    Technical,
    /// Help for users.
    Support,
    /// Contracts.
    Administrative,
}

/// What we decrypt and advertise: authenticated encryption only (rule G2 bounds CBC), RSA-OAEP only (rule G1).
const ENCRYPTION_METHODS: [&str; 5] = [
    names::AES256_GCM,
    names::AES192_GCM,
    names::AES128_GCM,
    names::RSA_OAEP,
    names::RSA_OAEP_MGF1P,
];

impl SpMetadata {
    /// The unsigned document.
    pub fn to_xml(&self) -> String {
        self.write(None)
    }

    /// The document, signed; `id` names its root in the signature (saml-metadata 3.1).
    pub fn to_signed_xml(&self, id: &str, key: &SigningKey) -> Result<String, SignError> {
        sign_enveloped(&self.write(Some(id)), id, key)
    }

    fn write(&self, id: Option<&str>) -> String {
        let mut xml = XmlWriter::with_declaration();
        xml.open("md:EntityDescriptor")
            .attribute("xmlns:md", names::MD)
            .attribute_if("ID", id)
            .attribute("entityID", &self.entity_id);
        xml.open("md:SPSSODescriptor")
            .attribute("AuthnRequestsSigned", boolean(self.authn_requests_signed))
            .attribute("WantAssertionsSigned", boolean(self.want_assertions_signed))
            .attribute("protocolSupportEnumeration", names::SAMLP);
        self.ui_info.write(&mut xml);
        self.write_keys(&mut xml);
        if let Some(location) = &self.slo_url {
            for binding in [names::BINDING_REDIRECT, names::BINDING_POST] {
                xml.open("md:SingleLogoutService")
                    .attribute("Binding", binding)
                    .attribute("Location", location)
                    .close();
            }
        }
        for format in &self.name_id_formats {
            xml.leaf("md:NameIDFormat", format);
        }
        xml.open("md:AssertionConsumerService")
            .attribute("Binding", names::BINDING_POST)
            .attribute("Location", &self.acs_url)
            .attribute("index", "0")
            .attribute("isDefault", "true")
            .close();
        xml.close();
        self.write_organization(&mut xml);
        for contact in &self.contacts {
            contact.write(&mut xml);
        }
        xml.finish()
    }

    fn write_keys(&self, xml: &mut XmlWriter) {
        for certificate in &self.signing_certificates {
            xml.open("md:KeyDescriptor").attribute("use", "signing");
            write_key_info(xml, certificate);
            xml.close();
        }
        for certificate in &self.encryption_certificates {
            xml.open("md:KeyDescriptor").attribute("use", "encryption");
            write_key_info(xml, certificate);
            for method in ENCRYPTION_METHODS {
                xml.open("md:EncryptionMethod")
                    .attribute("Algorithm", method)
                    .close();
            }
            xml.close();
        }
    }

    fn write_organization(&self, xml: &mut XmlWriter) {
        // The schema wants at least one of each (saml-metadata 2.3.2.1).
        let complete = |found: &&MetadataOrganization| {
            !found.names.is_empty() && !found.display_names.is_empty() && !found.urls.is_empty()
        };
        let Some(organization) = self.organization.as_ref().filter(complete) else {
            return;
        };
        xml.open("md:Organization");
        write_localized(xml, "md:OrganizationName", &organization.names);
        write_localized(
            xml,
            "md:OrganizationDisplayName",
            &organization.display_names,
        );
        write_localized(xml, "md:OrganizationURL", &organization.urls);
        xml.close();
    }
}

impl UiInfo {
    fn write(&self, xml: &mut XmlWriter) {
        if *self == Self::default() {
            return;
        }
        xml.open("md:Extensions");
        xml.open("mdui:UIInfo").attribute("xmlns:mdui", names::MDUI);
        write_localized(xml, "mdui:DisplayName", &self.display_names);
        write_localized(xml, "mdui:Description", &self.descriptions);
        if let Some(logo) = &self.logo {
            xml.open("mdui:Logo")
                .attribute("height", &logo.height.to_string())
                .attribute("width", &logo.width.to_string())
                .text(&logo.url)
                .close();
        }
        write_localized(xml, "mdui:InformationURL", &self.information_urls);
        write_localized(
            xml,
            "mdui:PrivacyStatementURL",
            &self.privacy_statement_urls,
        );
        xml.close().close();
    }
}

impl MetadataContact {
    fn write(&self, xml: &mut XmlWriter) {
        xml.open("md:ContactPerson")
            .attribute("contactType", self.kind.as_str());
        if let Some(given_name) = &self.given_name {
            xml.leaf("md:GivenName", &seen(given_name));
        }
        if let Some(surname) = &self.surname {
            xml.leaf("md:SurName", &seen(surname));
        }
        xml.leaf("md:EmailAddress", &format!("mailto:{}", self.email));
        xml.close();
    }
}

impl ContactKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Support => "support",
            Self::Administrative => "administrative",
        }
    }
}

fn write_key_info(xml: &mut XmlWriter, certificate: &str) {
    xml.open("ds:KeyInfo").attribute("xmlns:ds", names::DS);
    xml.open("ds:X509Data")
        .leaf("ds:X509Certificate", certificate)
        .close();
    xml.close();
}

fn write_localized(xml: &mut XmlWriter, name: &'static str, texts: &[Localized]) {
    for text in texts {
        xml.open(name)
            .attribute("xml:lang", &text.lang)
            .text(&seen(&text.value))
            .close();
    }
}

/// A name for people, without what nobody sees.
fn seen(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).collect()
}

const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
