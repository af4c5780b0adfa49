//! An identity provider's metadata, read into what a connection needs (saml-metadata 2.4.3).
//!
//! Rules B2 and B4. Tests: `tests/it/metadata.rs`.

use super::encoding::decoded;
use super::error::{MetadataError, MetadataWarning};
use super::keys::read_keys;
use super::location::{check_location, host};
use super::{DomainScope, Endpoint, Localized, MetadataOrganization};
use crate::saml::{instant, names};
use crate::xml::{Document, Element, Limits, XML_NAMESPACE};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An identity provider that a connection can trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdpMetadata {
    /// The entity ID, exactly as written.
    pub entity_id: String,
    /// Sign-on endpoints, in document order.
    pub single_sign_on: Vec<Endpoint>,
    /// Logout endpoints, in document order.
    pub single_logout: Vec<Endpoint>,
    /// Certificates of signing keys as published: base64 of the DER encoding without white space, in document order.
    pub signing_certificates: Vec<String>,
    /// Certificates of encryption keys, in the same form.
    pub encryption_certificates: Vec<String>,
    /// Name identifier formats that it offers.
    pub name_id_formats: Vec<String>,
    /// Whether it wants signed requests.
    pub want_authn_requests_signed: bool,
    /// The earliest `validUntil` of the role, its entity and the groups around it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub valid_until: Option<OffsetDateTime>,
    /// Names for people (`mdui:DisplayName`).
    pub display_names: Vec<Localized>,
    /// Domains that it speaks for (`shibmd:Scope`).
    pub scopes: Vec<DomainScope>,
    /// A page for users whose sign-in failed.
    pub error_url: Option<String>,
    /// Who runs it.
    pub organization: Option<MetadataOrganization>,
}

/// What [`IdpMetadata::parse`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedMetadata {
    /// The identity provider.
    pub idp: IdpMetadata,
    /// What was left out or needs attention.
    pub warnings: Vec<MetadataWarning>,
}

impl IdpMetadata {
    /// Reads metadata; `entity_id` picks one of several identity providers.
    ///
    /// The document's own signature is not looked at: trust in the bytes is the caller's. Unknown roles and extensions are
    /// skipped. `now` is only for warnings.
    pub fn parse(
        bytes: &[u8],
        entity_id: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<ParsedMetadata, MetadataError> {
        let text = decoded(bytes)?;
        let document = Document::parse(&text, &Limits::METADATA)?;
        let entity = pick(&identity_providers(document.root())?, entity_id)?;
        read_entity(entity, now)
    }

    /// Where requests with that binding go.
    pub fn sign_on_location(&self, binding: &str) -> Option<&str> {
        self.single_sign_on
            .iter()
            .find(|endpoint| endpoint.binding == binding)
            .map(|endpoint| endpoint.location.as_str())
    }

    /// The logout endpoint with that binding.
    pub fn logout_endpoint(&self, binding: &str) -> Option<&Endpoint> {
        self.single_logout
            .iter()
            .find(|endpoint| endpoint.binding == binding)
    }

    /// Whether this is Microsoft Entra ID, in any national cloud.
    pub fn is_entra(&self) -> bool {
        const HOSTS: [&str; 6] = [
            "sts.windows.net",
            "sts.chinacloudapi.cn",
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.partner.microsoftonline.cn",
            "login.chinacloudapi.cn",
        ];
        self.single_sign_on
            .iter()
            .map(|endpoint| endpoint.location.as_str())
            .chain([self.entity_id.as_str()])
            .filter_map(host)
            .any(|host| HOSTS.contains(&host))
    }
}

/// The entities with an identity provider role. Only `EntitiesDescriptor` is descended into: an entity inside an extension is none.
fn identity_providers(root: Element<'_>) -> Result<Vec<Element<'_>>, MetadataError> {
    if !root.is(names::MD, "EntityDescriptor") && !root.is(names::MD, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata {
            root: short(root.name()),
        });
    }
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(element) = waiting.pop() {
        if element.is(names::MD, "EntityDescriptor") {
            if element.child(names::MD, "IDPSSODescriptor").is_some() {
                found.push(element);
            }
        } else if element.is(names::MD, "EntitiesDescriptor") {
            let first = waiting.len();
            waiting.extend(element.children());
            if let Some(children) = waiting.get_mut(first..) {
                children.reverse(); // Document order.
            }
        }
    }
    if found.is_empty() {
        Err(MetadataError::NoIdentityProvider)
    } else {
        Ok(found)
    }
}

fn pick<'d>(entities: &[Element<'d>], wanted: Option<&str>) -> Result<Element<'d>, MetadataError> {
    let wanted = wanted.map(bare);
    let ids = || {
        entities
            .iter()
            .filter_map(|entity| entity.attribute("entityID").map(short))
            .collect::<Vec<_>>()
    };
    let mut matching = entities
        .iter()
        .filter(|entity| wanted.is_none() || entity.attribute("entityID").map(bare) == wanted);
    match (matching.next(), matching.next(), wanted) {
        (Some(only), None, _) => Ok(*only),
        (None, _, wanted) => Err(MetadataError::UnknownEntity {
            wanted: short(wanted.unwrap_or_default()),
            entity_ids: ids(),
        }),
        (Some(_), Some(_), Some(wanted)) => Err(MetadataError::DuplicateEntity {
            entity_id: short(wanted),
        }),
        (Some(_), Some(_), None) => {
            Err(MetadataError::SeveralIdentityProviders { entity_ids: ids() })
        }
    }
}

