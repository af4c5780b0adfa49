//! The OpenID Connect face: what is registered, what an ID token says, how it is signed, and why a request is refused.
//!
//! Invariants: nothing here comes from `jose` or `oidc`, so that a slip of the relying party cannot agree with itself.
//! The addresses are in `http/oidc`. What Entra does is in Microsoft's "identity-platform" documentation; AADSTS
//! numbers are Microsoft's.

mod app;
mod assertion;
mod code_request;
mod desk;
mod discovery;
mod id_token;
mod jws;
mod manifest;
mod parameters;
mod redirect_uri;
mod refusal;
mod variant;

pub use app::{OidcApp, OidcSecret, OptionalClaim};
pub use id_token::{IdTokenChange, IdTokenSignature, IdTokenSpec};
pub use variant::{OidcVariant, UnknownOidcVariant};

pub(super) use assertion::ClientAssertion;
pub(super) use code_request::{CodeRefusal, CodeRequest, ReplyMode, ReplyTo};
pub(super) use desk::{IdpGrant, IssuedCode, OidcDesk};
pub(super) use discovery::{configuration, keys};
pub(super) use id_token::{opaque, subject};
pub(super) use manifest::manifest;
pub(super) use parameters::ReadParameters;
pub(super) use redirect_uri::check_redirect_uri;
pub(super) use refusal::OidcRefusal;

use super::DemoIdp;
use super::refusal::IdpRefusal;
use super::{IdpUser, KeepOidc};
use openssl::error::ErrorStack;
use std::sync::Arc;

impl DemoIdp {
    /// The application registrations, in the order of registration.
    pub fn oidc_apps(&self) -> Vec<Arc<OidcApp>> {
        self.oidc().apps()
    }

    /// Registers an application, or replaces the one with its client ID.
    pub fn register_oidc(&self, app: OidcApp) {
        self.oidc().register(app);
    }

    /// Has each change of a registration kept from now on; the first who asks is the one.
    pub fn keep_oidc(&self, keep: KeepOidc) {
        self.oidc().keep(keep);
    }

    /// What an ID token for a user would say now, with the scopes `openid profile email`; change it, then
    /// [`Self::sign_id_token`].
    pub fn id_token_spec(&self, app: &OidcApp, user: &IdpUser, nonce: &str) -> IdTokenSpec {
        let grant = IdpGrant {
            app: Arc::new(app.clone()),
            user: Arc::new(user.clone()),
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            nonce: Some(nonce.to_owned()),
            sid: super::guid(self.random()),
            auth_time: self.now(),
            max_age: None,
            variant: app.variant,
        };
        IdTokenSpec::new(self, &grant)
    }

    /// The ID token in compact form, signed with the active key unless its spec says otherwise.
    pub fn sign_id_token(&self, spec: &IdTokenSpec) -> Result<String, ErrorStack> {
        spec.to_compact(self.signing_key())
    }

    /// The registration with a client ID.
    pub(super) fn oidc_app(&self, client_id: &str) -> Result<Arc<OidcApp>, IdpRefusal> {
        self.oidc_apps()
            .into_iter()
            .find(|app| app.client_id.eq_ignore_ascii_case(client_id))
            .ok_or_else(|| unknown_client(client_id, &self.tenant().name))
    }
}

fn unknown_client(client_id: &str, tenant: &str) -> IdpRefusal {
    IdpRefusal::new(
        700_016,
        format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant."
        ),
    )
}
