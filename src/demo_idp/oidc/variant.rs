//! The ways in which an answer of the OpenID Connect face can differ from the usual one.

use super::{IdTokenSignature, IdTokenSpec};
use crate::demo_idp::{IdpUser, Tenant};
use serde_json::json;
use std::str::FromStr;

/// A test variant of a sign-in by OpenID Connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OidcVariant {
    /// As Entra does.
    #[default]
    Usual,
    /// The ID token has another nonce.
    OtherNonce,
    /// The ID token has no nonce.
    NoNonce,
    /// The ID token is two hours old.
    Expired,
    /// The ID token is from an hour later.
    IssuedLater,
    /// The ID token is for another client.
    OtherAudience,
    /// The ID token is for us and for another client.
    ExtraAudience,
    /// The ID token is of another tenant's issuer.
    OtherIssuer,
    /// The ID token has the issuer of the v1 endpoint.
    IssuerV1,
    /// `alg` is `none`.
    Unsigned,
    /// HS256 with the client secret.
    Hs256Secret,
    /// HS256 with the public key.
    Hs256PublicKey,
    /// The signature covers other octets.
    WrongSignature,
    /// The header names a key that nobody has.
    UnknownKid,
    /// The header names no key.
    NoKid,
    /// `tid` is of another tenant.
    OtherTenant,
    /// There is no `tid`.
    NoTenant,
    /// `ver` is 1.0.
    VersionOne,
    /// There is no `oid`.
    NoObjectId,
    /// There is no `sub`.
    NoSubject,
    /// There is no `email`.
    NoEmail,
    /// `email_verified` is true, as a claims mapping policy may forge it.
    EmailVerified,
    /// `xms_edov` is true.
    DomainVerified,
    /// `xms_edov` is false.
    DomainNotVerified,
    /// The user is a guest from elsewhere.
    Guest,
    /// There are too many groups: a link stands for them.
    GroupsOverage,
    /// The userinfo endpoint has another `sub`.
    UserInfoOtherSubject,
    /// The token endpoint answers 500.
    TokenServerError,
    /// The token endpoint takes half a minute.
    TokenSlow,
    /// The token endpoint answers with a page.
    TokenHtml,
    /// The token endpoint's answer has no ID token.
    TokenWithoutIdToken,
    /// The metadata document has the issuer of the v1 endpoint.
    DiscoveryIssuerV1,
    /// The answer names the issuer (RFC 9207).
    AnswerIssuer,
    /// The answer names another issuer.
    AnswerOtherIssuer,
    /// The answer has two codes.
    TwoCodes,
    /// The answer has neither code nor error.
    NoCode,
    /// The answer has another state.
    OtherState,
    /// The user declined.
    AccessDenied,
    /// Nobody has consented.
    ConsentRequired,
    /// More than a password is wanted.
    InteractionRequired,
    /// Something broke.
    ServerError,
    /// Too much is asked.
    TemporarilyUnavailable,
}

/// A name that no variant has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no test variant of OpenID Connect is called {0:?}")]
pub struct UnknownOidcVariant(String);

