//! Responses, with everything in them open to change.

use super::signature::{Style, sign_root};
use super::{IdpKey, IdpUser, Random, Tenant, guid};
use crate::saml::encryption::{DataAlgorithm, KeyTransport, encrypt_assertion};
use crate::saml::instant;
use crate::saml::names;
use crate::saml::signature::{Hash, SignError, SignatureAlgorithm};
use crate::xml::XmlWriter;
use openssl::pkey::{PKey, Public};
use time::{Duration, OffsetDateTime};

/// Who a Response is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProvider {
    /// The Identifier: the audience.
    pub entity_id: String,
    /// The Reply URL.
    pub acs_url: String,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// Nothing.
    Nothing,
    /// The assertion: Entra's default.
    Assertion,
    /// The Response.
    Response,
    /// The assertion, and the Response around it.
    Both,
}

/// How the assertion is encrypted.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// The recipient's key.
    pub recipient: PKey<Public>,
    /// How the content is encrypted.
    pub data: DataAlgorithm,
    /// How the content's key is encrypted.
    pub transport: KeyTransport,
}

/// What the Response reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpStatus {
    /// The top-level code.
    pub code: String,
    /// The code below it.
    pub second: Option<String>,
    /// What it says.
    pub message: Option<String>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedClaim {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Everything that goes into a Response.
#[derive(Debug, Clone)]
pub struct ResponseSpec {
    /// The Response's ID.
    pub id: String,
    /// The assertion's ID.
    pub assertion_id: String,
    /// When both are issued.
    pub issue_instant: OffsetDateTime,
    /// The issuer of both.
    pub issuer: String,
    /// Where the Response is sent.
    pub destination: Option<String>,
    /// The request that is answered; `None` for an unsolicited Response.
    pub in_response_to: Option<String>,
    /// What is reported; anything but success comes without an assertion.
    pub status: IdpStatus,
    /// The value of the NameID.
    pub name_id: String,
    /// Its format.
    pub name_id_format: Option<String>,
    /// Who may receive the assertion.
    pub recipient: Option<String>,
    /// Until when the subject is confirmed.
    pub confirmation_not_on_or_after: Option<OffsetDateTime>,
    /// From when the assertion is valid.
    pub not_before: OffsetDateTime,
    /// Until when the assertion is valid.
    pub not_on_or_after: OffsetDateTime,
    /// The audiences of the one restriction; none leaves it out.
    pub audiences: Vec<String>,
    /// The attributes, in order.
    pub attributes: Vec<IssuedClaim>,
    /// When the user was authenticated.
    pub authn_instant: OffsetDateTime,
    /// The session at the identity provider.
    pub session_index: Option<String>,
    /// Until when the session may last.
    pub session_not_on_or_after: Option<OffsetDateTime>,
    /// How the user was authenticated.
    pub authn_context: String,
    /// What is signed.
    pub signed: Signed,
    /// The signature algorithm.
    pub algorithm: SignatureAlgorithm,
    /// The digest of the reference.
    pub digest: Hash,
    /// Prefixes that the assertion's signature covers although only values use them. With `xs` among them,
    /// attribute values carry `xsi:type="xs:string"`.
    pub inclusive_namespaces: Vec<String>,
    /// The same for the signature of the Response.
    pub response_inclusive_namespaces: Vec<String>,
    /// How the assertion is encrypted.
    pub encryption: Option<Encryption>,
}

impl IdpStatus {
    /// It worked.
    pub fn success() -> Self {
        Self {
            code: names::STATUS_SUCCESS.to_owned(),
            second: None,
            message: None,
        }
    }

    /// It did not.
    pub fn failure(code: &str, second: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            second: Some(second.to_owned()),
            message: Some(message.into()),
        }
    }
}

impl IssuedClaim {
    /// An attribute with some values.
    pub fn new(
        name: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            values: values.into_iter().map(Into::into).collect(),
        }
    }
}

