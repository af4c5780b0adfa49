//! Who signed in: the key of the identity, and how far the e-mail address is to be trusted (rules R1 to R4).
//!
//! Invariant: the key is immutable at the provider. An address, a user name or a display name is never one.

use serde_json::Value;
use time::OffsetDateTime;

use super::claim_set::ClaimSet;
use super::client::Client;
use super::id_token::ValidatedIdToken;
use super::issuer::Issuer;
use super::userinfo::UserInfo;

/// A user for whom the provider has vouched.
#[derive(Debug, Clone)]
pub struct AuthenticatedSubject {
    key: String,
    claims: ClaimSet,
    email: Option<ClaimedEmail>,
    is_guest: bool,
    auth_time: Option<OffsetDateTime>,
}

/// An address, as the provider says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEmail {
    pub address: String,
    pub trust: EmailTrust,
}

/// How far the provider stands for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailTrust {
    /// It says that it has looked.
    Verified,
    /// It says the address, and nothing of it.
    Claimed,
}

impl ValidatedIdToken {
    /// Who it is. `user_name_as_email` takes `preferred_username` where there is no address.
    pub fn authenticate(
        self,
        userinfo: Option<&UserInfo>,
        client: &Client,
        user_name_as_email: bool,
    ) -> AuthenticatedSubject {
        let claims = ClaimSet::merge(self.claims(), userinfo);
        let email = claimed_email(&claims, &client.issuer)
            .or_else(|| user_name(&claims).filter(|_| user_name_as_email));
        AuthenticatedSubject {
            key: self.identity_key(client),
            is_guest: is_guest(&claims, self.entra()),
            auth_time: self.auth_time(),
            email,
            claims,
        }
    }

    /// R1.
    fn identity_key(&self, client: &Client) -> String {
        match self.entra() {
            Some((tenant, object)) => format!("{}{object}", client.issuer.object_prefix(tenant)),
            // `sub` is pairwise at Entra: a registration that is made anew would orphan every account. Elsewhere it is the key.
            None => format!("sub:{}", self.subject()),
        }
    }
}

impl AuthenticatedSubject {
    /// The key of the identity, within its connection.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub const fn claims(&self) -> &ClaimSet {
        &self.claims
    }

    pub const fn email(&self) -> Option<&ClaimedEmail> {
        self.email.as_ref()
    }

    /// Whether the user is of another organisation than the tenant.
    pub const fn is_guest(&self) -> bool {
        self.is_guest
    }

    /// When the user signed in at the provider, where it says so.
    pub const fn auth_time(&self) -> Option<OffsetDateTime> {
        self.auth_time
    }
}

/// R2.
fn claimed_email(claims: &ClaimSet, issuer: &Issuer) -> Option<ClaimedEmail> {
    let address = claims.text("email").filter(|address| !address.is_empty());
    let primary = claims.texts("verified_primary_email");
    let verified = truth(claims.find("email_verified"), false);
    let edov = truth(claims.find("xms_edov"), true);
    let denied = verified == Some(false) || issuer.is_entra() && edov == Some(false);
    if issuer.is_entra()
        && !denied
        && let Some(verified) = match &address {
            Some(address) => primary.iter().find(|it| it.eq_ignore_ascii_case(address)),
            None => primary.first(),
        }
    {
        return Some(ClaimedEmail {
            address: verified.clone(),
            trust: EmailTrust::Verified,
        });
    }
    // Entra never sends `email_verified`: a true one is a constant of the tenant's administrator.
    let says_so = if issuer.is_entra() { edov } else { verified };
    let trust = if says_so == Some(true) && !denied {
        EmailTrust::Verified
    } else {
        EmailTrust::Claimed
    };
    address.map(|address| ClaimedEmail { address, trust })
}

/// Whether a claim says true or false; none for anything else. Entra writes `xms_edov` as a number, too.
fn truth(value: Option<&Value>, numbers: bool) -> Option<bool> {
    match value? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            "1" if numbers => Some(true),
            "0" if numbers => Some(false),
            _ => None,
        },
        Value::Number(number) if numbers => match number.as_i64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// R4: a user name that may be an address. A guest's has another one inside it.
fn user_name(claims: &ClaimSet) -> Option<ClaimedEmail> {
    let address = claims.text("preferred_username")?;
    (!address.contains("#EXT#")).then_some(ClaimedEmail {
        address,
        trust: EmailTrust::Claimed,
    })
}

/// R3: `acct` is 1, or `idp` is not the issuer's own tenant.
fn is_guest(claims: &ClaimSet, entra: Option<(&str, &str)>) -> bool {
    let Some((tenant, _)) = entra else {
        return false;
    };
    let is_home = |idp: &String| {
        *idp == claims.text("iss").unwrap_or_default()
            || *idp == format!("https://sts.windows.net/{tenant}/")
    };
    claims.text("acct").as_deref() == Some("1") || !claims.texts("idp").iter().all(is_home)
}