fn read_entity(entity: Element<'_>, now: OffsetDateTime) -> Result<ParsedMetadata, MetadataError> {
    let entity_id = read_entity_id(entity)?;
    let role = saml2_role(entity, &entity_id)?;
    let mut warnings = Vec::new();
    if bare(&entity_id) != entity_id {
        warnings.push(MetadataWarning::SpaceAroundEntityId);
    }
    let valid_until = read_valid_until(role, now, &mut warnings);
    let mut idp = IdpMetadata {
        single_sign_on: read_endpoints(role, "SingleSignOnService", &mut warnings),
        single_logout: read_endpoints(role, "SingleLogoutService", &mut warnings),
        signing_certificates: Vec::new(),
        encryption_certificates: Vec::new(),
        name_id_formats: texts(role, names::MD, "NameIDFormat"),
        want_authn_requests_signed: is_true(role.attribute("WantAuthnRequestsSigned")),
        valid_until,
        display_names: read_display_names(role),
        scopes: read_scopes(entity, role),
        error_url: url(role, "errorURL")
            .filter(|url| check_location(url).is_ok())
            .map(str::to_owned),
        organization: read_organization(role).or_else(|| read_organization(entity)),
        entity_id,
    };
    let mut subjects = Vec::new();
    for descriptor in role.children_named(names::MD, "KeyDescriptor") {
        subjects.extend(read_keys(descriptor, now, &mut idp, &mut warnings));
    }
    if idp.is_entra() && !subjects.is_empty() && subjects.iter().all(|it| is_of_tenant(it)) {
        warnings.insert(0, MetadataWarning::WholeTenant);
    }
    if idp.signing_certificates.is_empty() {
        return Err(MetadataError::NoSigningKey {
            entity_id: short(&idp.entity_id),
            reasons: reasons(&warnings, |warning| {
                matches!(warning, MetadataWarning::KeyDropped { .. })
            }),
        });
    }
    let usable = [names::BINDING_REDIRECT, names::BINDING_POST];
    if !usable
        .iter()
        .any(|binding| idp.sign_on_location(binding).is_some())
    {
        return Err(MetadataError::NoSignOnEndpoint {
            entity_id: short(&idp.entity_id),
            reasons: reasons(&warnings, |warning| {
                matches!(warning, MetadataWarning::EndpointDropped { .. })
            }),
        });
    }
    Ok(ParsedMetadata { idp, warnings })
}

/// Whether a certificate of this name is a tenant's, in any national cloud. An application has certificates of its own.
fn is_of_tenant(subject: &str) -> bool {
    matches!(
        subject,
        "accounts.accesscontrol.windows.net"
            | "accounts.accesscontrol.chinacloudapi.cn"
            | "login.microsoftonline.us"
            | "login.partner.microsoftonline.cn"
    )
}

fn read_entity_id(entity: Element<'_>) -> Result<String, MetadataError> {
    let entity_id = entity.attribute("entityID").unwrap_or_default();
    // saml-metadata 2.3.2: at most 1024 characters. It is compared exactly, so it is kept exactly.
    if entity_id.trim_ascii().is_empty() || entity_id.chars().count() > 1024 {
        return Err(MetadataError::EntityId);
    }
    if entity_id.contains("{tenantid}") || entity_id.contains("{tenant}") {
        return Err(MetadataError::TenantPlaceholder {
            entity_id: entity_id.to_owned(),
        });
    }
    Ok(entity_id.to_owned())
}

/// The first role that speaks SAML 2.0 (saml-metadata 2.4.1).
fn saml2_role<'d>(entity: Element<'d>, entity_id: &str) -> Result<Element<'d>, MetadataError> {
    let protocols = |role: &Element<'d>| {
        role.attribute("protocolSupportEnumeration")
            .unwrap_or_default()
    };
    entity
        .children_named(names::MD, "IDPSSODescriptor")
        .find(|role| {
            protocols(role)
                .split_ascii_whitespace()
                .any(|protocol| protocol == names::SAMLP)
        })
        .ok_or_else(|| MetadataError::NotSaml2 {
            entity_id: short(entity_id),
            protocols: entity
                .child(names::MD, "IDPSSODescriptor")
                .map(|role| short(protocols(&role)))
                .unwrap_or_default(),
        })
}