impl ResponseSpec {
    /// What Entra would send, unsolicited: a signed assertion, valid from five minutes ago for seventy minutes.
    pub fn default_for(
        tenant: &Tenant,
        user: &IdpUser,
        sp: &ServiceProvider,
        now: OffsetDateTime,
        random: &Random,
    ) -> Self {
        let assertion_id = format!("_{}", guid(random));
        let not_before = now - Duration::minutes(5);
        let not_on_or_after = not_before + Duration::minutes(70);
        Self {
            id: format!("_{}", guid(random)),
            session_index: Some(assertion_id.clone()),
            assertion_id,
            issue_instant: now,
            issuer: tenant.entity_id.clone(),
            destination: Some(sp.acs_url.clone()),
            in_response_to: None,
            status: IdpStatus::success(),
            name_id: user.principal_name.clone(),
            name_id_format: Some(names::NAMEID_EMAIL.to_owned()),
            recipient: Some(sp.acs_url.clone()),
            confirmation_not_on_or_after: Some(not_on_or_after),
            not_before,
            not_on_or_after,
            audiences: vec![sp.entity_id.clone()],
            attributes: claims(tenant, user),
            authn_instant: now,
            session_not_on_or_after: None,
            authn_context: names::AC_PASSWORD.to_owned(),
            signed: Signed::Assertion,
            algorithm: SignatureAlgorithm::Rsa(Hash::Sha256),
            digest: Hash::Sha256,
            inclusive_namespaces: Vec::new(),
            response_inclusive_namespaces: Vec::new(),
            encryption: None,
        }
    }

    /// The same, as the answer to a request.
    #[must_use]
    pub fn answering(mut self, request_id: impl Into<String>) -> Self {
        self.in_response_to = Some(request_id.into());
        self
    }

    /// Moves every time.
    #[must_use]
    pub fn shifted(mut self, by: Duration) -> Self {
        let times = [
            Some(&mut self.issue_instant),
            Some(&mut self.not_before),
            Some(&mut self.not_on_or_after),
            Some(&mut self.authn_instant),
            self.confirmation_not_on_or_after.as_mut(),
            self.session_not_on_or_after.as_mut(),
        ];
        for time in times.into_iter().flatten() {
            *time += by;
        }
        self
    }

    /// The Response, signed and encrypted as specified. `random` gives the content's key.
    pub fn to_xml(&self, key: &IdpKey, random: &Random) -> Result<String, SignError> {
        let assertion = if self.status.code == names::STATUS_SUCCESS {
            Some(self.sealed_assertion(key, random)?)
        } else {
            None
        };
        let mut writer = XmlWriter::new();
        writer
            .open("samlp:Response")
            .attribute("ID", &self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::format(self.issue_instant))
            .attribute_if("Destination", self.destination.as_deref())
            .attribute_if("InResponseTo", self.in_response_to.as_deref())
            .attribute("xmlns:samlp", names::SAMLP);
        writer
            .open("Issuer")
            .attribute("xmlns", names::SAML)
            .text(&self.issuer)
            .close();
        self.write_status(&mut writer);
        if let Some(assertion) = &assertion {
            writer.fragment(assertion);
        }
        let response = writer.finish();
        match self.signed {
            Signed::Response | Signed::Both => sign_root(
                &response,
                key,
                &self.style(&self.response_inclusive_namespaces),
            ),
            Signed::Nothing | Signed::Assertion => Ok(response),
        }
    }

    /// The assertion alone, signed when it is to be.
    pub fn assertion_xml(&self, key: &IdpKey) -> Result<String, SignError> {
        let assertion = self.plain_assertion();
        match self.signed {
            Signed::Assertion | Signed::Both => {
                sign_root(&assertion, key, &self.style(&self.inclusive_namespaces))
            }
            Signed::Nothing | Signed::Response => Ok(assertion),
        }
    }