impl OidcVariant {
    /// All of them.
    pub const ALL: [Self; 42] = [
        Self::Usual,
        Self::OtherNonce,
        Self::NoNonce,
        Self::Expired,
        Self::IssuedLater,
        Self::OtherAudience,
        Self::ExtraAudience,
        Self::OtherIssuer,
        Self::IssuerV1,
        Self::Unsigned,
        Self::Hs256Secret,
        Self::Hs256PublicKey,
        Self::WrongSignature,
        Self::UnknownKid,
        Self::NoKid,
        Self::OtherTenant,
        Self::NoTenant,
        Self::VersionOne,
        Self::NoObjectId,
        Self::NoSubject,
        Self::NoEmail,
        Self::EmailVerified,
        Self::DomainVerified,
        Self::DomainNotVerified,
        Self::Guest,
        Self::GroupsOverage,
        Self::UserInfoOtherSubject,
        Self::TokenServerError,
        Self::TokenSlow,
        Self::TokenHtml,
        Self::TokenWithoutIdToken,
        Self::DiscoveryIssuerV1,
        Self::AnswerIssuer,
        Self::AnswerOtherIssuer,
        Self::TwoCodes,
        Self::NoCode,
        Self::OtherState,
        Self::AccessDenied,
        Self::ConsentRequired,
        Self::InteractionRequired,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    /// Its name in forms, queries and cookies.
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// What it does, for people.
    pub const fn title(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Usual => ("usual", "As Entra does (default)"),
            Self::OtherNonce => ("other-nonce", "Another nonce (refused)"),
            Self::NoNonce => ("no-nonce", "No nonce (refused)"),
            Self::Expired => ("expired-token", "Issued two hours ago (refused)"),
            Self::IssuedLater => ("issued-later", "Issued in an hour (refused)"),
            Self::OtherAudience => ("other-audience", "For another client (refused)"),
            Self::ExtraAudience => ("extra-audience", "For another client too (refused)"),
            Self::OtherIssuer => ("other-issuer", "Another tenant’s issuer (refused)"),
            Self::IssuerV1 => ("issuer-v1", "The issuer of the v1 endpoint (refused)"),
            Self::Unsigned => ("unsigned", "Not signed: alg none (refused)"),
            Self::Hs256Secret => ("hs256-secret", "HS256 with the client secret (refused)"),
            Self::Hs256PublicKey => ("hs256-public-key", "HS256 with the public key (refused)"),
            Self::WrongSignature => ("wrong-signature", "A wrong signature (refused)"),
            Self::UnknownKid => ("unknown-kid", "A key that nobody has (refused)"),
            Self::NoKid => ("no-kid", "No name of the key"),
            Self::OtherTenant => ("other-tenant", "Another tenant’s tid (refused)"),
            Self::NoTenant => ("no-tenant", "No tid (refused)"),
            Self::VersionOne => ("version-1", "ver 1.0 (refused)"),
            Self::NoObjectId => ("no-oid", "No oid (refused)"),
            Self::NoSubject => ("no-sub", "No sub (refused)"),
            Self::NoEmail => ("no-email", "No e-mail"),
            Self::EmailVerified => ("email-verified", "email_verified true, forged"),
            Self::DomainVerified => ("xms-edov", "xms_edov true"),
            Self::DomainNotVerified => ("xms-edov-false", "xms_edov false"),
            Self::Guest => ("guest", "A guest of another tenant"),
            Self::GroupsOverage => ("more-groups", "With more than 200 groups (a link instead)"),
            Self::UserInfoOtherSubject => {
                ("userinfo-other-sub", "Userinfo of somebody else (refused)")
            }
            Self::TokenServerError => ("token-500", "The token endpoint answers 500"),
            Self::TokenSlow => ("token-slow", "The token endpoint takes half a minute"),
            Self::TokenHtml => ("token-html", "The token endpoint answers with a page"),
            Self::TokenWithoutIdToken => ("no-id-token", "No ID token (refused)"),
            Self::DiscoveryIssuerV1 => (
                "discovery-issuer-v1",
                "The metadata document has the issuer of the v1 endpoint",
            ),
            Self::AnswerIssuer => ("answer-iss", "The answer names the issuer"),
            Self::AnswerOtherIssuer => (
                "answer-other-iss",
                "The answer names another issuer (refused)",
            ),
            Self::TwoCodes => ("two-codes", "The answer has two codes (refused)"),
            Self::NoCode => ("no-code", "The answer has no code (refused)"),
            Self::OtherState => ("other-state", "The answer has another state (refused)"),
            Self::AccessDenied => ("access-denied", "The user declined"),
            Self::ConsentRequired => ("consent-required", "Nobody has consented"),
            Self::InteractionRequired => ("interaction-required", "Another factor is wanted"),
            Self::ServerError => ("server-error", "A server error at the callback"),
            Self::TemporarilyUnavailable => ("temporarily-unavailable", "Temporarily unavailable"),
        }
    }

