//! The federation metadata document, in Entra's order: signature, two WS-Federation roles, the SAML role.

use super::signature::{Style, sign_root};
use super::{IdpKey, Random, Tenant, guid};
use crate::saml::names;
use crate::saml::signature::SignError;
use crate::xml::XmlWriter;

const FED: &str = "http://docs.oasis-open.org/wsfed/federation/200706";
const AUTH: &str = "http://docs.oasis-open.org/wsfed/authorization/200706";
const WSA: &str = "http://www.w3.org/2005/08/addressing";
const BOM: &str = "\u{FEFF}";

/// Claim types with a name for people and what they hold.
const CLAIM_TYPES: [(&str, &str, &str); 12] = [
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "Name",
        "The name to sign in with; it can change.",
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
        "Subject",
        "Identifies the user to one application.",
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        "Given Name",
        "The first name of the user.",
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        "Surname",
        "The last name of the user.",
    ),
    (
        "http://schemas.microsoft.com/identity/claims/displayname",
        "Display Name",
        "The name of the user on pages.",
    ),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/authenticationmethod",
        "Authentication Method",
        "How the user was authenticated.",
    ),
    (
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
        "ObjectIdentifier",
        "Identifies the user in the directory and never changes.",
    ),
    (
        "http://schemas.microsoft.com/identity/claims/tenantid",
        "TenantId",
        "Identifies the user's tenant.",
    ),
    (
        "http://schemas.microsoft.com/identity/claims/identityprovider",
        "IdentityProvider",
        "Where the user comes from.",
    ),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "Email",
        "The mail address of the user.",
    ),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
        "Groups",
        "The groups of the user.",
    ),
    (
        "http://schemas.microsoft.com/claims/groups.link",
        "GroupsOverageClaim",
        "Stands in for the groups when there are too many.",
    ),
];

/// The document, signed, with a byte order mark in front as Entra serves it. The first key signs.
pub(super) fn document(
    tenant: &Tenant,
    signing: &IdpKey,
    next: Option<&IdpKey>,
    random: &Random,
) -> Result<String, SignError> {
    let keys: Vec<String> = [Some(signing), next]
        .into_iter()
        .flatten()
        .map(IdpKey::certificate_base64)
        .collect();
    let mut writer = XmlWriter::new();
    writer
        .open("EntityDescriptor")
        .attribute("ID", &format!("_{}", guid(random)))
        .attribute("entityID", &tenant.entity_id)
        .attribute("xmlns", names::MD);
    write_token_service(&mut writer, tenant, &keys);
    write_application_service(&mut writer, tenant, &keys);
    write_identity_provider(&mut writer, tenant, &keys);
    let signed = sign_root(&writer.finish(), signing, &Style::DEFAULT)?;
    Ok(format!(
        "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?>{signed}"
    ))
}

fn write_token_service(writer: &mut XmlWriter, tenant: &Tenant, keys: &[String]) {
    open_role(writer, "fed:SecurityTokenServiceType", keys);
    writer.open("fed:ClaimTypesOffered");
    for (uri, name, description) in CLAIM_TYPES {
        writer
            .open("auth:ClaimType")
            .attribute("Uri", uri)
            .attribute("xmlns:auth", AUTH)
            .leaf("auth:DisplayName", name)
            .leaf("auth:Description", description)
            .close();
    }
    writer.close();
    let passive = tenant.ws_federation_url();
    write_endpoint(writer, "fed:SecurityTokenServiceEndpoint", &passive);
    write_endpoint(writer, "fed:PassiveRequestorEndpoint", &passive);
    writer.close();
}

fn write_application_service(writer: &mut XmlWriter, tenant: &Tenant, keys: &[String]) {
    open_role(writer, "fed:ApplicationServiceType", keys);
    let passive = tenant.ws_federation_url();
    write_endpoint(writer, "fed:TargetScopes", &tenant.entity_id);
    write_endpoint(writer, "fed:ApplicationServiceEndpoint", &passive);
    write_endpoint(writer, "fed:PassiveRequestorEndpoint", &passive);
    writer.close();
}

fn write_identity_provider(writer: &mut XmlWriter, tenant: &Tenant, keys: &[String]) {
    writer
        .open("IDPSSODescriptor")
        .attribute("protocolSupportEnumeration", names::SAMLP);
    write_keys(writer, keys);
    let location = tenant.saml_url();
    let services = [
        ("SingleLogoutService", names::BINDING_REDIRECT),
        ("SingleSignOnService", names::BINDING_REDIRECT),
        ("SingleSignOnService", names::BINDING_POST),
    ];
    for (service, binding) in services {
        writer
            .open(service)
            .attribute("Binding", binding)
            .attribute("Location", &location)
            .close();
    }
    writer.close();
}

fn open_role(writer: &mut XmlWriter, kind: &str, keys: &[String]) {
    writer
        .open("RoleDescriptor")
        .attribute("xsi:type", kind)
        .attribute("protocolSupportEnumeration", FED)
        .attribute("xmlns:xsi", names::XSI)
        .attribute("xmlns:fed", FED);
    write_keys(writer, keys);
}

fn write_keys(writer: &mut XmlWriter, keys: &[String]) {
    for certificate in keys {
        writer.open("KeyDescriptor").attribute("use", "signing");
        writer
            .open("KeyInfo")
            .attribute("xmlns", names::DS)
            .open("X509Data")
            .leaf("X509Certificate", certificate)
            .close()
            .close()
            .close();
    }
}

fn write_endpoint(writer: &mut XmlWriter, name: &'static str, address: &str) {
    writer
        .open(name)
        .open("wsa:EndpointReference")
        .attribute("xmlns:wsa", WSA)
        .leaf("wsa:Address", address)
        .close()
        .close();
}