    fn style<'s>(&self, inclusive_namespaces: &'s [String]) -> Style<'s> {
        Style {
            algorithm: self.algorithm,
            digest: self.digest,
            inclusive_namespaces,
        }
    }

    fn sealed_assertion(&self, key: &IdpKey, random: &Random) -> Result<String, SignError> {
        let assertion = self.assertion_xml(key)?;
        let Some(encryption) = &self.encryption else {
            return Ok(assertion);
        };
        let mut octets = [0; 48];
        random(&mut octets);
        Ok(encrypt_assertion(
            &assertion,
            &encryption.recipient,
            encryption.data,
            encryption.transport,
            &octets,
        )?)
    }

    fn write_status(&self, writer: &mut XmlWriter) {
        writer.open("samlp:Status");
        writer
            .open("samlp:StatusCode")
            .attribute("Value", &self.status.code);
        if let Some(second) = &self.status.second {
            writer
                .open("samlp:StatusCode")
                .attribute("Value", second)
                .close();
        }
        writer.close();
        if let Some(message) = &self.status.message {
            writer.leaf("samlp:StatusMessage", message);
        }
        writer.close();
    }

    fn plain_assertion(&self) -> String {
        let mut writer = XmlWriter::new();
        writer
            .open("Assertion")
            .attribute("ID", &self.assertion_id)
            .attribute("IssueInstant", &instant::format(self.issue_instant))
            .attribute("Version", "2.0")
            .attribute("xmlns", names::SAML);
        if self.values_are_typed() {
            writer
                .attribute("xmlns:xs", names::XS)
                .attribute("xmlns:xsi", names::XSI);
        }
        writer.leaf("Issuer", &self.issuer);
        self.write_subject(&mut writer);
        self.write_conditions(&mut writer);
        self.write_attributes(&mut writer);
        self.write_authn_statement(&mut writer);
        writer.finish()
    }

    fn values_are_typed(&self) -> bool {
        self.inclusive_namespaces
            .iter()
            .any(|prefix| prefix == "xs")
    }

    fn write_subject(&self, writer: &mut XmlWriter) {
        writer.open("Subject");
        writer
            .open("NameID")
            .attribute_if("Format", self.name_id_format.as_deref())
            .text(&self.name_id)
            .close();
        let until = self.confirmation_not_on_or_after.map(instant::format);
        writer
            .open("SubjectConfirmation")
            .attribute("Method", names::CM_BEARER);
        writer
            .open("SubjectConfirmationData")
            .attribute_if("InResponseTo", self.in_response_to.as_deref())
            .attribute_if("NotOnOrAfter", until.as_deref())
            .attribute_if("Recipient", self.recipient.as_deref())
            .close();
        writer.close().close();
    }

    fn write_conditions(&self, writer: &mut XmlWriter) {
        writer
            .open("Conditions")
            .attribute("NotBefore", &instant::format(self.not_before))
            .attribute("NotOnOrAfter", &instant::format(self.not_on_or_after));
        if !self.audiences.is_empty() {
            writer.open("AudienceRestriction");
            for audience in &self.audiences {
                writer.leaf("Audience", audience);
            }
            writer.close();
        }
        writer.close();
    }

    fn write_attributes(&self, writer: &mut XmlWriter) {
        if self.attributes.is_empty() {
            return; // Core 2.7.3: a statement has at least one.
        }
        let kind = self.values_are_typed().then_some("xs:string");
        writer.open("AttributeStatement");
        for claim in &self.attributes {
            writer.open("Attribute").attribute("Name", &claim.name);
            for value in &claim.values {
                writer
                    .open("AttributeValue")
                    .attribute_if("xsi:type", kind)
                    .text(value)
                    .close();
            }
            writer.close();
        }
        writer.close();
    }

    fn write_authn_statement(&self, writer: &mut XmlWriter) {
        let until = self.session_not_on_or_after.map(instant::format);
        writer
            .open("AuthnStatement")
            .attribute("AuthnInstant", &instant::format(self.authn_instant))
            .attribute_if("SessionIndex", self.session_index.as_deref())
            .attribute_if("SessionNotOnOrAfter", until.as_deref());
        writer
            .open("AuthnContext")
            .leaf("AuthnContextClassRef", &self.authn_context)
            .close()
            .close();
    }
}

/// The claims that every application gets, in Entra's order.
fn claims(tenant: &Tenant, user: &IdpUser) -> Vec<IssuedClaim> {
    const MICROSOFT: &str = "http://schemas.microsoft.com/identity/claims/";
    const SOAP: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
    let one =
        |space: &str, name: &str, value: &str| IssuedClaim::new(format!("{space}{name}"), [value]);
    vec![
        one(MICROSOFT, "tenantid", &tenant.id),
        one(MICROSOFT, "objectidentifier", &user.object_id),
        one(MICROSOFT, "displayname", &user.display_name),
        one(MICROSOFT, "identityprovider", &tenant.entity_id),
        IssuedClaim::new(
            "http://schemas.microsoft.com/claims/authnmethodsreferences",
            ["http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password"],
        ),
        one(SOAP, "givenname", &user.given_name),
        one(SOAP, "surname", &user.surname),
        one(SOAP, "emailaddress", &user.email),
        one(SOAP, "name", &user.principal_name),
    ]
}