/// The earliest of the role's own and its ancestors' (saml-metadata 2.3.1, 2.3.2, 2.4.1).
fn read_valid_until(
    role: Element<'_>,
    now: OffsetDateTime,
    warnings: &mut Vec<MetadataWarning>,
) -> Option<OffsetDateTime> {
    let mut earliest: Option<OffsetDateTime> = None;
    let mut here = Some(role);
    while let Some(element) = here {
        if let Some(value) = element.attribute("validUntil") {
            match instant::parse(value.trim()) {
                Some(time) => earliest = Some(earliest.map_or(time, |known| known.min(time))),
                None => warnings.push(MetadataWarning::UnreadableValidUntil {
                    value: short(value),
                }),
            }
        }
        here = element.parent();
    }
    if let Some(valid_until) = earliest.filter(|valid_until| *valid_until < now) {
        warnings.push(MetadataWarning::Expired { valid_until });
    }
    earliest
}

fn read_endpoints(
    role: Element<'_>,
    local: &str,
    warnings: &mut Vec<MetadataWarning>,
) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for element in role.children_named(names::MD, local) {
        let location = url(element, "Location").unwrap_or_default();
        let response_location = url(element, "ResponseLocation");
        let outcome = [Some(location), response_location]
            .into_iter()
            .flatten()
            .try_for_each(|url| check_location(url).map_err(|reason| (url, reason)));
        match (outcome, url(element, "Binding")) {
            (Ok(()), Some(binding)) => endpoints.push(Endpoint {
                binding: binding.to_owned(),
                location: location.to_owned(),
                response_location: response_location.map(str::to_owned),
            }),
            (Ok(()), None) => warnings.push(MetadataWarning::EndpointDropped {
                location: short(location),
                reason: "it has no binding",
            }),
            (Err((url, reason)), _) => warnings.push(MetadataWarning::EndpointDropped {
                location: short(url),
                reason,
            }),
        }
    }
    endpoints
}

/// An attribute of type `xs:anyURI`.
fn url<'d>(element: Element<'d>, name: &str) -> Option<&'d str> {
    element.attribute(name).map(bare)
}

/// White space around an `xs:anyURI` is none of it (XML Schema part 2, 4.3.6).
fn bare(uri: &str) -> &str {
    uri.trim_matches([' ', '\t', '\r', '\n'])
}

/// `mdui:DisplayName` (sstc-saml-metadata-ui 2.1).
fn read_display_names(role: Element<'_>) -> Vec<Localized> {
    role.child(names::MD, "Extensions")
        .and_then(|extensions| extensions.child(names::MDUI, "UIInfo"))
        .map(|info| localized(info, names::MDUI, "DisplayName"))
        .unwrap_or_default()
}

fn read_scopes(entity: Element<'_>, role: Element<'_>) -> Vec<DomainScope> {
    [role, entity]
        .into_iter()
        .flat_map(|owner| owner.children_named(names::MD, "Extensions"))
        .flat_map(|extensions| extensions.children_named(names::SHIBMD, "Scope"))
        .filter_map(|scope| {
            Some(DomainScope {
                value: scope.text()?.trim().to_owned(),
                regexp: is_true(scope.attribute("regexp")),
            })
        })
        .collect()
}

fn read_organization(owner: Element<'_>) -> Option<MetadataOrganization> {
    let organization = owner.child(names::MD, "Organization")?;
    Some(MetadataOrganization {
        names: localized(organization, names::MD, "OrganizationName"),
        display_names: localized(organization, names::MD, "OrganizationDisplayName"),
        urls: localized(organization, names::MD, "OrganizationURL"),
    })
}

fn localized(owner: Element<'_>, namespace: &str, local: &str) -> Vec<Localized> {
    owner
        .children_named(namespace, local)
        .filter_map(|element| {
            Some(Localized {
                lang: element
                    .attribute_in(XML_NAMESPACE, "lang")
                    .unwrap_or_default()
                    .to_owned(),
                value: element.text()?.trim().to_owned(),
            })
        })
        .collect()
}

fn texts(owner: Element<'_>, namespace: &str, local: &str) -> Vec<String> {
    owner
        .children_named(namespace, local)
        .filter_map(|element| Some(element.text()?.trim().to_owned()))
        .collect()
}

/// `xs:boolean` (XML Schema part 2, 3.2.2).
fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| matches!(value.trim(), "true" | "1"))
}

fn reasons(warnings: &[MetadataWarning], which: impl Fn(&MetadataWarning) -> bool) -> Vec<String> {
    warnings
        .iter()
        .filter(|warning| which(warning))
        .map(ToString::to_string)
        .collect()
}

/// At most 200 characters, for a message.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}
