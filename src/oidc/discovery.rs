//! A provider's discovery document (OpenID Connect Discovery 1.0, section 3; rules J3 and J5).
//!
//! Invariant: a [`Discovery`] is of the expected issuer, and each address in it is https without a user or a fragment. That an
//! address may be asked is decided by who asks (rule H5): a document may name any host.

use serde::{Deserialize, Serialize};

use super::address;
use super::issuer::{Issuer, received};
use crate::jose::Algorithm;
use crate::jose::json::{JsonError, Object, WrongType};

/// The longest document, in octets (rule H3).
pub const LONGEST_DISCOVERY: usize = 128 * 1024;

/// What a provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    pub userinfo_endpoint: Option<String>,
    pub end_session_endpoint: Option<String>,
    /// The algorithms of ID tokens that we know, in the order of the document.
    pub algorithms: Vec<Algorithm>,
    /// How a client may authenticate at the token endpoint.
    pub token_auth_methods: Vec<String>,
    /// What a client's assertion may be signed with there; empty when the document says nothing about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_auth_algorithms: Vec<String>,
    pub response_modes: Vec<String>,
    pub scopes: Vec<String>,
    /// Whether PKCE with S256 is advertised; none when the document says nothing about it, as Entra's.
    pub pkce_s256: Option<bool>,
    /// Whether each answer names its issuer (RFC 9207).
    pub answers_name_issuer: bool,
    pub frontchannel_logout: bool,
    pub backchannel_logout: bool,
}

/// Why a document is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    #[error("the document has {0} octets; {LONGEST_DISCOVERY} are allowed")]
    TooLong(usize),
    #[error("the document cannot be read: {0}")]
    Json(#[from] JsonError),
    #[error("the document cannot be read: {0}")]
    Member(#[from] WrongType),
    #[error("the document's issuer is {received}; expected is {expected}")]
    Issuer { expected: String, received: String },
    #[error("the document has no {0}")]
    Missing(&'static str),
    #[error(
        "the document's {member} is {address}, which is not an https address without user and fragment"
    )]
    Address {
        member: &'static str,
        address: String,
    },
    #[error("the provider does not offer the code flow (response_types_supported has no \"code\")")]
    NoCodeFlow,
    #[error("the provider demands pushed authorization requests, which are not supported")]
    PushedRequests,
    #[error("the provider signs ID tokens by {0}; none of these is supported")]
    Algorithms(String),
}

impl Discovery {
    /// Reads the document of an issuer. `plain_loopback` lets a provider on this machine speak http, for development and tests.
    pub fn parse(
        document: &[u8],
        issuer: &Issuer,
        plain_loopback: bool,
    ) -> Result<Self, DiscoveryError> {
        if document.len() > LONGEST_DISCOVERY {
            return Err(DiscoveryError::TooLong(document.len()));
        }
        let document = Object::parse(document)?;
        let named = document
            .text("issuer")?
            .ok_or(DiscoveryError::Missing("issuer"))?;
        let expected = issuer.of_document();
        if named != expected {
            return Err(DiscoveryError::Issuer {
                received: received(&expected, named),
                expected,
            });
        }
        let read = |member: &'static str| {
            let Some(address) = document.text(member)? else {
                return Ok(None);
            };
            if address::parse(address, plain_loopback).is_ok() {
                return Ok(Some(address.to_owned()));
            }
            let address = address.to_owned();
            Err(DiscoveryError::Address { member, address })
        };
        let required = |member| read(member)?.ok_or(DiscoveryError::Missing(member));
        let list = |member: &str| {
            let list = document.texts(member)?;
            Ok::<_, WrongType>(list.map(|list| list.into_iter().map(str::to_owned).collect()))
        };
        let list_or = |member, default: &[&str]| {
            let default = || default.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
            Ok::<_, WrongType>(list(member)?.unwrap_or_else(default))
        };
        let flag = |member| Ok::<_, WrongType>(document.boolean(member)?.unwrap_or(false));

        let response_types = list("response_types_supported")?
            .ok_or(DiscoveryError::Missing("response_types_supported"))?;
        if !response_types.iter().any(|it: &String| it == "code") {
            return Err(DiscoveryError::NoCodeFlow);
        }
        if flag("require_pushed_authorization_requests")? {
            return Err(DiscoveryError::PushedRequests);
        }
        let pkce: Option<Vec<String>> = list("code_challenge_methods_supported")?;
        Ok(Self {
            issuer: named.to_owned(),
            authorization_endpoint: required("authorization_endpoint")?,
            token_endpoint: required("token_endpoint")?,
            jwks_uri: required("jwks_uri")?,
            userinfo_endpoint: read("userinfo_endpoint")?,
            end_session_endpoint: read("end_session_endpoint")?,
            algorithms: algorithms(list("id_token_signing_alg_values_supported")?)?,
            token_auth_methods: list_or(
                "token_endpoint_auth_methods_supported",
                &["client_secret_basic"],
            )?,
            token_auth_algorithms: list_or(
                "token_endpoint_auth_signing_alg_values_supported",
                &[],
            )?,
            response_modes: list_or("response_modes_supported", &["query", "fragment"])?,
            scopes: list_or("scopes_supported", &[])?,
            pkce_s256: pkce.map(|methods| methods.iter().any(|method| method == "S256")),
            answers_name_issuer: flag("authorization_response_iss_parameter_supported")?,
            frontchannel_logout: flag("frontchannel_logout_supported")?,
            backchannel_logout: flag("backchannel_logout_supported")?,
        })
    }
}

/// Those that we know; a document that names none means RS256 (OpenID Connect Discovery, section 3).
fn algorithms(named: Option<Vec<String>>) -> Result<Vec<Algorithm>, DiscoveryError> {
    let Some(named) = named else {
        return Ok(vec![Algorithm::Rs256]);
    };
    let mut known = Vec::new();
    for algorithm in named.iter().filter_map(|name| Algorithm::from_name(name)) {
        if !known.contains(&algorithm) {
            known.push(algorithm);
        }
    }
    if known.is_empty() {
        return Err(DiscoveryError::Algorithms(named.join(", ")));
    }
    Ok(known)
}
