//! ID tokens of the v2.0 endpoint, with everything in them open to change.

use super::discovery::key_id;
use super::{IdpGrant, OptionalClaim, jws};
use crate::demo_idp::{DemoIdp, IdpKey, IdpUser, Random, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::error::ErrorStack;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Entra dates its tokens so many seconds back.
const BACKDATED: i64 = 300;
/// From `iat` to `exp`, in seconds.
const LIFETIME: i64 = 3_900;
/// With more groups there is a link in their place.
const MOST_GROUPS: usize = 200;

/// Everything that goes into an ID token.
#[derive(Debug, Clone)]
pub struct IdTokenSpec {
    /// The protected header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// How it is signed.
    pub signature: IdTokenSignature,
}

/// How an ID token is signed.
#[derive(Debug, Clone)]
pub enum IdTokenSignature {
    /// RS256 with the active key.
    Active,
    /// RS256 with another key.
    With(Box<IdpKey>),
    /// HS256 with a secret.
    Hs256(Vec<u8>),
    /// HS256 with the PEM of the active key's public part as the secret.
    Hs256PublicKey,
    /// RS256 with the active key, over other octets.
    Wrong,
    /// Not at all.
    Nothing,
}

/// The last word on an ID token.
#[derive(Clone)]
pub struct IdTokenChange(Arc<dyn Fn(&mut IdTokenSpec) + Send + Sync>);

impl IdTokenChange {
    /// A change that every ID token gets.
    pub fn new(change: impl Fn(&mut IdTokenSpec) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }
}

impl std::fmt::Debug for IdTokenChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdTokenChange")
    }
}

impl IdTokenSpec {
    pub(in crate::demo_idp) fn new(idp: &DemoIdp, grant: &IdpGrant) -> Self {
        let (tenant, user, app) = (idp.tenant(), &grant.user, &grant.app);
        let id = key_id(idp.signing_key());
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": id});
        let issued = idp.now().unix_timestamp() - BACKDATED;
        let lifetime = grant.max_age.map_or(LIFETIME, |age| age.min(LIFETIME));
        let claims = json!({
            "aud": app.client_id,
            "iss": tenant.issuer(),
            "iat": issued,
            "nbf": issued,
            "exp": issued + lifetime,
            "aio": opaque(idp.random(), 48),
            "rh": format!("1.{}.", opaque(idp.random(), 36)),
            "sub": subject(tenant, &app.client_id, user),
            "tid": tenant.id,
            "uti": opaque(idp.random(), 16),
            "ver": "2.0",
        });
        let mut spec = Self {
            header: object(header),
            claims: object(claims),
            signature: IdTokenSignature::Active,
        };
        if let Some(nonce) = &grant.nonce {
            spec.set("nonce", nonce.as_str());
        }
        spec.add_profile(grant);
        for claim in &app.claims {
            spec.add_optional(*claim, tenant, grant);
        }
        let secret = app.secrets.first().map(|secret| secret.value.as_str());
        grant.variant.apply(&mut spec, tenant, user, secret);
        if let Some(change) = &app.change {
            (change.0)(&mut spec);
        }
        spec
    }