    /// The error and Entra's number that take the place of a code.
    pub(in crate::demo_idp) const fn error(self) -> Option<(&'static str, u32, &'static str)> {
        Some(match self {
            Self::AccessDenied => (
                "access_denied",
                65_004,
                "User declined to consent to access the app.",
            ),
            Self::ConsentRequired => (
                "consent_required",
                65_001,
                "The user or administrator has not consented to use the application.",
            ),
            Self::InteractionRequired => (
                "interaction_required",
                50_076,
                "Due to a configuration change made by your administrator, or because you moved to a new location, \
                 you must use multi-factor authentication.",
            ),
            Self::ServerError => (
                "server_error",
                90_033,
                "A transient error has occurred. Please try again.",
            ),
            Self::TemporarilyUnavailable => (
                "temporarily_unavailable",
                90_024,
                "The service is temporarily busy. Please try again.",
            ),
            _ => return None,
        })
    }

    /// Changes an ID token accordingly.
    pub(super) fn apply(
        self,
        spec: &mut IdTokenSpec,
        tenant: &Tenant,
        user: &IdpUser,
        secret: Option<&str>,
    ) {
        let elsewhere = "0d9c1a5e-77f4-4f0b-9b53-8f2a6c4e1d30";
        match self {
            Self::OtherNonce => spec.set("nonce", "another-nonce"),
            Self::NoNonce => spec.remove("nonce"),
            Self::Expired => spec.shift(-7_200),
            Self::IssuedLater => spec.shift(3_900),
            Self::OtherAudience => spec.set("aud", elsewhere),
            Self::ExtraAudience => {
                let audience = spec.claims.get("aud").cloned();
                spec.set("aud", json!([audience, elsewhere]));
            }
            Self::OtherIssuer => spec.set("iss", tenant.issuer().replace(&tenant.id, elsewhere)),
            Self::IssuerV1 => spec.set("iss", tenant.entity_id.as_str()),
            Self::Unsigned => spec.sign("none", IdTokenSignature::Nothing),
            Self::Hs256Secret => {
                let secret = secret.unwrap_or_default().as_bytes().to_vec();
                spec.sign("HS256", IdTokenSignature::Hs256(secret));
            }
            Self::Hs256PublicKey => spec.sign("HS256", IdTokenSignature::Hs256PublicKey),
            Self::WrongSignature => spec.signature = IdTokenSignature::Wrong,
            Self::UnknownKid => {
                let nobody = json!("bm9ib2R5J3Mga2V5IG5hbWU");
                spec.header.insert("kid".to_owned(), nobody);
            }
            Self::NoKid => {
                spec.header.remove("kid");
            }
            Self::OtherTenant => spec.set("tid", elsewhere),
            Self::NoTenant => spec.remove("tid"),
            Self::VersionOne => spec.set("ver", "1.0"),
            Self::NoObjectId => spec.remove("oid"),
            Self::NoSubject => spec.remove("sub"),
            Self::NoEmail => spec.remove("email"),
            Self::EmailVerified => spec.set("email_verified", true),
            Self::DomainVerified => spec.set("xms_edov", true),
            Self::DomainNotVerified => spec.set("xms_edov", false),
            Self::Guest => {
                spec.set("idp", format!("https://sts.windows.net/{elsewhere}/"));
                spec.set("acct", 1);
                spec.set("email", user.email.as_str());
            }
            Self::GroupsOverage => spec.link_groups(tenant, user),
            _ => {}
        }
    }
}

impl FromStr for OidcVariant {
    type Err = UnknownOidcVariant;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|variant| variant.name() == name)
            .ok_or_else(|| UnknownOidcVariant(name.to_owned()))
    }
}
