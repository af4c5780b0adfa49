//! Our own logout messages, unsigned; the binding or `sign_enveloped` adds the signature.
//!
//! Tests: `tests/it/slo_messages.rs`. The other half is `read.rs`.

use super::{LogoutRequest, LogoutResponse};
use crate::saml::assertion::SamlNameId;
use crate::saml::{instant, names};
use crate::xml::XmlWriter;
use time::OffsetDateTime;

impl LogoutRequest {
    /// The message (Core 3.7.1).
    pub fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new();
        open(
            &mut xml,
            "samlp:LogoutRequest",
            &self.id,
            self.issue_instant,
            &self.destination,
        );
        xml.attribute_if(
            "NotOnOrAfter",
            self.not_on_or_after.map(instant::format).as_deref(),
        )
        .attribute_if("Reason", self.reason.as_deref())
        .leaf("saml:Issuer", &self.issuer);
        write_name_id(&mut xml, &self.name_id);
        for index in &self.session_indexes {
            xml.leaf("samlp:SessionIndex", index);
        }
        xml.finish()
    }
}

impl LogoutResponse {
    /// The message (Core 3.7.2).
    pub fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new();
        open(
            &mut xml,
            "samlp:LogoutResponse",
            &self.id,
            self.issue_instant,
            &self.destination,
        );
        xml.attribute_if("InResponseTo", self.in_response_to.as_deref())
            .leaf("saml:Issuer", &self.issuer);
        xml.open("samlp:Status");
        xml.open("samlp:StatusCode")
            .attribute("Value", &self.status.code);
        if let Some(detail) = &self.status.detail {
            xml.open("samlp:StatusCode")
                .attribute("Value", detail)
                .close();
        }
        xml.close();
        if let Some(message) = &self.status.message {
            xml.leaf("samlp:StatusMessage", message);
        }
        xml.finish()
    }
}

fn open(
    xml: &mut XmlWriter,
    name: &'static str,
    id: &str,
    issued: OffsetDateTime,
    destination: &str,
) {
    xml.open(name)
        .attribute("xmlns:samlp", names::SAMLP)
        .attribute("xmlns:saml", names::SAML)
        .attribute("ID", id)
        .attribute("Version", "2.0")
        .attribute("IssueInstant", &instant::format(issued))
        .attribute("Destination", destination);
}

fn write_name_id(xml: &mut XmlWriter, name_id: &SamlNameId) {
    xml.open("saml:NameID")
        .attribute_if("NameQualifier", name_id.name_qualifier.as_deref())
        .attribute_if("SPNameQualifier", name_id.sp_name_qualifier.as_deref())
        .attribute_if("Format", name_id.format.as_deref())
        .attribute_if("SPProvidedID", name_id.sp_provided_id.as_deref())
        .text(&name_id.value)
        .close();
}