    /// Sets a claim.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.insert(name.to_owned(), value.into());
    }

    /// Takes a claim out.
    pub fn remove(&mut self, name: &str) {
        self.claims.remove(name);
    }

    /// Moves `iat`, `nbf` and `exp` by seconds.
    pub fn shift(&mut self, seconds: i64) {
        for name in ["iat", "nbf", "exp"] {
            if let Some(time) = self.claims.get(name).and_then(Value::as_i64) {
                self.set(name, time + seconds);
            }
        }
    }

    /// Names an algorithm in the header, and signs accordingly.
    pub fn sign(&mut self, algorithm: &str, signature: IdTokenSignature) {
        self.header.insert("alg".to_owned(), algorithm.into());
        self.signature = signature;
    }

    /// The compact form.
    pub(super) fn to_compact(&self, active: &IdpKey) -> Result<String, ErrorStack> {
        let (header, claims) = (
            jws::encode_part(&self.header),
            jws::encode_part(&self.claims),
        );
        let signed = format!("{header}.{claims}");
        let octets = signed.as_bytes();
        let signature = match &self.signature {
            IdTokenSignature::Active => jws::rs256(active, octets)?,
            IdTokenSignature::With(key) => jws::rs256(key, octets)?,
            IdTokenSignature::Hs256(secret) => jws::hs256(secret, octets)?,
            IdTokenSignature::Hs256PublicKey => {
                jws::hs256(&active.private_key().public_key_to_pem()?, octets)?
            }
            IdTokenSignature::Wrong => jws::rs256(active, header.as_bytes())?,
            IdTokenSignature::Nothing => Vec::new(),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The link in the place of too many groups.
    pub(super) fn link_groups(&mut self, tenant: &Tenant, user: &IdpUser) {
        let endpoint = format!(
            "https://graph.windows.net/{}/users/{}/getMemberObjects",
            tenant.id, user.object_id
        );
        self.remove("groups");
        self.set("_claim_names", json!({"groups": "src1"}));
        self.set("_claim_sources", json!({"src1": {"endpoint": endpoint}}));
    }

    /// What the scopes add.
    fn add_profile(&mut self, grant: &IdpGrant) {
        if grant.has_scope("profile") {
            self.set("name", grant.user.display_name.as_str());
            self.set("preferred_username", grant.user.principal_name.as_str());
            self.set("oid", grant.user.object_id.as_str());
        }
        if grant.has_scope("email") {
            self.set_text("email", &grant.user.email);
        }
    }

    fn add_optional(&mut self, claim: OptionalClaim, tenant: &Tenant, grant: &IdpGrant) {
        let (name, user) = (claim.name(), &grant.user);
        match claim {
            // A member of no group has no claim, and whoever has no address has no word on it.
            OptionalClaim::Groups if user.groups.is_empty() => {}
            OptionalClaim::VerifiedPrimaryEmail | OptionalClaim::XmsEdov
                if user.email.is_empty() => {}
            OptionalClaim::Acct => self.set(name, 0),
            OptionalClaim::AuthTime => self.set(name, grant.auth_time.unix_timestamp()),
            OptionalClaim::Email => self.set_text(name, &user.email),
            OptionalClaim::FamilyName => self.set_text(name, &user.surname),
            OptionalClaim::GivenName => self.set_text(name, &user.given_name),
            OptionalClaim::Groups if user.groups.len() > MOST_GROUPS => {
                self.link_groups(tenant, user);
            }
            OptionalClaim::Groups => self.set(name, user.groups.clone()),
            OptionalClaim::LoginHint => self.set(name, user.login_hint()),
            OptionalClaim::Sid => self.set(name, grant.sid.as_str()),
            OptionalClaim::Upn => self.set(name, user.principal_name.as_str()),
            OptionalClaim::VerifiedPrimaryEmail => self.set(name, json!([user.email])),
            OptionalClaim::XmsEdov => self.set(name, true),
        }
    }

    /// A claim is there only when it has a value.
    fn set_text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.set(name, value);
        }
    }
}

/// A user's name for one application: pairwise.
pub(in crate::demo_idp) fn subject(tenant: &Tenant, client_id: &str, user: &IdpUser) -> String {
    let text = format!("{} {} {}", tenant.id, client_id, user.object_id);
    URL_SAFE_NO_PAD.encode(openssl::sha::sha256(text.as_bytes()))
}

/// Text that means nothing to anybody else, of so many octets: a seed of 32, stretched.
pub(in crate::demo_idp) fn opaque(random: &Random, octets: usize) -> String {
    let mut seed = [0; 32];
    random(&mut seed);
    let mut stretched = seed.to_vec();
    while stretched.len() < octets {
        seed = openssl::sha::sha256(&seed);
        stretched.extend(seed);
    }
    URL_SAFE_NO_PAD.encode(&stretched[..octets])
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
