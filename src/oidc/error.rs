//! What the law requires of an OpenID Connect answer.
//!
//! Invariant: every rejection names one [`Requirement`], and every requirement belongs to one rule of `docs/security.md`.

use crate::jose::json::{JsonError, Object, WrongType};
use crate::verdict;

/// A check of this law.
pub type Check = verdict::Check<Requirement>;
/// The checks of one answer.
pub type Checks = verdict::Checks<Requirement>;
/// Why an answer is refused.
pub type Rejection = verdict::Rejection<Requirement>;

macro_rules! requirements {
    ($($(#[doc = $doc:literal])+ $name:ident = $rule:literal, $title:literal, $refused:literal;)+) => {
        /// One thing that is required of an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Requirement { $($(#[doc = $doc])+ $name,)+ }

        impl Requirement {
            /// All requirements, in the order of the law.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }

        impl verdict::Requirement for Requirement {
            type Rule = &'static str;

            fn rule(self) -> &'static str {
                match self { $(Self::$name => $rule),+ }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            fn refused(self) -> &'static str {
                match self { $(Self::$name => $refused),+ }
            }
        }
    };
}

requirements! {
    /// No answer of another flow.
    CodeFlow = "H1", "The answer is one of the code flow",
        "An answer of another flow came";
    /// Lengths.
    AnswerSize = "H3", "The answer is not longer than an answer can be",
        "The answer is longer than an answer can be";
    /// JSON, no member twice, not too deep.
    StrictJson = "H3", "The token is strict JSON",
        "The token is not strict JSON";
    /// Members have the types that the standard says.
    MemberType = "H4", "Every member has its type",
        "A member has another type than it must have";
    /// `crit`.
    Extensions = "K1", "The token demands no extension",
        "The token demands an extension that is not supported";
    /// A key of the provider, and only one.
    KnownKey = "K3", "The provider publishes the key that signed the token",
        "The token names no key that the provider publishes";
    /// Entra's keys say whose tokens they sign.
    KeyIssuer = "K5", "The key signs tokens of this issuer",
        "The key signs tokens of another issuer";
    /// Parameters once, in their shape.
    CallbackShape = "M2", "The answer has each parameter once and in its form",
        "The answer does not have each parameter once and in its form";
    /// `state`.
    State = "M3", "The answer belongs to this sign-in",
        "The answer belongs to another sign-in";
    /// `iss` of the answer.
    CallbackIssuer = "M4", "The answer comes from the connection's provider",
        "The answer comes from another provider";
    /// An error instead of a code.
    ProviderError = "M5", "The provider has signed the user in",
        "The provider refused the sign-in";
    /// The token endpoint's answer.
    TokenAnswer = "N4", "The token endpoint gives an ID token",
        "The token endpoint gives no ID token";
    /// An error of the token endpoint.
    TokenRequest = "N5", "The token endpoint takes the code",
        "The token endpoint does not take the code";
    /// Compact JWS.
    TokenShape = "P1", "The ID token is a signed token",
        "The ID token is not a signed token";
    /// `typ`.
    TokenType = "P1", "The token is an ID token",
        "The token is not an ID token";
    /// `alg`.
    Algorithm = "P2", "The algorithm of the signature is accepted",
        "The token is signed by an algorithm that is not accepted";
    /// The signature.
    Signature = "P3", "The signature verifies with a key of the provider",
        "No key of the provider verifies the signature";
    /// `iss`.
    Issuer = "P4", "The issuer is the connection's",
        "The issuer is not the connection's";
    /// `aud`.
    Audience = "P5", "The token is for our client ID",
        "The token is not for our client ID";
    /// `azp`.
    AuthorizedParty = "P5", "The token was issued to our client ID",
        "The token was issued to another client";
    /// `exp`.
    Expiry = "P6", "The token has not expired",
        "The token has expired";
    /// `nbf`.
    NotBefore = "P6", "The token is valid already",
        "The token is not valid yet";
    /// `iat`.
    IssuedAt = "P7", "The token was issued during this sign-in",
        "The token was not issued during this sign-in";
    /// `nonce`.
    Nonce = "P8", "The token answers the request of this sign-in",
        "The token does not answer the request of this sign-in";
    /// `auth_time`.
    Freshness = "P9", "The user signed in at the provider as recently as was asked",
        "The user did not sign in at the provider as recently as was asked";
    /// `acr`.
    AuthnContext = "P10", "The user signed in at the provider in a way that was asked for",
        "The user did not sign in at the provider in a way that was asked for";
    /// `sub`.
    Subject = "P11", "The token names the user",
        "The token does not name the user";
    /// `at_hash`.
    AccessTokenHash = "P11", "The access token belongs to the ID token",
        "The access token does not belong to the ID token";
    /// `tid`.
    Tenant = "P12", "The token is of the connection's tenant",
        "The token is of another tenant";
    /// `ver`.
    TokenVersion = "P12", "The token is of the v2.0 endpoint",
        "The token is not of the v2.0 endpoint";
    /// `oid`.
    ObjectId = "P12", "The token has the user's object ID",
        "The token does not have the user's object ID";
    /// `sub` of userinfo.
    UserInfoSubject = "Q2", "The userinfo endpoint describes the user whom the token names",
        "The userinfo endpoint describes somebody else than the token names";
    /// Userinfo as a JWT, where the connection demands it.
    SignedUserInfo = "Q3", "The userinfo endpoint signs its answer",
        "The userinfo endpoint does not sign its answer";
    /// The claim of groups or roles.
    GroupClaim = "S1", "The group claim lists the user's groups",
        "The group claim does not list the user's groups";
    /// `iat` of a logout token.
    LogoutTime = "T4", "The logout token was issued a moment ago",
        "The logout token was not issued a moment ago";
    /// `events` of a logout token, and no nonce.
    LogoutEvent = "T4", "The token reports a logout",
        "The token reports no logout";
    /// `sub` or `sid` of a logout token.
    LogoutSubject = "T4", "The logout token says whose sessions end",
        "The logout token does not say whose sessions end";
    /// `jti` of a logout token.
    LogoutId = "T4", "The logout token has an identifier",
        "The logout token has no identifier";
}

impl Checks {
    /// Whether something that came is not too long (rule H3).
    pub(super) fn size(&mut self, octets: usize, longest: usize) -> Result<(), Rejection> {
        let expected = format!("at most {longest} octets");
        let received = format!("{octets} octets");
        self.require(
            octets <= longest,
            Requirement::AnswerSize,
            expected,
            received,
        )
    }

    /// Reads the object that is signed, or else sent (rule H3).
    pub(super) fn object(
        &mut self,
        object: Result<Object, JsonError>,
    ) -> Result<Object, Rejection> {
        object.map_err(|why| self.fail(Requirement::StrictJson, "a JSON object", why.to_string()))
    }

    /// Reads a member by its type: one of another is not absent (rule H4).
    pub(super) fn typed<T>(&mut self, member: Result<T, WrongType>) -> Result<T, Rejection> {
        member.map_err(|wrong| {
            let expected = format!("{}: {}", wrong.member, wrong.expected);
            self.fail(Requirement::MemberType, expected, wrong.received)
        })
    }
}
